using BoxTeacher.Data;

namespace BoxTeacher.Cli.Commands;

/// <summary>Which image of an annotation file each picture is, by the names of their files.</summary>
internal sealed class PredictTruth
{
    private readonly string _file;
    private readonly IReadOnlyList<Category> _categories;
    private readonly ILookup<string, (ImageRecord Image, string Name)> _byFileName;
    private readonly ILookup<long, (string File, bool IsWhole)> _claims;

    /// <summary>Joins pictures with an annotation file's images.</summary>
    /// <param name="file">Instances JSON in COCO's format.</param>
    /// <param name="pictures">Paths of all pictures.</param>
    public PredictTruth(string file, IEnumerable<string> pictures)
    {
        var root = Path.GetPathRoot(Path.GetFullPath(file))!;
        var dataset = CocoReader.Read(file, root);
        (_file, _categories) = (file, dataset.Categories);
        _byFileName = dataset.Images
            .Select(image => (image, "/" + Path.GetRelativePath(root, image.FileName)))
            .ToLookup(item => Path.GetFileName(item.image.FileName));
        _claims = (from picture in pictures
                   let found = Named(picture)
                   where found.Length == 1
                   select (found[0].Image.Id, Claim: (picture, IsWhole(picture, found[0].Name))))
            .ToLookup(item => item.Id, item => item.Claim);
    }

    /// <summary>
    /// The image that a picture is: the one whose <c>file_name</c> the picture's path ends with, else the only one whose file has the
    /// picture's name.
    /// </summary>
    /// <exception cref="DataFormatException">
    /// There is none, or more than one; another picture has as much right to it; or it is of another size.
    /// </exception>
    public ImageRecord Of(string picture, Structures.ImageSize size)
    {
        var (image, name) = Named(picture) switch
        {
            [] => throw new DataFormatException(picture, "", $"{_file} has no image of this name"),
            [var one] => one,
            var several => throw new DataFormatException(
                picture, "", $"{_file} has {several.Length} images of this name: {string.Join(", ", several.Select(one => one.Name[1..]))}"),
        };
        var isWhole = IsWhole(picture, name);
        if (_claims[image.Id].FirstOrDefault(claim => claim.File != picture && (claim.IsWhole || !isWhole)) is { File: { } other })
        {
            throw new DataFormatException(picture, "", $"{other} is image {image.Id} of {_file}, {name[1..]}, as well");
        }
        return image.Size == size
            ? image : throw new DataFormatException(picture, "", $"the picture is {size} (height x width), by {_file} {image.Size}");
    }

    /// <summary>The file's categories in the order of a network's classes.</summary>
    /// <exception cref="DataFormatException">The file lacks one.</exception>
    public IReadOnlyList<Category> Joined(IReadOnlyList<Category> classes) =>
        [.. classes.Select(known => _categories.FirstOrDefault(category => category.Name == known.Name) ?? throw new DataFormatException(
            _file, "categories", $"there is no '{known.Name}', which the weights detect; there are "
                + string.Join(", ", _categories.Select(category => $"'{category.Name}'"))))];

    private (ImageRecord Image, string Name)[] Named(string picture)
    {
        var candidates = _byFileName[Path.GetFileName(picture)].ToArray();
        var whole = Array.FindAll(candidates, candidate => IsWhole(picture, candidate.Name));
        // Of x.jpg and a/x.jpg, a path ending in a/x.jpg means the latter.
        return whole.Length > 1 ? [whole.MaxBy(candidate => candidate.Name.Length)] : whole.Length == 1 ? whole : candidates;
    }

    private static bool IsWhole(string picture, string name) => Path.GetFullPath(picture).EndsWith(name, StringComparison.Ordinal);
}
