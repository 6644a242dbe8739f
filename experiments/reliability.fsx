// How far should a box that the student takes for background be trusted? (Xu et al. 2021, table 7: 31.2, 31.7, 31.6, 32.3,
// 25.9 and 33.6 box AP; as there, without box jittering.) The last variant is a reliability of one's own: a function of what
// teacher and student say of each box.
//
//   dotnet fsi experiments/reliability.fsx --quick
#load "refs.fsx"

open BoxTeacher.Methods
open BoxTeacher.Training
open BoxTeacher.Workbench

let both = SoftTeacherParts(Reliability = fun scores -> (scores.TeacherBackground * scores.StudentBackground).sqrt ())

Script.run fsi.CommandLineArgs (fun options ->
    Ablation.from "How far should background be trusted?" (Recipe.softTeacher options.Data |> SoftTeacher.withoutJitter)
    |> Ablation.variant "none" (SoftTeacher.reliability ReliabilityForm.None)
    |> Ablation.variant "IoU" (SoftTeacher.reliability ReliabilityForm.Iou)
    |> Ablation.variant "Reverse-IoU" (SoftTeacher.reliability ReliabilityForm.ReverseIou)
    |> Ablation.variant "Pred-Diff" (SoftTeacher.reliability ReliabilityForm.PredictionDifference)
    |> Ablation.variant "BG-S" (SoftTeacher.reliability ReliabilityForm.BackgroundOfStudent)
    |> Ablation.variant "BG-T" (SoftTeacher.reliability ReliabilityForm.BackgroundOfTeacher)
    |> Ablation.add (Variant.With("both backgrounds", id, both))
    |> Ablation.run options)
