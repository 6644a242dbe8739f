using System.CommandLine;
using BoxTeacher.Cli;
using BoxTeacher.Cli.Commands;
using BoxTeacher.Processes;

var launch = Launch.Of(Environment.GetEnvironmentVariable);
var root = new RootCommand("Learns instance masks from boxes: data sets, recipes, training, evaluation, prediction.")
{
    TrainCommand.Create(launch),
    LearningRateCommand.Create(),
    PredictCommand.Create(),
    EvaluateCommand.Create(),
    DataCommand.Create(),
    RecipeCommand.Create(),
};
return CommandLine.Run(root, args, launch);
