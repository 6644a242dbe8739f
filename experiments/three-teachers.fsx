// What does each kind of cheap label buy: boxes for all images, or masks or boxes for a tenth of them with a teacher for the
// others? All networks stand on the same small residual network, learn from scratch with the same optimizer, rate and number of
// steps, and are evaluated on the same images; what cannot be the same is noted below the table. With boxes alone there is no
// mask AP.
//
//   dotnet fsi experiments/three-teachers.fsx --quick
#load "refs.fsx"

open BoxTeacher.Training
open BoxTeacher.Workbench

Script.run fsi.CommandLineArgs (fun options ->
    match options.Data, options.Weights with
    | DataChoice.Own _, _ -> raise (CommandLineException "--train-json: this takes a tenth of shapes or pennfudan, and the whole beside it")
    | _, Some _ -> raise (CommandLineException "--weights: these variants have different networks")
    | _ -> ()

    let boxTeacher, softTeacher = Recipe.boxTeacher options.Data, Recipe.softTeacher options.Data
    let all = boxTeacher.Dataset

    let withMasks = Recipe.set "method.sees" "masks" >> Recipe.set "detector.masks" "true"

    let supervised =
        PoliteTeacher.asSupervised >> Recipe.noted "half as many images per step as the others, each in a weak and a strong view"

    let ofSoftTeacher =
        Recipe.noted "half of the images of a step are labelled, in one view; its own colors, geometry and cut-out; a two-stage detector"

    Ablation.from "What does each kind of cheap label buy?" (Recipe.politeTeacher options.Data)
    |> Ablation.variant "BoxTeacher, boxes for all" (
        Recipe.replacedBy boxTeacher >> Recipe.noted "a strong and a weak view of each image, colors alone; CondInst")
    |> Ablation.variant "CenterMask, masks for a tenth" supervised
    |> Ablation.variant
        "Polite Teacher, masks for a tenth"
        (Recipe.noted "half of the images of a step are labelled, in both views; the first half of the run is on these alone")
    |> Ablation.variant "Soft Teacher with masks, masks for a tenth" (Recipe.replacedBy softTeacher >> withMasks >> ofSoftTeacher)
    |> Ablation.variant "Soft Teacher, boxes for a tenth" (Recipe.replacedBy softTeacher >> ofSoftTeacher)
    |> Ablation.variant "CenterMask, masks for all" (supervised >> Recipe.learningFrom all.TrainAnnotations all.TrainImages)
    |> Ablation.comparedWith "CenterMask, masks for a tenth"
    |> Ablation.run options)
