using System.Reflection;
using BoxTeacher.Torch.Interop;
using TorchSharp;
using Xunit;

namespace BoxTeacher.Torch.Tests;

public class OperatorTests
{
    /// <summary>An operator is looked up when it is first called; a wrong name would show only then.</summary>
    [Fact]
    public void Every_operator_that_the_provider_names_exists()
    {
        const BindingFlags statics = BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly;
        var operators = typeof(torch).Assembly.GetTypes().Where(t => !t.ContainsGenericParameters).SelectMany(t => t.GetFields(statics))
            .Where(f => f.FieldType == typeof(Operator)).ToList();
        Assert.True(operators.Count > 500);
        var missing = operators.Where(f => !((Operator)f.GetValue(null)!).Exists).Select(f => $"{f.DeclaringType}.{f.Name}");
        Assert.Empty(missing);
    }
}
