// How sure must pseudo boxes be? (Xu et al. 2021, tables 8, 9 and 10: scores above 0.7, 0.8, 0.9 and 0.95 give 29.9, 33.2, 33.6
// and 32.1 box AP without box jittering; deviations below 0.04, 0.03, 0.02 and 0.01 then 33.8, 34.0, 34.2 and 32.9; 5, 10 and
// 15 jittered boxes 34.0, 34.2 and 34.2.)
//
//   dotnet fsi experiments/thresholds.fsx --quick
#load "refs.fsx"

open BoxTeacher.Training
open BoxTeacher.Workbench

Script.run fsi.CommandLineArgs (fun options ->
    Ablation.from "How sure must pseudo boxes be?" (Recipe.softTeacher options.Data)
    |> Ablation.sweep [ 0.7; 0.8; 0.9; 0.95 ] (fun t -> $"score > {t}") (fun t -> SoftTeacher.score t >> SoftTeacher.withoutJitter)
    |> Ablation.sweep [ 0.04; 0.03; 0.02; 0.01 ] (fun t -> $"deviation < {t}") SoftTeacher.deviation
    |> Ablation.sweep [ 5; 15 ] (fun n -> $"{n} jittered boxes") SoftTeacher.jitterTimes
    |> Ablation.comparedWith "deviation < 0.02"
    |> Ablation.run options)
