using System.Security.Cryptography;
using System.Text.Json;
using BoxTeacher.Detectors;
using BoxTeacher.Layers;
using BoxTeacher.Methods;
using BoxTeacher.Torch;
using BoxTeacher.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Training;

/// <summary>A method's weights through files, and through Python's own torch.load and torch.save.</summary>
public sealed class ModelFileTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("model-");
    private readonly DisposeScope scope = NewDisposeScope();
    private readonly ITrainingMethod method = (Recipes.ShapesBoxTeacher with { Seed = 1 }).BuildMethod(classes: 3);
    private readonly ITrainingMethod other = (Recipes.ShapesBoxTeacher with { Seed = 2 }).BuildMethod(classes: 3);

    public void Dispose()
    {
        method.Dispose();
        other.Dispose();
        scope.Dispose();
        folder.Delete(recursive: true);
    }

    private string Temporary(string name) => Path.Combine(folder.FullName, name);

    private static Convolution2d Controller(Detector network) => ((CondInst)network).Controller;

    private static Dictionary<string, Tensor> State(ITrainingMethod method) =>
        new[] { ("student.", method.Student), ("teacher.", method.Teacher!.Network) }
            .SelectMany(network => network.Item2.state_dict().Select(entry => (Name: network.Item1 + entry.Key, entry.Value)))
            .ToDictionary(entry => entry.Name, entry => entry.Value);

    private static void Same(ITrainingMethod left, ITrainingMethod right)
    {
        var state = State(right);
        foreach (var (name, tensor) in State(left))
            Assert.True(tensor.Equals(state[name]), name);
    }

    [Theory]
    [InlineData("x.safetensors")]
    [InlineData("x.pth")]
    public void Both_networks_come_back(string name)
    {
        ModelFile.Write(Temporary(name), method);
        ModelFile.Read(Temporary(name), other);
        Same(method, other);
        Assert.Equal([name], folder.GetFiles().Select(file => file.Name));
    }

    [Theory]
    [InlineData("x.safetensors")]
    [InlineData("x.pth")]
    public void One_network_is_read_by_its_prefix(string name)
    {
        using (no_grad())
            Controller(method.Teacher!.Network).Bias!.fill_(3);
        ModelFile.Write(Temporary(name), method);
        ModelFile.Read(Temporary(name), Network.Teacher, other.Student);
        Assert.True(Controller(other.Student).Bias!.eq(3).all().item<bool>());
        ModelFile.Read(Temporary(name), Network.Student, other.Student);
        Assert.True(Controller(other.Student).Bias!.eq(0).all().item<bool>());
    }

    [Fact]
    public void What_is_missing_superfluous_or_of_another_shape_is_named()
    {
        void Refused(Action<Dictionary<string, Tensor>> change, string message)
        {
            var state = State(method);
            change(state);
            SafeTensors.Write(Temporary("x"), state);
            Assert.StartsWith($"{Temporary("x")}: {message}",
                Assert.Throws<InvalidDataException>(() => ModelFile.Read(Temporary("x"), other)).Message, StringComparison.Ordinal);
        }

        Refused(state => state.Remove("teacher.controller.bias"), "1 tensors are missing, the first is teacher.controller.bias");
        Refused(state => state["student.extra"] = zeros(1), "1 tensors are not of this model, the first is student.extra");
        Refused(state => state["student.controller.bias"] = zeros(2), "student.controller.bias has shape [2], the model wants [");
    }

    [PythonFact]
    public void Python_loads_what_is_written_here()
    {
        using (no_grad())
            Controller(method.Teacher!.Network).Bias!.uniform_(-1, 1);
        ModelFile.Write(Temporary("ours.pth"), method);
        const string Script = """
            import hashlib, json, sys, torch
            for weights_only in (False, True):
                state = torch.load(sys.argv[1], weights_only=weights_only)["model"]
            print(json.dumps({name: [str(t.dtype), list(t.shape), hashlib.sha256(t.numpy().tobytes()).hexdigest()] for name, t in state.items()}))
            """;
        using var loaded = JsonDocument.Parse(Python.Run(Script, Temporary("ours.pth")));
        var state = State(method);
        Assert.Equal(state.Keys, loaded.RootElement.EnumerateObject().Select(entry => entry.Name));
        foreach (var entry in loaded.RootElement.EnumerateObject())
        {
            var tensor = state[entry.Name].detach().contiguous();
            Assert.Equal(tensor.dtype == ScalarType.Int64 ? "torch.int64" : "torch.float32", entry.Value[0].GetString());
            Assert.Equal(tensor.shape, entry.Value[1].EnumerateArray().Select(side => side.GetInt64()));
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(tensor.bytes)), entry.Value[2].GetString());
        }
    }

    [PythonFact]
    public void What_Python_saves_is_loaded_here()
    {
        ModelFile.Write(Temporary("ours.pth"), method);
        const string Script = """
            import pickle, sys, torch
            model = torch.load(sys.argv[1])["model"]
            checkpoint = {"model": model, "optimizer": {"state": {0: {"momentum_buffer": torch.zeros(3)}}}, "iteration": 5}
            torch.save(checkpoint, sys.argv[2] + "/zip.pth")
            torch.save(checkpoint, sys.argv[2] + "/legacy.pth", _use_new_zipfile_serialization=False)
            torch.save(model, sys.argv[2] + "/bare.pth")
            with open(sys.argv[2] + "/numpy.pkl", "wb") as file:
                pickle.dump({"model": {name: t.numpy() for name, t in model.items()}, "__author__": "test"}, file)
            """;
        Python.Run(Script, Temporary("ours.pth"), folder.FullName);
        foreach (var file in (string[])["zip.pth", "legacy.pth", "bare.pth", "numpy.pkl"])
        {
            using var third = (Recipes.ShapesBoxTeacher with { Seed = 3 }).BuildMethod(classes: 3);
            ModelFile.Read(Temporary(file), third);
            Same(method, third);
        }
    }

    [PythonFact]
    public void Every_element_type_and_shape_reaches_Python()
    {
        var tensors = new Dictionary<string, Tensor>
        {
            ["f64"] = tensor(new[] { Math.PI }), ["f16"] = rand(3).to(float16), ["bf16"] = rand(2).to(bfloat16), ["i32"] = arange(3).to(int32),
            ["u8"] = tensor(new byte[] { 1, 255 }), ["flags"] = tensor(new[] { true, false }), ["none"] = zeros(0, 4), ["scalar"] = tensor(2.5f),
            ["transposed"] = arange(6, dtype: float32).view(2, 3).t(), ["ä.name"] = ones(1),
        };
        PthWriter.Write(Temporary("types.pth"), tensors);
        const string Script = """
            import json, sys, torch
            state = torch.load(sys.argv[1])
            print(json.dumps({name: [str(t.dtype), t.double().tolist()] for name, t in state.items()}))
            """;
        using var loaded = JsonDocument.Parse(Python.Run(Script, Temporary("types.pth")));
        Assert.Equal(tensors.Keys, loaded.RootElement.EnumerateObject().Select(entry => entry.Name));
        JsonElement Value(string name) => loaded.RootElement.GetProperty(name);
        Assert.Equal(["torch.float64", "torch.float16", "torch.bfloat16", "torch.int32", "torch.uint8", "torch.bool"],
            ((string[])["f64", "f16", "bf16", "i32", "u8", "flags"]).Select(name => Value(name)[0].GetString()));
        Assert.Equal("[[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]", Value("transposed")[1].GetRawText());
        Assert.Equal("2.5", Value("scalar")[1].GetRawText());
        Assert.Equal("[]", Value("none")[1].GetRawText());
        Assert.Equal(Math.PI, Value("f64")[1][0].GetDouble());
        var read = PthReader.ReadTensors(Temporary("types.pth"));
        foreach (var (name, tensor) in tensors)
            Assert.True(tensor.Equals(read[name]), name);
    }
}
