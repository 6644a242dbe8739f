using BoxTeacher.Data;
using BoxTeacher.Training;
using Xunit;

namespace BoxTeacher.Tests.Training;

/// <summary>What a person can mend is told from faults.</summary>
public sealed class InputErrorTests
{
    [Fact]
    public void Files_and_values_are_input_and_all_else_is_a_fault()
    {
        Exception[] input =
        [
            new RecipeException("r"), new DataFormatException("f", "k", "p"), new FileNotFoundException("f"),
            new UnauthorizedAccessException("d"),
            new AggregateException(new IOException("full"), new AggregateException(new InvalidDataException("cut"))),
        ];
        Exception[] faults =
        [
            new InvalidOperationException("x"), new ArgumentException("x"),
            new AggregateException(new IOException("full"), new InvalidCastException()),
        ];

        Assert.All(input, error => Assert.True(InputError.Is(error)));
        Assert.All(faults, error => Assert.False(InputError.Is(error)));
    }

    [Fact]
    public void An_error_is_one_line() =>
        Assert.Equal("first second", InputError.Text(new AggregateException(new IOException("first\nsecond\n"), new IOException("third"))));
}
