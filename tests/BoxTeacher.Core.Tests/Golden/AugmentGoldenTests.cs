using BoxTeacher.Augmentation;
using Xunit;

namespace BoxTeacher.Tests;

/// <summary>Augmentations against microsoft/SoftTeacher, mmcv, OpenCV and unbiased-teacher.</summary>
public sealed class AugmentGoldenTests
{
    private const string Group = "softpolite/augment";

    private static readonly Lazy<ReferenceGroup> Cases = new(() => ReferenceGroup.Load(Group));

    private static readonly Dictionary<string, Action<ReferenceCase>> Checks = new()
    {
        ["color.autocontrast"] = AugmentReference.Colors(image => ColorOperations.AutoContrast(image.Pixels)),
        ["color.equalize"] = AugmentReference.Colors(image => ColorOperations.Equalize(image.Pixels)),
        ["color.solarize."] = AugmentReference.Magnitude((image, c) => ColorOperations.Solarize(image.Pixels, AugmentReference.Threshold(c))),
        ["color.color."] = AugmentReference.Magnitude((image, c) => ColorOperations.Saturation(image.Pixels, AugmentReference.Factor(c))),
        ["color.contrast."] = AugmentReference.Magnitude((image, c) => ColorOperations.Contrast(image.Pixels, AugmentReference.Factor(c))),
        ["color.brightness."] =
            AugmentReference.Magnitude((image, c) => ColorOperations.Brightness(image.Pixels, AugmentReference.Factor(c))),
        ["color.sharpness."] =
            AugmentReference.Magnitude((image, c) => ColorOperations.Sharpness(image.Pixels, image.Width, AugmentReference.Factor(c))),
        ["color.posterize."] = AugmentReference.Magnitude((image, c) => ColorOperations.Posterize(image.Pixels, AugmentReference.Bits(c))),
        ["color.magnitude_draw"] = AugmentReference.Magnitudes,
        ["geo.translate_"] = AugmentReference.Translation,
        ["geo.rotate"] = AugmentReference.Rotation,
        ["geo.shear_"] = AugmentReference.Shear,
        ["geo.erase"] = AugmentReference.CutOut,
        ["geo.flip"] = AugmentReference.Flip,
        ["resize.sizes"] = AugmentReference.Sizes,
        ["resize.bilinear_"] = AugmentReference.Resize,
        ["finish.train"] = AugmentReference.Finish(ImagePadding.BeforeNormalizing),
        ["finish.test"] = AugmentReference.Finish(ImagePadding.AfterNormalizing),
        ["ub.brightness_"] = AugmentReference.Unordered((image, c) => ColorOperations.Brightness(image.Pixels, (float)c.Number("factor"))),
        ["ub.contrast_"] = AugmentReference.Unordered((image, c) => ColorOperations.Contrast(image.Pixels, (float)c.Number("factor"))),
        ["ub.saturation_"] = AugmentReference.Unordered((image, c) => ColorOperations.Saturation(image.Pixels, (float)c.Number("factor"))),
        ["ub.hue_"] = AugmentReference.Unordered((image, c) => ColorOperations.Hue(image.Pixels, c.Number("factor"))),
        ["ub.grayscale"] = AugmentReference.Unordered((image, _) => ColorOperations.Grayscale(image.Pixels)),
        ["ub.blur_"] = AugmentReference.Unordered((image, c) => BoxBlur.Apply(image.Pixels, image.Size, c.Number("sigma"))),
        ["ub.erase"] = AugmentReference.Erasing,
        ["ub.erase_geometry"] = AugmentReference.ErasedSizes,
    };

    public static TheoryData<string> Ids => ReferenceGroup.Ids(Group);

    [GoldenTheory(Group + ".json")]
    [MemberData(nameof(Ids))]
    public void Agrees(string id) => Cases.Value.Check(id, Checks);
}
