namespace BoxTeacher.Data;

/// <summary>One of Cityscapes' labels.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Id">Its id in the label pictures; -1 is never drawn.</param>
/// <param name="HasInstances">Whether its objects are told apart.</param>
/// <param name="IsIgnored">Whether evaluation leaves it out.</param>
public sealed record CityscapesLabel(string Name, int Id, bool HasInstances, bool IsIgnored);

/// <summary>The labels of Cityscapes (Cordts et al., CVPR 2016; labels.py of its scripts).</summary>
public static class CityscapesLabels
{
    /// <summary>All labels.</summary>
    public static IReadOnlyList<CityscapesLabel> All { get; } =
    [
        new("unlabeled", 0, false, true), new("ego vehicle", 1, false, true), new("rectification border", 2, false, true),
        new("out of roi", 3, false, true), new("static", 4, false, true), new("dynamic", 5, false, true),
        new("ground", 6, false, true), new("road", 7, false, false), new("sidewalk", 8, false, false),
        new("parking", 9, false, true), new("rail track", 10, false, true), new("building", 11, false, false),
        new("wall", 12, false, false), new("fence", 13, false, false), new("guard rail", 14, false, true),
        new("bridge", 15, false, true), new("tunnel", 16, false, true), new("pole", 17, false, false),
        new("polegroup", 18, false, true), new("traffic light", 19, false, false), new("traffic sign", 20, false, false),
        new("vegetation", 21, false, false), new("terrain", 22, false, false), new("sky", 23, false, false),
        new("person", 24, true, false), new("rider", 25, true, false), new("car", 26, true, false),
        new("truck", 27, true, false), new("bus", 28, true, false), new("caravan", 29, true, true),
        new("trailer", 30, true, true), new("train", 31, true, false), new("motorcycle", 32, true, false),
        new("bicycle", 33, true, false), new("license plate", -1, false, true),
    ];

    /// <summary>The eight categories of objects that are evaluated; a category's id is its label's.</summary>
    public static IReadOnlyList<Category> Things { get; } =
        [.. All.Where(label => label.HasInstances && !label.IsIgnored).Select(label => new Category(label.Id, label.Name))];

    /// <summary>The 0-based category of an object's label id; -1 if it is not evaluated.</summary>
    /// <param name="id">The label's id.</param>
    public static int ThingOf(int id)
    {
        for (var i = 0; i < Things.Count; i++)
        {
            if (Things[i].Id == id)
            {
                return i;
            }
        }
        return -1;
    }
}
