using System.CommandLine;
using BoxTeacher.Data;
using BoxTeacher.Training;

namespace BoxTeacher.Cli.Commands;

/// <summary><c>boxteacher data</c>: makes data sets in COCO's format, and checks them.</summary>
internal static class DataCommand
{
    public static Command Create() => new("data", "Make a data set in COCO's format, check one, or split one.")
    {
        Shapes(), PennFudanPhotos(), Voc(), Cityscapes(), Check(), DataSplit.Create(),
    };

    private static Command Check()
    {
        var json = new Option<string?>("--json") { Description = "An instances file in COCO's format.", HelpName = "FILE" };
        var images = new Option<string?>("--images") { Description = "The folder of its pictures.", HelpName = "DIR" };
        var masks = new Option<bool>("--masks") { Description = "Every label must have a mask." };
        var options = new RecipeOptions(required: false);
        var command = new Command("check", "Check before training that data can be used: --json and --images, or those of a --recipe.")
        {
            json, images, masks, options.Recipe, options.Data, options.Set,
        };
        command.Validators.Add(given =>
        {
            if (given.Has(json) != given.Has(images) || given.Has(json) == given.Has(options.Recipe))
            {
                given.AddError("data check needs either --json and --images, or --recipe");
            }

            if (given.Has(options.Recipe) && given.Has(masks))
            {
                given.AddError("--masks goes with --json; a recipe's method tells what it needs");
            }
        });
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(json) is { } file)
            {
                DataCheckException.ThrowIfRefused(DataCheck.Run(
                    CocoReader.Read(file, parsed.GetRequiredValue(images)!, Print), file,
                    parsed.GetValue(masks) ? DataUse.LearnMasks : DataUse.LearnBoxes, Print));
            }
            else
            {
                _ = RecipeData.Read(options.Read(parsed), parsed.GetRequiredValue(options.Data), Print);
            }

            Console.WriteLine("the data can be used");
            return 0;
        });
        return command;
    }

    // Errors are left to the exception that follows them.
    private static void Print(DataEvent happened)
    {
        if (happened is DataChecked { Report: var report })
        {
            Console.WriteLine(string.Join('\n', report.Warnings.Select(warning => $"warning: {warning}").Prepend($"{report}")));
        }
        else
        {
            Workbench.DataNews.Tell.Invoke(happened);
        }
    }

    private static Command Shapes()
    {
        var defaults = new ShapesOptions();
        var output = Output("data/shapes");
        var train = new Option<int>("--train") { Description = "Scenes to train on.", DefaultValueFactory = _ => defaults.TrainScenes };
        var val = new Option<int>("--val") { Description = "Scenes to validate on.", DefaultValueFactory = _ => defaults.ValScenes };
        var size = new Option<int>("--size")
        {
            Description = "Height and width of a scene in pixels.", DefaultValueFactory = _ => defaults.SceneSize,
        };
        var seed = new Option<long>("--seed")
        {
            Description = "The same seed and options give the same files.", DefaultValueFactory = _ => 1,
        };
        InRange(train, 0, 10_000_000);
        InRange(val, 0, 10_000_000);
        InRange(size, 32, 4096);
        var command = new Command("shapes", "Generate scenes of textured, overlapping shapes with exact masks.")
        {
            output, train, val, size, seed,
        };
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
        var source = new Option<string>("--source")
        {
            Description = "The unpacked archive PennFudanPed.", HelpName = "DIR", Required = true,
        };
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

    private static Command Voc()
    {
        var source = new Option<string>("--source")
        {
            Description = "The unpacked VOCdevkit of 2012.", HelpName = "DIR", DefaultValueFactory = _ => "data/VOCdevkit",
        };
        var sbd = new Option<string?>("--sbd")
        {
            Description = "SBD's benchmark_RELEASE; with it the training set is train_aug.", HelpName = "DIR",
        };
        var output = Output("data/voc");
        var command = new Command("voc", "Write the instances of PASCAL VOC 2012 as COCO files; pictures stay in VOCdevkit.")
        {
            source, sbd, output,
        };
        command.SetAction(parsed =>
        {
            var folder = parsed.GetRequiredValue(source);
            Write(parsed.GetRequiredValue(output), "val", VocReader.Read(folder, "val"));
            if (parsed.GetValue(sbd) is { } additional)
            {
                Write(parsed.GetRequiredValue(output), "train_aug", VocReader.ReadTrainAug(folder, additional));
            }
            else
            {
                Write(parsed.GetRequiredValue(output), "train", VocReader.Read(folder, "train"));
            }

            return 0;
        });
        return command;
    }

    private static Command Cityscapes()
    {
        var source = new Option<string>("--source")
        {
            Description = "The folder of gtFine and leftImg8bit.", HelpName = "DIR", DefaultValueFactory = _ => "data/cityscapes",
        };
        var output = Output("data/cityscapes");
        var command = new Command("cityscapes", "Write the instances of Cityscapes as COCO files; pictures stay in leftImg8bit.")
        {
            source, output,
        };
        command.SetAction(parsed =>
        {
            var folder = parsed.GetRequiredValue(source);
            var pictures = Path.GetFullPath(Path.Combine(folder, "leftImg8bit"));
            foreach (var split in (string[])["train", "val"])
            {
                var dataset = CityscapesReader.Read(folder, split);
                // Pictures of all cities have one root, so their names keep split and city.
                Write(parsed.GetRequiredValue(output), split, dataset with
                {
                    Images = [.. dataset.Images.Select(image => image with { FileName = Path.GetRelativePath(pictures, image.FileName) })],
                });
            }
            return 0;
        });
        return command;
    }

    private static void Write(string folder, string split, InstanceDataset dataset)
    {
        var file = Path.Combine(folder, "annotations", $"instances_{split}.json");
        CocoWriter.Write(file, dataset);
        Console.WriteLine($"{file}: {dataset.Images.Count} images");
    }

    private static void InRange(Option<int> option, int least, int most) => option.Validators.Add(given =>
    {
        if (int.TryParse(given.Tokens.SingleOrDefault()?.Value, out var value) && (value < least || value > most))
        {
            given.AddError($"{option.Name} {value}: must be in {least}..{most}");
        }
    });

    private static Option<string> Output(string folder) =>
        new("--out") { Description = "Folder to make.", HelpName = "DIR", DefaultValueFactory = _ => folder };
}
