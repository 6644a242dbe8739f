module BoxTeacher.Workbench.Tests.RecipeTests

open System
open System.Reflection
open System.Text.RegularExpressions
open Xunit
open BoxTeacher.Augmentation
open BoxTeacher.Methods
open BoxTeacher.Structures
open BoxTeacher.Torch
open BoxTeacher.Training
open BoxTeacher.Workbench

let private recipe = Recipe.boxTeacher DataChoice.Shapes
let private soft = Recipe.softTeacher DataChoice.Shapes
let private inOneRun = Recipe.politeTeacher DataChoice.Shapes
let private polite = PoliteTeacher.mutualAlone inOneRun

/// The recipe that functions of a module are tried on.
let private recipeOf (name: string) =
    if name.StartsWith "PoliteTeacher." then polite
    elif name.StartsWith "SoftTeacher." || name.EndsWith "Unlabelled" then soft
    else recipe

/// The keys whose values a change changes, with the values after it; none where the key is gone.
let private changed (change: Recipe -> Recipe) recipe =
    RecipeDifferences.between [ for r in [ recipe; change recipe ] -> Json.parse (RecipeJson.Write r) ]
    |> List.map (fun (key, values) -> key, values[1] |> Option.map (fun value -> Regex.Replace(value, @"\s", "")))

/// Changes of one value or of a few that belong together, by the name of their function, and the keys with the values that they set.
let private typed: (string * (Recipe -> Recipe) * (string * string) list) list =
    [ "Recipe.named", Recipe.named "another", [ "name", "\"another\"" ]
      "Recipe.seeded", Recipe.seeded 7L, [ "seed", "7" ]
      "Recipe.onDevice", Recipe.onDevice (DeviceName.Parse "cuda:1"), [ "device", "\"cuda:1\"" ]
      "Recipe.precision",
      Recipe.precision Precision.Float16,
      [ "precision.training", "\"float16\""; "precision.teacher", "\"float16\""; "precision.inference", "\"float16\"" ]
      "Recipe.teacherPrecision", Recipe.teacherPrecision Precision.Bfloat16, [ "precision.teacher", "\"bfloat16\"" ]
      "Recipe.learningFrom", Recipe.learningFrom "a.json" "a", [ "dataset.trainAnnotations", "\"a.json\""; "dataset.trainImages", "\"a\"" ]
      "Recipe.evaluatedOn", Recipe.evaluatedOn "b.json" "b", [ "dataset.validationAnnotations", "\"b.json\""; "dataset.validationImages", "\"b\"" ]
      "Recipe.notEvaluated", Recipe.notEvaluated, [ "dataset.validationAnnotations", "null"; "dataset.validationImages", "null" ]
      "Recipe.resized",
      Recipe.resized 96,
      [ "augmentation.geometry.shortEdges", "[96]"
        "augmentation.geometry.maxSize", "192"
        "augmentation.testShortEdge", "96"
        "augmentation.testMaxSize", "192" ]
      "Recipe.withoutStrongColors", Recipe.withoutStrongColors, [ "augmentation.strong", "null" ]
      "Recipe.set", Recipe.set "method.pairwise.dilation" "3", [ "method.pairwise.dilation", "3" ]
      "Recipe.evaluatedEvery", Recipe.evaluatedEvery 7, [ "budget.evaluateEvery", "7"; "budget.checkpointEvery", "7" ]
      "Solver.learningRate", Solver.learningRate 0.125, [ "solver.optimizer.learningRate", "0.125" ]
      "Solver.weightDecay", Solver.weightDecay 0.25, [ "solver.optimizer.weightDecay", "0.25" ]
      "Solver.clipNorm", Solver.clipNorm (Some 2.5), [ "solver.clipNorm", "2.5" ]
      "BoxTeacher.confidence", BoxTeacher.confidence ConfidenceForm.Paper, [ "method.pseudoMasks.confidence", "\"paper\"" ]
      "BoxTeacher.assignment", BoxTeacher.assignment AssignmentForm.OneToOne, [ "method.pseudoMasks.assignment", "\"oneToOne\"" ]
      "BoxTeacher.maskThreshold", BoxTeacher.maskThreshold None, [ "method.pseudoMasks.maskThreshold", "null" ]
      "BoxTeacher.maskWeight", BoxTeacher.maskWeight 0.75, [ "method.pseudoMasks.maskWeight", "0.75" ]
      "BoxTeacher.affinityWeight", BoxTeacher.affinityWeight 0.0, [ "method.pseudoMasks.affinityWeight", "0" ]
      "BoxTeacher.affinityThreshold", BoxTeacher.affinityThreshold (Some 0.75), [ "method.pseudoMasks.affinityThreshold", "0.75" ]
      "BoxTeacher.warmUp", BoxTeacher.warmUp 17, [ "method.pseudoMasks.warmUpIterations", "17" ]
      "BoxTeacher.momentumCap", BoxTeacher.momentumCap 0.5, [ "method.teacher.momentumCap", "0.5" ]
      "BoxTeacher.momentum", BoxTeacher.momentum MomentumForm.Constant, [ "method.teacher.momentum", "\"constant\"" ]
      "BoxTeacher.evaluate", BoxTeacher.evaluate Network.Student, [ "method.teacher.evaluate", "\"student\"" ]
      "Recipe.beginningWith", Recipe.beginningWith "w.pth", [ "detector.weights", "\"w.pth\"" ]
      "Recipe.learningUnlabelled",
      Recipe.learningUnlabelled "u.json" "u",
      [ "dataset.unlabelled.annotations", "\"u.json\""; "dataset.unlabelled.images", "\"u\"" ]
      "SoftTeacher.reliability", SoftTeacher.reliability ReliabilityForm.Iou, [ "method.unlabelled.reliability", "\"iou\"" ]
      "SoftTeacher.classLoss", SoftTeacher.classLoss ClassLossForm.Paper, [ "method.unlabelled.classLoss", "\"paper\"" ]
      "SoftTeacher.weight", SoftTeacher.weight 0.5, [ "method.unlabelled.weight", "0.5" ]
      "SoftTeacher.score", SoftTeacher.score 0.75, [ "method.pseudoBoxes.classScore", "0.75"; "method.pseudoBoxes.rpnScore", "0.75" ]
      "SoftTeacher.deviation", SoftTeacher.deviation 0.125, [ "method.pseudoBoxes.maxDeviation", "0.125" ]
      "SoftTeacher.jitterTimes", SoftTeacher.jitterTimes 5, [ "method.pseudoBoxes.jitterTimes", "5" ]
      "SoftTeacher.withoutJitter",
      SoftTeacher.withoutJitter,
      [ "method.pseudoBoxes.jitterTimes", "0"; "method.pseudoBoxes.maxDeviation", "null"; "method.pseudoBoxes.boxScore", "0.9" ]
      "SoftTeacher.momentumCap", SoftTeacher.momentumCap 0.5, [ "method.teacher.momentumCap", "0.5" ]
      "SoftTeacher.momentum", SoftTeacher.momentum MomentumForm.Constant, [ "method.teacher.momentum", "\"constant\"" ]
      "SoftTeacher.evaluate", SoftTeacher.evaluate Network.Teacher, [ "method.teacher.evaluate", "\"teacher\"" ]
      "SoftTeacher.asEndToEnd",
      SoftTeacher.asEndToEnd,
      [ "method.pseudoBoxes.jitterTimes", "0"; "method.pseudoBoxes.maxDeviation", "null"; "method.pseudoBoxes.boxScore", "0.9"
        "method.unlabelled.reliability", "\"none\"" ]
      "Recipe.noted", Recipe.noted "of the weather", [ "notes", "[\"oftheweather\"]" ]
      "PoliteTeacher.score", PoliteTeacher.score 0.75, [ "method.pseudoLabels.score", "0.75" ]
      "PoliteTeacher.maskIou", PoliteTeacher.maskIou (Some 0.5), [ "method.pseudoLabels.maskIou", "0.5" ]
      "PoliteTeacher.withoutMaskScoring", PoliteTeacher.withoutMaskScoring, [ "method.pseudoLabels.maskIou", "null" ]
      "PoliteTeacher.weight", PoliteTeacher.weight 0.5, [ "method.unlabelled.weight", "0.5" ]
      "PoliteTeacher.boxesAlone", PoliteTeacher.boxesAlone, [ "method.unlabelled.learnsMasks", "false" ]
      "PoliteTeacher.withoutEmptyImages", PoliteTeacher.withoutEmptyImages, [ "method.pseudoLabels.dropsEmptyImages", "true" ]
      "PoliteTeacher.momentumCap", PoliteTeacher.momentumCap 0.5, [ "method.teacher.momentumCap", "0.5" ]
      "PoliteTeacher.momentum", PoliteTeacher.momentum MomentumForm.Rising, [ "method.teacher.momentum", "\"rising\"" ]
      "PoliteTeacher.evaluate", PoliteTeacher.evaluate Network.Student, [ "method.teacher.evaluate", "\"student\"" ]
      "PoliteTeacher.asPublished",
      PoliteTeacher.asPublished,
      [ "method.pseudoLabels.shape", "\"contours\""; "method.pseudoLabels.asksLastImageForFlags", "true" ] ]

/// The functions of other kinds, which have tests of their own.
let private others =
    [ "Recipe.data"; "Recipe.boxTeacher"; "Recipe.softTeacher"; "Recipe.politeTeacher"; "Recipe.taughtBy"; "Recipe.iterations"
      "Recipe.replacedBy"; "Recipe.asBoxInst"; "Recipe.asCondInst"; "Recipe.onResNet18"; "BoxTeacher.asSelfTraining"
      "SoftTeacher.asMultiStage"
      "SoftTeacher.asSupervised"; "PoliteTeacher.mutualAlone"; "PoliteTeacher.inOneRun"; "PoliteTeacher.asSupervised" ]

/// The names of the typed changes.
let names =
    let data = TheoryData<string>()
    for name, _, _ in typed do data.Add name
    data

[<Theory; MemberData(nameof names)>]
let ``a typed change changes its own values and nothing else`` name =
    let _, change, expected = typed |> List.find (fun (other, _, _) -> other = name)
    let differences = changed change (recipeOf name)
    Assert.Equal<(string * string) list>(List.sort expected, List.sort [ for key, value in differences do match value with Some value -> key, value | None -> () ])
    // What is gone is a part of what was changed.
    Assert.All([ for key, value in differences do if value.IsNone then key ], fun gone ->
        Assert.Contains(expected, fun (key, _) -> gone.StartsWith(key + ".")))

[<Fact>]
let ``a recipe of photos on the pretrained backbone is the preset`` () =
    let ofPhotos = Recipe.boxTeacher (DataChoice.PennFudan "photos") |> Recipe.onResNet18
    Assert.Equal(RecipeJson.Write ResNet18Recipes.BoxTeacher, RecipeJson.Write ofPhotos)

[<Fact>]
let ``every change that is piped is tried here`` () =
    let functions =
        [ for holder in [ "Recipe"; "Solver"; "BoxTeacher"; "SoftTeacher"; "PoliteTeacher" ] do
              let holderType = typeof<Variant>.Assembly.GetType $"BoxTeacher.Workbench.{holder}"

              for found in holderType.GetMethods(BindingFlags.Public ||| BindingFlags.Static ||| BindingFlags.DeclaredOnly) do
                  $"{holder}.{found.Name}" ]

    Assert.Equal<string list>(List.sort functions, List.sort (others @ [ for name, _, _ in typed -> name ]))

[<Fact>]
let ``a limit may be taken away again`` () =
    let limited = recipe |> Solver.clipNorm (Some 2.5) |> BoxTeacher.affinityThreshold (Some 0.75) |> BoxTeacher.maskThreshold (Some 0.25)
    let free = Solver.clipNorm None >> BoxTeacher.affinityThreshold None >> BoxTeacher.maskThreshold None
    let nulls = [ for key in [ "method.pseudoMasks.affinityThreshold"; "method.pseudoMasks.maskThreshold"; "solver.clipNorm" ] -> key, Some "null" ]
    Assert.Equal<(string * string option) list>(nulls, List.sort (changed free limited))

[<Fact>]
let ``another method keeps all that is not the method's`` () =
    let boxInst, condInst = Recipe.asBoxInst recipe, Recipe.asCondInst recipe
    let method = recipe.Method :?> BoxTeacherRecipe
    Assert.Equal(BoxInstRecipe method.Pairwise, boxInst.Method :?> BoxInstRecipe)
    Assert.Equal(boxInst, Recipe.asBoxInst boxInst)
    Assert.Equal(SupervisedRecipe BoxTeacher.Augmentation.Supervision.Masks, condInst.Method :?> SupervisedRecipe)
    Assert.Equal(boxInst.Method, (recipe |> Recipe.taughtBy boxInst.Method).Method)

    for change in [ Recipe.asBoxInst; Recipe.asCondInst; BoxTeacher.asSelfTraining ] do
        Assert.All(changed change recipe, fun (key, _) -> Assert.StartsWith("method.", key))

[<Fact>]
let ``self-training is BoxInst for a half, then BoxTeacher under what it froze`` () =
    let staged = (BoxTeacher.asSelfTraining recipe).Method :?> StagedRecipe
    let first, second = staged.Stages[0], staged.Stages[1]
    Assert.Equal(2, staged.Stages.Count)
    Assert.Equal((0.0, 0.5), (first.Start, second.Start))
    Assert.Equal((false, true), (first.RestartsStudent, second.RestartsStudent))
    Assert.Equal((Recipe.asBoxInst recipe).Method, first.Method)

    let frozen = [ "method.teacher.evaluate", Some "\"student\""; "method.teacher.momentum", Some "\"constant\""; "method.teacher.momentumCap", Some "1" ]
    Assert.Equal<(string * string option) list>(frozen, List.sort (changed (Recipe.taughtBy second.Method) recipe))
    // A file has the stages too.
    Assert.Equal(RecipeJson.Write(BoxTeacher.asSelfTraining recipe), RecipeJson.Write(RecipeJson.Parse(RecipeJson.Write(BoxTeacher.asSelfTraining recipe))))

[<Fact>]
let ``a change of a method that the recipe does not have is refused, and the method named`` () =
    let refused (change: Recipe -> Recipe) recipe =
        Assert.Throws<RecipeException>(fun () -> change recipe |> ignore).Message

    let ofBoxTeacher = [ for name, change, _ in typed do if name.StartsWith "BoxTeacher." then change ] @ [ BoxTeacher.asSelfTraining ]
    Assert.Equal(11, ofBoxTeacher.Length)

    for change in ofBoxTeacher do
        Assert.Contains("BoxInstRecipe", refused change (Recipe.asBoxInst recipe))
        Assert.Contains("SupervisedRecipe", refused change (Recipe.asCondInst recipe))
        Assert.Contains("StagedRecipe", refused change (BoxTeacher.asSelfTraining recipe))

    Assert.Contains("SupervisedRecipe", refused Recipe.asBoxInst (Recipe.asCondInst recipe))
    Assert.Contains("StagedRecipe", refused Recipe.asBoxInst (BoxTeacher.asSelfTraining recipe))

[<Fact>]
let ``Soft Teacher's recipe without its unlabelled images is the supervised baseline on the same labelled images`` () =
    let supervised = SoftTeacher.asSupervised soft
    Assert.Empty(supervised.Problems())
    Assert.Null supervised.Dataset.Unlabelled
    Assert.Equal(soft.Dataset.TrainAnnotations, supervised.Dataset.TrainAnnotations)
    // Half of each batch is labelled.
    Assert.Equal(soft.Budget.BatchSize / 2, supervised.Budget.BatchSize)
    Assert.Contains("SupervisedRecipe", Assert.Throws<RecipeException>(fun () -> SoftTeacher.asEndToEnd supervised |> ignore).Message)

[<Fact>]
let ``multi-stage pseudo-labels are those of a frozen network that learned from labelled images alone`` () =
    let staged = SoftTeacher.asMultiStage soft
    Assert.Empty(staged.Problems())
    let stages = (staged.Method :?> StagedRecipe).Stages
    Assert.IsType<SupervisedRecipe>(stages[0].Method) |> ignore
    let frozen = (stages[1].Method :?> SoftTeacherRecipe).Teacher
    Assert.Equal((MomentumForm.Constant, 1.0, Network.Student), (frozen.Momentum, frozen.MomentumCap, frozen.Evaluate))
    Assert.True(stages[1].RestartsStudent)

[<Fact>]
let ``data of one's own name their unlabelled images, or Soft Teacher asks for them`` () =
    let own unlabelled =
        DataChoice.Own(
            { TrainAnnotations = "/t.json"
              TrainImages = "/t"
              ValidationAnnotations = "/v.json"
              ValidationImages = "/v"
              Unlabelled = unlabelled },
            DataChoice.Shapes
        )

    let named = Recipe.softTeacher (own (Some("/u.json", "/u")))
    Assert.Empty(named.Problems())
    Assert.Equal("/u.json", (Recipe.unlabelled named).Annotations)
    Assert.Equal("/u.json", (Recipe.unlabelled (Recipe.politeTeacher (own (Some("/u.json", "/u"))))).Annotations)
    Assert.Contains("--unlabelled-json", Assert.Throws<RecipeException>(fun () -> Recipe.softTeacher (own None) |> ignore).Message)
    Assert.Contains("Polite Teacher learns", Assert.Throws<RecipeException>(fun () -> Recipe.politeTeacher (own None) |> ignore).Message)

[<Fact>]
let ``a change of Polite Teacher's reaches the last stage of a run of two`` () =
    let weighed = inOneRun |> PoliteTeacher.weight 0.5
    Assert.Equal<(string * string option) list>([ "method.stages.1.method.unlabelled.weight", Some "0.5" ], changed (PoliteTeacher.weight 0.5) inOneRun)
    Assert.Equal(0.5, ((PoliteTeacher.mutualAlone weighed).Method :?> PoliteTeacherRecipe).Unlabelled.Weight)

[<Fact>]
let ``mutual learning follows the labelled images after a share of the run, or stands alone`` () =
    let stages = ((polite |> PoliteTeacher.inOneRun 0.25).Method :?> StagedRecipe).Stages
    Assert.Equal<float list>([ 0.0; 0.25 ], [ for stage in stages -> stage.Start ])
    Assert.Equal(SupervisedRecipe(Supervision.Masks, LabelledViews.Both), stages[0].Method :?> SupervisedRecipe)
    Assert.Equal(polite.Method, stages[1].Method)
    Assert.Equal(RecipeJson.Write inOneRun, RecipeJson.Write(inOneRun |> PoliteTeacher.mutualAlone |> PoliteTeacher.inOneRun 0.5))
    Assert.Equal(RecipeJson.Write polite, RecipeJson.Write(PoliteTeacher.mutualAlone polite))
    // Nothing comes before the first stage, and there must be something after it.
    Assert.Empty((polite |> PoliteTeacher.inOneRun 0.25).Problems())
    Assert.NotEmpty((polite |> PoliteTeacher.inOneRun 0.0).Problems())
    Assert.NotEmpty((polite |> PoliteTeacher.inOneRun 1.0).Problems())

[<Fact>]
let ``Polite Teacher's supervised baseline learns from both views of the same labelled images`` () =
    for recipe in [ inOneRun; polite ] do
        let supervised = PoliteTeacher.asSupervised recipe
        Assert.Empty(supervised.Problems())
        Assert.Null supervised.Dataset.Unlabelled
        Assert.Equal(SupervisedRecipe(Supervision.Masks, LabelledViews.Both), supervised.Method :?> SupervisedRecipe)
        Assert.Equal(recipe.Budget.BatchSize / 2, supervised.Budget.BatchSize)

[<Fact>]
let ``changes of Polite Teacher's are refused where the last stage is none`` () =
    let functions =
        [ for name, change, _ in typed do if name.StartsWith "PoliteTeacher." then change ]
        @ [ PoliteTeacher.mutualAlone; PoliteTeacher.inOneRun 0.5; PoliteTeacher.asSupervised ]

    let refused (change: Recipe -> Recipe) recipe = Assert.Throws<RecipeException>(fun () -> change recipe |> ignore).Message
    Assert.True(functions.Length > 3)

    for change in functions do
        Assert.Contains("SoftTeacherRecipe has no mutual learning", refused change soft)
        Assert.Contains("BoxTeacherRecipe has no mutual learning", refused change (BoxTeacher.asSelfTraining recipe))

[<Fact>]
let ``the recipes of photos read the same split as those of Soft Teacher`` () =
    let photos = DataChoice.PennFudan "PennFudanPed"
    Assert.Equal((Recipe.softTeacher photos).Dataset, (Recipe.politeTeacher photos).Dataset)
    Assert.Empty((Recipe.politeTeacher photos).Problems())

[<Fact>]
let ``a recipe in the place of another one keeps to its budget and device`` () =
    let short = inOneRun |> Recipe.iterations 120 |> Recipe.onDevice (DeviceName.Parse "cuda:1")
    let other = short |> Recipe.replacedBy recipe
    Assert.Equal((short.Budget, short.Device), (other.Budget, other.Device))
    Assert.Equal((recipe.Method, recipe.Dataset, recipe.Detector), (other.Method, other.Dataset, other.Detector))
    Assert.Equal<string list>([ "one"; "two" ], [ yield! other |> Recipe.noted "one" |> Recipe.noted "two" |> _.Notes ])
