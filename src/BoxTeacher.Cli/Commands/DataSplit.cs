using System.CommandLine;
using System.Globalization;
using BoxTeacher.Data;

namespace BoxTeacher.Cli.Commands;

/// <summary><c>boxteacher data split</c>: divides a data set into labelled and unlabelled images.</summary>
internal static class DataSplit
{
    private enum Convention
    {
        /// <summary>microsoft/SoftTeacher: drawn without replacement.</summary>
        SoftTeacher,

        /// <summary>STAC, mmdetection 3: drawn with replacement.</summary>
        Stac,

        /// <summary>Unbiased Teacher: listed in a file.</summary>
        Unbiased,
    }

    public static Command Create()
    {
        var annotations = new Option<string>("--annotations")
        {
            Description = "The instances file to split.", HelpName = "FILE", Required = true,
        };
        var percent = new Option<double>("--percent") { Description = "The labelled share of the images.", Required = true };
        var fold = new Option<int>("--fold")
        {
            Description = "Seeds the draw: 1 to 5 in the papers. With unbiased, which list: 0 to 9.", DefaultValueFactory = _ => 1,
        };
        var convention = new Option<Convention>("--convention")
        {
            Description = "softteacher: without replacement, as its authors. stac: with replacement, as STAC and mmdetection 3, so that "
                + "somewhat fewer images are labelled. unbiased: listed in the file --list.",
            HelpName = "softteacher|stac|unbiased",
            DefaultValueFactory = _ => Convention.SoftTeacher,
        };
        var list = new Option<string?>("--list") { Description = "COCO_supervision.txt of Unbiased Teacher.", HelpName = "FILE" };
        var output = new Option<string>("--out") { Description = "Folder for the two files.", HelpName = "DIR", Required = true };
        var command = new Command(
            "split", "Write the labelled and the unlabelled images of a data set to two files, the latter without annotations.")
        {
            annotations, percent, fold, convention, list, output,
        };
        percent.Validators.Add(given =>
        {
            if (double.TryParse(given.Tokens.SingleOrDefault()?.Value, CultureInfo.InvariantCulture, out var value)
                && !(value is > 0 and < 100))
            {
                given.AddError($"--percent {value}: must be above 0 and below 100");
            }
        });
        fold.Validators.Add(given =>
        {
            if (int.TryParse(given.Tokens.SingleOrDefault()?.Value, out var value) && value < 0)
            {
                given.AddError($"--fold {value}: must not be negative");
            }
        });
        command.Validators.Add(given =>
        {
            if (given.GetResult(convention)?.Tokens.SingleOrDefault()?.Value is { } name
                && Enum.TryParse<Convention>(name, ignoreCase: true, out var chosen)
                && (chosen == Convention.Unbiased) != given.Has(list)
                || given.GetResult(convention)?.Tokens.Count is null or 0 && given.Has(list))
            {
                given.AddError("--list goes with --convention unbiased, which needs it");
            }
        });
        command.SetAction(parsed =>
        {
            var file = parsed.GetRequiredValue(annotations);
            var (share, seed) = (parsed.GetValue(percent), parsed.GetValue(fold));
            var whole = SemiSupervisedSplit.ReadWhole(file, Workbench.DataNews.Tell.Invoke);
            var split = parsed.GetValue(convention) switch
            {
                Convention.Stac => SemiSupervisedSplit.Stac(whole, share, seed),
                Convention.Unbiased => SemiSupervisedSplit.FromSupervisionFile(
                    whole, parsed.GetRequiredValue(list)!, share.ToString("0.0###", CultureInfo.InvariantCulture), seed),
                _ => SemiSupervisedSplit.SoftTeacher(whole, share, seed),
            };
            if (split.Labelled.Images.Count == 0 || split.Unlabelled.Images.Count == 0)
            {
                throw new DataFormatException(
                    file, "images",
                    FormattableString.Invariant($"{share} % of {whole.Images.Count} images leave one of both parts without any"));
            }

            var (labelled, unlabelled) = split.Write(parsed.GetRequiredValue(output));
            var objects = split.Labelled.Images.Sum(image => image.Annotations.Count);
            Console.WriteLine($"{labelled}: {split.Labelled.Images.Count} images, {objects} annotations");
            Console.WriteLine($"{unlabelled}: {split.Unlabelled.Images.Count} images");
            return 0;
        });
        return command;
    }
}
