using System.Runtime.InteropServices;
using System.Security.Cryptography;
using BoxTeacher.Data;
using BoxTeacher.Masks;
using BoxTeacher.Structures;
using Xunit;

namespace BoxTeacher.Tests.Data;

/// <summary>PASCAL VOC and SBD files, and data splits, against what the published code makes of them.</summary>
public class GoldenFormatTests
{
    private const string Root = "cocoeval/formats";

    [GoldenFact(Root)]
    public void Voc_objects_are_the_same()
    {
        var expected = Golden.Json($"{Root}/expected.json")["voc"]!.AsObject();

        var dataset = VocReader.Read(Golden.PathOf($"{Root}/VOCdevkit"), "trainval");

        Assert.Equal(expected.Select(entry => entry.Key).Order(), dataset.Images.Select(Name).Order());
        foreach (var image in dataset.Images)
        {
            var node = expected[Name(image)]!;
            Assert.Equal(new ImageSize((int)node["h"]!, (int)node["w"]!), image.Size);
            Assert.True(File.Exists(image.FileName));
            Assert.Equal(node["instances"]!.AsArray().Count, image.Annotations.Count);
            foreach (var (item, annotation) in node["instances"]!.AsArray().Zip(image.Annotations))
            {
                var mask = annotation.Segmentation!.ToMask(image.Size);
                Assert.Equal((string)item!["rle"]!["counts"]!, mask.ToCompressed());
                Assert.Equal((int)item["class_id"]!, dataset.Categories[annotation.Category].Id);
                Assert.Equal((double)item["area"]!, annotation.Area);
                Assert.Equal(item["bbox_xywh"]!.AsArray().Select(value => (double)value!), [mask.Bounds.X0, mask.Bounds.Y0, mask.Bounds.Width, mask.Bounds.Height]);
                var xml = item["xml_bndbox_1based"]!;
                Assert.Equal([(double)xml[0]! - 1, (double)xml[1]! - 1, (double)xml[2]!, (double)xml[3]!], [annotation.Box.X0, annotation.Box.Y0, annotation.Box.X1, annotation.Box.Y1]);
            }
            var rim = ImageFile.ReadIndexed(Golden.PathOf($"{Root}/VOCdevkit/VOC2012/SegmentationObject/{Name(image)}.png"));
            Assert.Equal((int)node["void_pixels"]!, rim.Count().Where(entry => entry.Label == 255).Sum(entry => entry.Pixels));
        }
    }

    [GoldenFact(Root)]
    public void Sbd_objects_are_the_same()
    {
        var expected = Golden.Json($"{Root}/expected.json");

        InstanceDataset[] splits = [.. new[] { "train", "val" }.Select(split => SbdReader.Read(Golden.PathOf($"{Root}/SBD/benchmark_RELEASE"), split))];

        var images = splits.SelectMany(split => split.Images).ToDictionary(Name);
        Assert.Equal(expected["sbd"]!.AsObject().Count, images.Count);
        foreach (var (name, node) in expected["sbd"]!.AsObject())
        {
            Assert.Equal(new ImageSize((int)node!["h"]!, (int)node["w"]!), images[name].Size);
            Assert.Equal(node["categories"]!.AsArray().Select(id => (int)id! - 1), images[name].Annotations.Select(annotation => annotation.Category));
            // The same scenes as VOC's, whose void rim is part of the objects here.
            foreach (var (item, annotation) in expected["voc"]![name]!["instances"]!.AsArray().Zip(images[name].Annotations))
            {
                var mask = annotation.Segmentation!.ToMask(images[name].Size);
                var voc = RunLengthMask.FromCompressed((string)item!["rle"]!["counts"]!, mask.Height, mask.Width);
                Assert.Equal(voc.Area, RunLengthMask.Intersect(voc, mask).Area);
            }
        }
    }

    [GoldenFact(Root)]
    public void The_augmented_training_set_leaves_out_what_voc_validates_on()
    {
        var dataset = VocReader.ReadTrainAug(Golden.PathOf($"{Root}/VOCdevkit"), Golden.PathOf($"{Root}/SBD/benchmark_RELEASE"));

        var train = VocReader.ReadNames(Golden.PathOf($"{Root}/VOCdevkit/VOC2012/ImageSets/Segmentation/train.txt"));
        Assert.Equal(train.Order(), dataset.Images.Select(Name).Order());
        Assert.Equal(Enumerable.Range(1, dataset.Images.Count).Select(id => (long)id), dataset.Images.Select(image => image.Id));
    }

    [GoldenFact(Root)]
    public void The_palette_is_the_same()
    {
        var expected = Golden.Json($"{Root}/expected.json");
        byte[] palette = VocCategories.Palette();

        Assert.Equal(expected["palette_first_21"]!.AsArray().SelectMany(color => color!.AsArray().Select(value => (byte)value!)), palette.Take(63));
        Assert.Equal(expected["palette_255"]!.AsArray().Select(value => (byte)value!), palette.TakeLast(3));
        Assert.Equal(expected["classes"]!.AsArray().Select(name => (string)name!), VocCategories.All.Select(category => category.Name));
    }

    [GoldenFact("cocoeval/semi_split.json")]
    public void The_generator_draws_numpys_numbers()
    {
        var expected = Golden.Json("cocoeval/semi_split.json");
        var bits = new NumpyRandom(1);
        var units = new NumpyRandom(1);

        Assert.All(expected["seed1_uint32"]!.AsArray(), value => Assert.Equal((uint)value!, bits.Next()));
        Assert.All(expected["seed1_rand"]!.AsArray(), value => Assert.Equal((double)value!, units.Unit()));
        Assert.Equal(expected["seed1_permutation20"]!.AsArray().Select(value => (int)value!), new NumpyRandom(1).Permutation(20));
    }

    [GoldenTheory("cocoeval/semi_split.json"), MemberData(nameof(Splits))]
    public void Splits_are_the_same(int index)
    {
        var node = Golden.Json("cocoeval/semi_split.json")["splits"]![index]!;

        int[] drawn = SemiSupervisedSplit.Draw((int)node["N"]!, (double)node["percent"]!, (int)node["seed"]!);

        Assert.Equal((int)node["size"]!, drawn.Length);
        Assert.Equal(node["first20"]!.AsArray().Select(value => (int)value!), drawn.Take(20));
        Assert.Equal((string)node["order_sha256_of_le_int32"]!, Hash(drawn));
        Assert.Equal((string)node["sorted_sha256_of_le_int32"]!, Hash([.. drawn.Order()]));
    }

    public static TheoryData<int> Splits() => new(Enumerable.Range(
        0, Golden.Exists("cocoeval/semi_split.json") ? Golden.Json("cocoeval/semi_split.json")["splits"]!.AsArray().Count : 0));

    private static string Name(ImageRecord image) => Path.GetFileNameWithoutExtension(image.FileName);

    private static string Hash(int[] numbers) => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(numbers.AsSpan())));
}
