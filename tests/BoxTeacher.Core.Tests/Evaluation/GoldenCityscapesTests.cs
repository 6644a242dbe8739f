using System.Text.Json.Nodes;
using BoxTeacher.Data;
using BoxTeacher.Evaluation;
using Xunit;

namespace BoxTeacher.Tests.Evaluation;

/// <summary>Cityscapes evaluation against its scripts.</summary>
public class GoldenCityscapesTests
{
    private const string Root = "cocoeval/cityscapes";

    [GoldenTheory(Root), MemberData(nameof(Cases))]
    public void Numbers_are_the_same(string name)
    {
        var expected = Golden.Json($"{Root}/{name}/expected.json");

        var summary = CityscapesResults.Evaluate(Golden.PathOf($"{Root}/{name}/gtFine"), Golden.PathOf($"{Root}/{name}/pred"));

        Assert.Equal(expected["overlaps"]!.AsArray().Select(value => (double)value!), summary.Overlaps);
        AssertSame(expected["averages"]!["allAp"], summary.AP);
        AssertSame(expected["averages"]!["allAp50%"], summary.AP50);
        foreach (var (category, label) in expected["instLabels"]!.AsArray().Index())
        {
            Assert.Equal((string)label!, CityscapesLabels.Things[category].Name);
            AssertSame(expected["averages"]!["classes"]![(string)label!]!["ap"], summary.CategoryAP(category));
            foreach (var (overlap, value) in expected["resultApMatrix"]![0]![category]!.AsArray().Index())
            {
                AssertSame(value, summary.At(category, overlap));
            }
        }
    }

    [GoldenTheory(Root), MemberData(nameof(Cases))]
    public void The_regions_of_the_truth_are_the_same(string name)
    {
        foreach (var (file, expected) in Golden.Json($"{Root}/{name}/expected.json")["gtInstances"]!.AsObject())
        {
            string path = CityscapesReader.InstanceIdFiles(Golden.PathOf($"{Root}/{name}/gtFine")).Single(candidate => Path.GetFileName(candidate) == file);
            var regions = expected!.AsObject().SelectMany(label => label.Value!.AsArray()).Select(pair => ((int)pair![0]!, (int)pair[1]!)).ToHashSet();

            Assert.Subset(ImageFile.ReadGray(path).Count().ToHashSet(), regions);
        }
    }

    [GoldenTheory($"{Root}/polygons"), MemberData(nameof(Polygons))]
    public void Polygons_are_drawn_alike(string name)
    {
        string file = Golden.PathOf($"{Root}/polygons/{name}_polygons.json");

        Assert.Equal(ImageFile.ReadGray(Golden.PathOf($"{Root}/polygons/{name}_instanceIds.png")).Labels, CityscapesPolygons.DrawInstanceIds(file).Labels);
        Assert.Equal(ImageFile.ReadIndexed(Golden.PathOf($"{Root}/polygons/{name}_labelIds.png")).Labels, CityscapesPolygons.DrawLabelIds(file).Labels);
    }

    public static TheoryData<string> Cases() => new(Golden.Entries(Root).Where(name => Golden.Exists($"{Root}/{name}/expected.json")));

    public static TheoryData<string> Polygons() =>
        new(Golden.Entries($"{Root}/polygons", "*_polygons.json").Select(name => name[..^"_polygons.json".Length]));

    private static void AssertSame(JsonNode? expected, double actual) =>
        Assert.Equal(expected is null ? double.NaN : (double)expected, actual, 1e-12);
}
