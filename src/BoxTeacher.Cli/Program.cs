using System.CommandLine;
using BoxTeacher.Cli;
using BoxTeacher.Cli.Commands;

var root = new RootCommand("Learns instance masks from boxes: data sets, recipes, training, evaluation, prediction.")
{
    TrainCommand.Create(),
    LearningRateCommand.Create(),
    PredictCommand.Create(),
    EvaluateCommand.Create(),
    DataCommand.Create(),
    RecipeCommand.Create(),
};
return CommandLine.Run(root, args);
