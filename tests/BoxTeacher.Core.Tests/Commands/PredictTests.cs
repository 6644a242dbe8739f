using System.Text.Json.Nodes;
using BoxTeacher.Data;
using BoxTeacher.Structures;
using BoxTeacher.Training;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Commands;

/// <summary><c>boxteacher predict</c>, by weights that have learned nothing.</summary>
public sealed class PredictTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public PredictTests()
    {
        var preset = Recipes.ShapesBoxInst;
        var recipe = preset with { Augmentation = (SharedGeometryViews)preset.Augmentation with { TestShortEdge = 64, TestMaxSize = 96 } };
        var run = new RunFolder(folder.At("run"));
        run.Claim(recipe, new RecipeData(new InstanceDataset("", [new Category(1, "red"), new Category(2, "blue")], []), null));
        using var method = recipe.BuildMethod(2, folder.Root);
        // Every location has an object with a probability of a half.
        using (no_grad())
        {
            method.Student.named_parameters().Single(item => item.name.EndsWith("cls_logits.bias", StringComparison.Ordinal)).parameter.zero_();
        }
        ModelFile.Write(run.ModelFile, method);
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_picture_is_never_written_over()
    {
        var photo = Copy(Cases.PathOf("predict-overwrites-source", "photo.png"), "photo.png");
        Directory.CreateDirectory(folder.At("out"));
        File.CreateSymbolicLink(folder.At("out", "photo.png"), photo);
        // Another picture of the person's, which is not looked at.
        var other = Copy(Cases.PathOf("predict-one-bad", "1.jpg"), "1.png");
        Copy(other, "1.jpg");
        var before = new[] { File.ReadAllBytes(photo), File.ReadAllBytes(other) };

        for (var time = 0; time < 2; time++)
        {
            Assert.Equal(0, Predict(folder.Root, photo, folder.At("1.jpg")).ExitCode);
            Assert.Equal(0, Predict(folder.At("out"), photo).ExitCode);
        }

        Assert.Equal(before[0], File.ReadAllBytes(photo));
        Assert.Equal(before[1], File.ReadAllBytes(other));
        Assert.NotNull(new FileInfo(folder.At("out", "photo.png")).LinkTarget);
        // What predict drew itself is drawn anew.
        Assert.Equal(["1-2.png", "1.png", "photo-2.png", "photo.png"], Names(folder.Root, "*.png"));
        Assert.Equal(["photo-2.png", "photo.png"], Names(folder.At("out"), "*.png"));
    }

    [Fact]
    public void A_drawn_picture_that_is_looked_at_stays()
    {
        var photo = Copy(Cases.PathOf("predict-overwrites-source", "photo.png"), "photo.png");
        Assert.Equal(0, Predict(folder.At("out"), photo).ExitCode);
        var drawn = File.ReadAllBytes(folder.At("out", "photo.png"));

        Assert.Equal(0, Predict(folder.At("out"), folder.At("out", "photo.png")).ExitCode);

        Assert.Equal(drawn, File.ReadAllBytes(folder.At("out", "photo.png")));
        Assert.True(File.Exists(folder.At("out", "photo-2.png")));
    }

    [Fact]
    public void Of_a_folder_of_drawn_pictures_it_says_that_they_are_drawn()
    {
        var said = Predict(folder.At("out"), Copy(Cases.PathOf("predict-overwrites-source", "photo.png"), "photo.png"));
        // The weights find something everywhere, in many places several times.
        Assert.Matches(@"photo\.png: \d+ drawn of \d+ objects, ", said.Output);

        var result = Predict(folder.At("again"), folder.At("out"));

        Assert.Equal(1, result.ExitCode);
        var line = Assert.Single(result.Error.TrimEnd().Split('\n'));
        Assert.Contains("out: predict drew all pictures in it (1)", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_file_is_named_and_the_others_are_done()
    {
        var result = Predict(folder.At("out"), Cases.PathOf("predict-one-bad"), folder.At("nowhere.jpg"), folder.At("*.gif"));

        Assert.Equal(1, result.ExitCode);
        Assert.Collection(
            result.Error.TrimEnd().Split('\n'),
            line => Assert.Contains("nowhere.jpg: there is no such file", line, StringComparison.Ordinal),
            line => Assert.Contains("*.gif: no picture matches", line, StringComparison.Ordinal),
            line => Assert.Contains(Cases.PathOf("predict-one-bad", "2.jpg"), line, StringComparison.Ordinal));
        Assert.Equal(["1.png", "3.png"], Names(folder.At("out"), "*.png"));
        Assert.Equal(["1.jpg", "3.jpg"], Results("out").Select(found => Path.GetFileName((string)found["file_name"]!)).Distinct());
    }

    [Fact]
    public void Folders_and_patterns_are_looked_through_and_no_output_takes_the_place_of_another()
    {
        var picture = Cases.PathOf("predict-one-bad", "1.jpg");
        foreach (var name in new[] { "in/x.jpg", "in/x.webp", "in/sub/x.jpg", "in/notes.txt", "in/.x.jpg" })
        {
            Copy(picture, name.Split('/'));
        }

        // Twice, since what was drawn is no picture to look at.
        for (var time = 0; time < 2; time++)
        {
            Assert.Equal(0, Predict(folder.At("in", "found"), folder.At("in"), folder.At("in", "x.jpg")).ExitCode);
        }

        Assert.Equal(["x-2.png", "x.png"], Names(folder.At("in", "found"), "*.png"));
        Assert.Equal(["x.png"], Names(folder.At("in", "found", "sub"), "*.png"));
        Assert.Equal(0, Predict(folder.At("out"), folder.At("in", "**", "x.j?g"), folder.At("in", "sub", "..", "x.webp")).ExitCode);
        Assert.Equal(["x-2.png", "x.png"], Names(folder.At("out"), "*.png"));
        Assert.Equal(["x.png"], Names(folder.At("out", "sub"), "*.png"));
    }

    [Fact]
    public void Results_have_the_ids_of_the_truth()
    {
        var shapes = Cases.PathOf("rects", "shapes");
        var truth = CocoReader.Read(Path.Combine(shapes, "annotations", "instances_val.json"), Path.Combine(shapes, "val"));
        var named = truth.Images[3];
        var stranger = Copy(named.FileName, "stranger.jpg");
        var larger = folder.At("larger", Path.GetFileName(truth.Images[4].FileName));
        ImageFile.Write(larger, new Image(100, 96));

        var result = Predict(
            folder.At("out"), "--gt", Path.Combine(shapes, "annotations", "instances_val.json"), named.FileName, stranger, larger);

        Assert.Equal(1, result.ExitCode);
        Assert.Collection(
            result.Error.TrimEnd().Split('\n'),
            line => Assert.Contains("stranger.jpg: ", line, StringComparison.Ordinal),
            line => Assert.Contains("100x96", line, StringComparison.Ordinal));
        Assert.Equal([named.Id], Results("out").Select(found => (long)found["image_id"]!).Distinct());
        Assert.Subset(
            truth.Categories.Select(category => category.Id).ToHashSet(),
            Results("out").Select(found => (long)found["category_id"]!).ToHashSet());
        Assert.All(Results("out"), found => Assert.True(found["bbox"] is JsonArray && found["segmentation"] is JsonObject));
    }

    [Fact]
    public void Annotations_are_not_written_over_and_have_the_classes_of_the_weights()
    {
        var annotations = Copy(Cases.PathOf("categories-fewer-in-val", "instances_val.json"), "out", "results.json");
        var before = File.ReadAllBytes(annotations);
        var picture = Directory.GetFiles(Cases.PathOf("rects", "shapes", "val")).Order(StringComparer.Ordinal).First();

        var refused = Predict(folder.At("out"), "--gt", annotations, picture);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("'blue'", Assert.Single(refused.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);

        Assert.Equal(0, Predict(folder.At("out"), picture).ExitCode);
        Assert.Equal(before, File.ReadAllBytes(annotations));
        Assert.True(File.Exists(folder.At("out", "results-2.json")));
    }

    [Fact]
    public void Any_size_is_looked_at()
    {
        Copy(Cases.PathOf("thin-picture", "thin.png"), "thin", "600x1.png");
        foreach (var (height, width) in new[] { (1, 1), (1, 3000), (3000, 1) })
        {
            ImageFile.Write(folder.At("thin", $"{height}x{width}.png"), new Image(height, width));
        }

        var result = Predict(folder.At("out"), folder.At("thin"));

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal(4, Names(folder.At("out"), "*.png").Length);
    }

    [Fact]
    public void What_was_done_before_an_interrupt_is_written()
    {
        foreach (var number in Enumerable.Range(0, 400))
        {
            Copy(Cases.PathOf("predict-one-bad", "1.jpg"), "many", $"{number}.jpg");
        }
        using var command = Start(folder.At("out"), folder.At("many"));
        while (!command.HasExited && !(Directory.Exists(folder.At("out")) && Names(folder.At("out"), "*.png").Length > 0))
        {
            Thread.Sleep(10);
        }
        command.Send("INT");

        var result = command.Wait();

        Assert.True(result.ExitCode == 130, result.Error);
        Assert.Contains("of 400 pictures are left", result.Error, StringComparison.Ordinal);
        Assert.NotEmpty(Results("out"));
    }

    [Fact]
    public void Student_or_teacher_looks_as_is_asked()
    {
        var recipe = new RunFolder(folder.At("run")).ReadRecipe() with { Method = Recipes.ShapesBoxTeacher.Method };
        var run = new RunFolder(folder.At("two"));
        run.Claim(recipe, new RecipeData(new InstanceDataset("", [new Category(1, "red"), new Category(2, "blue")], []), null));
        using (var method = recipe.BuildMethod(2, folder.Root))
        using (no_grad())
        {
            // Sure of everything, and of nothing.
            Bias(method.Student).fill_(5);
            Bias(method.Teacher!.Network).fill_(-20);
            ModelFile.Write(run.ModelFile, method);
        }

        var photo = Copy(Cases.PathOf("predict-overwrites-source", "photo.png"), "photo.png");
        int Found(string output, params string[] options)
        {
            var result = With(run.ModelFile, folder.At(output), [photo, .. options]);
            Assert.True(result.ExitCode == 0, result.Error);
            return Results(output).Count;
        }

        Assert.NotEqual(0, Found("student", "--network", "student"));
        Assert.Equal(0, Found("teacher", "--network", "teacher"));
        Assert.Equal(0, Found("default"));
        Assert.NotEqual(0, Found("changed", "--set", "method.teacher.evaluate=student"));

        static Tensor Bias(nn.Module network) => network.named_parameters().Single(item => item.name.EndsWith("cls_logits.bias", StringComparison.Ordinal)).parameter;
    }

    [Fact]
    public void A_network_that_is_not_in_the_file_is_named()
    {
        var result = Predict(folder.At("out"), Copy(Cases.PathOf("predict-overwrites-source", "photo.png"), "photo.png"), "--network", "teacher");

        Assert.Equal(1, result.ExitCode);
        var line = Assert.Single(result.Error.TrimEnd().Split('\n'));
        Assert.EndsWith("model.safetensors: holds no teacher, only a student", line, StringComparison.Ordinal);

        var unknown = Predict(folder.At("out"), folder.At("photo.png"), "--network", "professor");
        Assert.Equal(2, unknown.ExitCode);
        Assert.Contains("--network professor: must be student, teacher", unknown.Error, StringComparison.Ordinal);
    }

    private CommandLineProcess Start(string output, params string[] arguments) => new(
        [
            "predict", .. arguments, "--weights", folder.At("run", "model.safetensors"), "--out", output, "--threshold", "0", "--threads", "1",
        ]);

    private CommandResult Predict(string output, params string[] arguments)
    {
        using var command = Start(output, arguments);
        return command.Wait();
    }

    private static CommandResult With(string weights, string output, params string[] arguments)
    {
        using var command = new CommandLineProcess(["predict", .. arguments, "--weights", weights, "--out", output, "--threads", "1"]);
        return command.Wait();
    }

    private List<JsonNode> Results(string name) =>
        [.. JsonNode.Parse(File.ReadAllText(folder.At(name, "results.json")))!.AsArray().Select(found => found!)];

    private static string[] Names(string path, string pattern) =>
        [.. Directory.GetFiles(path, pattern).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    private string Copy(string from, params string[] to)
    {
        var file = folder.At(to);
        File.Copy(from, file);
        return file;
    }
}
