using BoxTeacher.Data;
using BoxTeacher.Masks;
using BoxTeacher.Structures;
using Xunit;

namespace BoxTeacher.Tests.Data;

/// <summary>The Shapes scenes, written files, and pictures.</summary>
public sealed class GeneratedDataTests : IDisposable
{
    private static readonly ShapesOptions Few = new() { TrainScenes = 24, ValScenes = 6 };
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_seed_alone_decides_the_files()
    {
        ShapesGenerator.Write(folder.At("a"), Few, seed: 3);
        ShapesGenerator.Write(folder.At("b"), Few, seed: 3);
        ShapesGenerator.Write(folder.At("c"), Few, seed: 4);

        string[] files = [.. Directory.GetFiles(folder.At("a"), "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder.At("a"), file)).Order()];
        Assert.Equal(Few.TrainScenes + Few.ValScenes + 2, files.Length);
        Assert.All(files, file => Assert.Equal(File.ReadAllBytes(folder.At("a", file)), File.ReadAllBytes(folder.At("b", file))));
        Assert.Contains(files, file => !File.ReadAllBytes(folder.At("a", file)).SequenceEqual(File.ReadAllBytes(folder.At("c", file))));
    }

    [Fact]
    public void Objects_are_visible_disjoint_and_exactly_described()
    {
        ShapesGenerator.Write(folder.At("shapes"), Few, seed: 5);

        var dataset = CocoReader.Read(folder.At("shapes", "annotations", "instances_train.json"), folder.At("shapes", "train"));

        Assert.Equal(["disc", "square", "triangle", "star", "ring"], dataset.Categories.Select(category => category.Name));
        Assert.Equal(Few.TrainScenes, dataset.Images.Count);
        bool polygons = false, runs = false;
        foreach (var image in dataset.Images)
        {
            Assert.Equal(image.Size, ImageFile.Read(image.FileName).Size);
            Assert.InRange(image.Annotations.Count, 1, Few.MaxObjects);
            RunLengthMask[] masks = [.. image.Annotations.Select(annotation => annotation.Segmentation!.ToMask(image.Size))];
            foreach (var (annotation, mask) in image.Annotations.Zip(masks))
            {
                Assert.Equal(mask.Area, annotation.Area);
                Assert.Equal(mask.Bounds, annotation.Box);
                polygons |= annotation.Segmentation is Segmentation.Polygons;
                runs |= annotation.Segmentation is Segmentation.RunLength;
            }
            Assert.Equal(masks.Sum(mask => mask.Area), RunLengthMask.Union(masks).Area);
        }
        Assert.True(polygons && runs, "both forms of segmentation occur");
    }

    [Fact]
    public void A_new_data_set_replaces_the_old_one()
    {
        string target = folder.At("shapes");
        ShapesGenerator.Write(target, Few, seed: 1);
        File.WriteAllText(Path.Combine(target, "old"), "");

        ShapesGenerator.Write(target, Few with { TrainScenes = 1 }, seed: 1);

        Assert.False(File.Exists(Path.Combine(target, "old")));
        Assert.Single(Directory.GetFiles(Path.Combine(target, "train")));
        Assert.Equal([target], Directory.GetFileSystemEntries(folder.Root));
    }

    [Fact]
    public void Penn_fudan_gets_one_person_a_gray_level()
    {
        ushort[] labels = new ushort[30 * 40];
        labels.AsSpan(85, 4).Fill(1);
        labels.AsSpan(600, 30).Fill(2);
        foreach (int i in Enumerable.Range(1, 5))
        {
            ImageFile.Write(folder.At("penn", "JPEGImages", $"p{i}.jpg"), new Image(30, 40));
            File.WriteAllBytes(folder.At("penn", "PedMasks", $"p{i}_mask.png"), PngWriter.Gray(new LabelMap(labels, 30, 40), wide: false));
        }

        PennFudan.Import(folder.At("penn"), folder.At("out"));

        var val = CocoReader.Read(folder.At("out", "annotations", "instances_val.json"), folder.At("out", "val"));
        var train = CocoReader.Read(folder.At("out", "annotations", "instances_train.json"), folder.At("out", "train"));
        Assert.Equal("p5.jpg", Path.GetFileName(Assert.Single(val.Images).FileName));
        Assert.Equal(4, train.Images.Count);
        Assert.Equal([4.0, 30.0], val.Images[0].Annotations.Select(annotation => annotation.Area));
        Assert.Equal(Box.FromSize(5, 2, 4, 1), val.Images[0].Annotations[0].Box);
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        ShapesGenerator.Write(folder.At("shapes"), Few, seed: 9);
        var dataset = CocoReader.Read(folder.At("shapes", "annotations", "instances_val.json"), folder.At("shapes", "val"));

        CocoWriter.Write(folder.At("copy.json"), dataset);

        var copy = CocoReader.Read(folder.At("copy.json"), folder.At("shapes", "val"));
        Assert.Equal(dataset.Categories, copy.Categories);
        foreach (var (image, again) in dataset.Images.Zip(copy.Images))
        {
            Assert.Equal((image.Id, image.FileName, image.Size), (again.Id, again.FileName, again.Size));
            Assert.Equal(image.Annotations.Select(Describe), again.Annotations.Select(Describe));

            (long, int, Box, double, string) Describe(Annotation annotation) =>
                (annotation.Id, annotation.Category, annotation.Box, annotation.Area, annotation.Segmentation!.ToMask(image.Size).ToCompressed());
        }
    }

    [Fact]
    public void Labels_survive_png_to_the_last_bit()
    {
        ushort[] labels = [.. Enumerable.Range(0, 30 * 20).Select(i => (ushort)(i * 109 % 65_536))];
        File.WriteAllBytes(folder.At("wide.png"), PngWriter.Gray(new LabelMap(labels, 30, 20), wide: true));
        File.WriteAllBytes(folder.At("palette.png"), PngWriter.Indexed(new LabelMap(Array.ConvertAll(labels, label => (ushort)(label % 256)), 30, 20), VocCategories.Palette()));

        Assert.Equal(labels, ImageFile.ReadGray(folder.At("wide.png")).Labels);
        Assert.Equal(labels.Select(label => (ushort)(label % 256)), ImageFile.ReadIndexed(folder.At("palette.png")).Labels);
    }
}
