// How sure must pseudo-labels be, and how much do they count? The authors try scores above 0.4 to 0.9 and weights of 0.5 to 8 with
// boxes alone, then mask IoUs above 0 to 0.9, and take 0.6, 2 and 0.9; what they measured is not in their repository. Here scores
// and mask IoUs are a grid, whose heat map is in the report, at weight 2.
//
//   dotnet fsi experiments/polite-thresholds.fsx --quick
#load "refs.fsx"

open BoxTeacher.Training
open BoxTeacher.Workbench

let pairs = List.allPairs [ 0.4; 0.6; 0.8 ] [ None; Some 0.5; Some 0.7; Some 0.9 ]

let named (score: float, iou: float option) =
    match iou with
    | Some iou -> $"score > {score}, mask IoU > {iou}"
    | None -> $"score > {score}, all masks"

Script.run fsi.CommandLineArgs (fun options ->
    let stages = if options.Weights.IsSome then PoliteTeacher.mutualAlone else id

    Ablation.from "How sure must pseudo-labels be?" (Recipe.politeTeacher options.Data |> stages |> PoliteTeacher.weight 2.0)
    |> Ablation.sweep pairs named (fun (score, iou) -> PoliteTeacher.score score >> PoliteTeacher.maskIou iou)
    |> Ablation.sweep [ 0.5; 1.0; 4.0 ] (fun w -> $"weight {w}") (fun w ->
        PoliteTeacher.score 0.6 >> PoliteTeacher.maskIou (Some 0.9) >> PoliteTeacher.weight w)
    |> Ablation.comparedWith (named (0.6, Some 0.9))
    |> Ablation.run options)
