using System.Text;
using BoxTeacher.Torch;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Torch;

public sealed class SafeTensorsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("boxteacher-torch-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Name(string name) => Path.Combine(_folder, name);

    private string File(string header, int bytes)
    {
        var path = Name("bad.safetensors");
        var text = Encoding.UTF8.GetBytes(header);
        System.IO.File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)text.Length), .. text, .. new byte[bytes]]);
        return path;
    }

    [Fact]
    public void Safetensors_keep_every_type_and_shape()
    {
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>
        {
            ["float"] = randn(2, 3),
            ["view"] = arange(6).view(2, 3).T,
            ["half"] = rand(3).to(float16),
            ["brain"] = rand(3).to(bfloat16),
            ["bool"] = tensor([true, false]),
            ["scalar"] = tensor(3.0),
            ["empty"] = empty(0, 4),
            ["byte"] = arange(5).to(uint8),
            ["int"] = arange(3, dtype: int32),
        };
        SafeTensors.Write(Name("a.safetensors"), tensors);
        Assert.Single(Directory.GetFiles(_folder));
        var back = SafeTensors.Read(Name("a.safetensors"));
        Assert.Equal(tensors.Keys.Order(), back.Keys.Order());
        foreach (var (name, t) in tensors)
        {
            Assert.Equal(t.dtype, back[name].dtype);
            Assert.True(t.Equals(back[name]), name);
        }
        Assert.Equal([3, 2], back["view"].shape);
        Assert.Equal(3.0, back["scalar"].item<double>());
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "needs 8 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4, "lie outside")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "lie outside")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}""", 6, "overlaps")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "gap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, "belong to none")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "two tensors")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "lacks a proper")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904],"data_offsets":[0,4]}}""", 4, "too large")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0,4611686018427387904,4611686018427387904],"data_offsets":[0,0]}}""", 0, "too large")]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "no valid JSON")]
    [InlineData("""{"a":{"dtype":"\ud800","shape":[1],"data_offsets":[0,4]}}""", 4, "no valid JSON")]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}""", 4, "F8_E4M3")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", 4, "lacks a proper")]
    [InlineData("""[1,2]""", 4, "no JSON object")]
    [InlineData("""{"a":""", 4, "no valid JSON")]
    public void Broken_safetensors_are_refused_by_file_and_name(string header, int bytes, string reason)
    {
        var path = File(header, bytes);
        var message = Assert.Throws<InvalidDataException>(() => SafeTensors.Read(path)).Message;
        Assert.StartsWith(path, message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tensors_without_elements_are_read() =>
        Assert.Equal([1000, 0], SafeTensors.Read(File("""{"a":{"dtype":"F32","shape":[1000,0],"data_offsets":[0,0]}}""", 0))["a"].shape);

    [Fact]
    public void A_header_longer_than_the_file_is_refused()
    {
        System.IO.File.WriteAllBytes(Name("x"), [.. BitConverter.GetBytes(long.MaxValue), 1, 2, 3]);
        Assert.Throws<InvalidDataException>(() => SafeTensors.Read(Name("x")));
        System.IO.File.WriteAllBytes(Name("y"), [1, 2, 3]);
        Assert.Throws<InvalidDataException>(() => SafeTensors.Read(Name("y")));
    }

    [Fact]
    public void A_failed_write_leaves_the_old_file()
    {
        using var scope = NewDisposeScope();
        SafeTensors.Write(Name("a"), [new("x", ones(2))]);
        var complex = zeros(2, dtype: complex64);
        Assert.Throws<ArgumentException>(() => SafeTensors.Write(Name("a"), [new("x", ones(3)), new("y", complex)]));
        Assert.Equal([2], SafeTensors.Read(Name("a"))["x"].shape);
        Assert.Single(Directory.GetFiles(_folder));
    }
}
