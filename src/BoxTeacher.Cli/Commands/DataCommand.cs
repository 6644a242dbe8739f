using System.CommandLine;
using BoxTeacher.Data;

namespace BoxTeacher.Cli.Commands;

/// <summary><c>boxteacher data</c>: makes data sets in COCO's format.</summary>
internal static class DataCommand
{
    public static Command Create() => new("data", "Make a data set in COCO's format.") { Shapes(), PennFudanPhotos() };

    private static Command Shapes()
    {
        var defaults = new ShapesOptions();
        var output = Output("data/shapes");
        var train = new Option<int>("--train") { Description = "Scenes to train on.", DefaultValueFactory = _ => defaults.TrainScenes };
        var val = new Option<int>("--val") { Description = "Scenes to validate on.", DefaultValueFactory = _ => defaults.ValScenes };
        var size = new Option<int>("--size") { Description = "Height and width of a scene in pixels.", DefaultValueFactory = _ => defaults.SceneSize };
        var seed = new Option<long>("--seed") { Description = "The same seed and options give the same files.", DefaultValueFactory = _ => 1 };
        InRange(train, 0, 10_000_000);
        InRange(val, 0, 10_000_000);
        InRange(size, 32, 4096);
        var command = new Command("shapes", "Generate scenes of textured, overlapping shapes with exact masks.") { output, train, val, size, seed };
        command.SetAction(parsed =>
        {
            var options = defaults with
            {
                TrainScenes = parsed.GetValue(train),
                ValScenes = parsed.GetValue(val),
                SceneSize = parsed.GetValue(size),
                // An object fits into its scene.
                MaxDiameter = Math.Min(defaults.MaxDiameter, parsed.GetValue(size)),
            };
            var folder = parsed.GetRequiredValue(output);
            ShapesGenerator.Write(folder, options, parsed.GetValue(seed));
            Console.WriteLine($"{folder}: {options.TrainScenes} scenes to train on, {options.ValScenes} to validate on");
            return 0;
        });
        return command;
    }

    private static Command PennFudanPhotos()
    {
        var source = new Option<string>("--source") { Description = "The unpacked archive PennFudanPed.", HelpName = "DIR", Required = true };
        var output = Output("data/pennfudan");
        var command = new Command("pennfudan", "Import the Penn-Fudan pedestrian photos.") { source, output };
        command.SetAction(parsed =>
        {
            var folder = parsed.GetRequiredValue(output);
            PennFudan.Import(parsed.GetRequiredValue(source), folder);
            Console.WriteLine($"{folder}: imported");
            return 0;
        });
        return command;
    }

    private static void InRange(Option<int> option, int least, int most) => option.Validators.Add(given =>
    {
        if (given.GetValueOrDefault<int>() is var value && (value < least || value > most))
        {
            given.AddError($"{option.Name} {value}: must be in {least}..{most}");
        }
    });

    private static Option<string> Output(string folder) =>
        new("--out") { Description = "Folder to make.", HelpName = "DIR", DefaultValueFactory = _ => folder };
}
