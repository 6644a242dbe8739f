using System.Buffers.Binary;
using System.Text;
using BoxTeacher.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Training;

public sealed class SafetensorsTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("safetensors-");

    private string File => Path.Combine(folder.FullName, "x.safetensors");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void Tensors_come_back_as_they_were()
    {
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>
        {
            ["a"] = randn(2, 3),
            ["a.transposed"] = randn(4, 5).t(),
            ["count"] = tensor(7L),
            ["flags"] = tensor(new[] { true, false, true }),
            ["bytes"] = tensor(new byte[] { 1, 2, 255 }),
            ["double"] = tensor(new[] { Math.PI }),
            ["none"] = zeros(0, 4),
        };

        Safetensors.Save(File, tensors);
        var read = Safetensors.Load(File);

        Assert.Equal(tensors.Keys, read.Keys);
        foreach (var (name, expected) in tensors)
        {
            Assert.Equal(expected.dtype, read[name].dtype);
            Assert.Equal(expected.shape, read[name].shape);
            Assert.True((expected == read[name]).all().item<bool>(), name);
        }
        Assert.Equal(0, BinaryPrimitives.ReadInt64LittleEndian(System.IO.File.ReadAllBytes(File)) % 8);
    }

    [Theory]
    [InlineData("", "too short")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", "a: shape and place")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[9],\"data_offsets\":[0,36]}}", "a: shape and place")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", "a: shape and place")]
    [InlineData("{\"a\":{\"dtype\":\"Q4\",\"shape\":[1],\"data_offsets\":[0,4]}}", "a: unknown type Q4")]
    [InlineData("{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", "a: ")]
    [InlineData("{\"a\":[]}", "a: ")]
    [InlineData("{\"a\"", "header: ")]
    public void Damaged_files_are_refused_by_name(string header, string problem)
    {
        var bytes = new byte[header.Length == 0 ? 3 : 8 + header.Length + 8];
        if (header.Length > 0)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes, header.Length);
            Encoding.ASCII.GetBytes(header).CopyTo(bytes, 8);
        }
        System.IO.File.WriteAllBytes(File, bytes);

        var error = Assert.Throws<InvalidDataException>(() => Safetensors.Load(File));

        Assert.StartsWith($"{File}: {problem}", error.Message, StringComparison.Ordinal);
    }
}
