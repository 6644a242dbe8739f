namespace BoxTeacher.Properties

open System
open TorchSharp

/// Laws that losses are held to. Tolerances are for values computed in float64.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Law =

    let private any (_: Kind) = true
    let private masks kind = (kind = Kind.Masks)
    let private boxes kind = (kind <> Kind.Masks)
    let private corners kind = (kind = Kind.Boxes BoxFormat.Corners)

    /// A law of one's own.
    let create name statement ofKind needs check =
        { Name = name; Statement = statement; Of = ofKind; Needs = needs; Check = check }

    /// The law for inputs of which one thing more is presumed.
    let presuming need (law: Law) = { law with Needs = law.Needs @ [ need ] }

    /// Two laws as one, which speaks of what both speak of.
    let both (first: Law) (second: Law) =
        create
            $"{first.Name}, {second.Name}"
            $"{first.Statement} {second.Statement}"
            (fun kind -> first.Of kind && second.Of kind)
            (first.Needs @ second.Needs)
            (fun loss case -> first.Check loss case |> Result.bind (fun () -> second.Check loss case))

    let private require condition (message: Lazy<string>) = if condition then Ok() else Error(message.Force())

    /// Ok when each is.
    let private every (checks: Result<unit, string> seq) =
        checks |> Seq.tryFind Result.isError |> Option.defaultValue (Ok())

    let private n = Numbers.short

    // Every condition says what holds, not what must not be: of NaN nothing holds, so that it breaks each law it comes before.

    /// |actual - expected| <= tolerance * max(1, |expected|), and both are finite.
    let private same tolerance what expected actual =
        require
            (Double.IsFinite expected && abs (actual - expected) <= tolerance * max 1.0 (abs expected))
            (lazy (let expected, actual = Numbers.shortPair expected actual in $"the loss is {expected}, and {what} {actual}"))

    /// better <= worse + slack * max(1, |worse|).
    let private noMore slack what worse better =
        require
            (better <= worse || better <= worse + slack * max 1.0 (abs worse))
            (lazy
                (let verb = if better > worse then "rises" else "goes"
                 let worse, better = Numbers.shortPair worse better
                 $"the loss {verb} from {worse} to {better}, {what}"))

    let private invariant name statement ofKind needs tolerance what change =
        create name statement ofKind needs (fun loss case -> same tolerance what (Loss.value loss case) (Loss.value loss (change case)))

    let private ofObject (case: Case) (flat: 'a array) i = let size = flat.Length / case.Count in Array.sub flat (i * size) size

    // Values

    /// The value is a number, also for logits of +-50, empty and full masks, and boxes without extent.
    let finite =
        create "finite" "The loss is a finite number for every input." any [] (fun loss case ->
            let value = Loss.value loss case
            require (Double.IsFinite value) (lazy $"the loss is {n value}"))

    /// A diverging network is survived: the same in float32, where exp(90) is infinite and sigmoid(-110) is 0.
    let finiteFarOut =
        create "finite far out" "In float32 and with logits up to +-200, loss and gradient are finite." masks [] (fun loss case ->
            let far = case |> Case.mapPrediction (fun instance -> Grid.map ((*) 4.0) instance.Logits) (fun _ pair -> pair.Prediction)
            let value, gradient = Loss.valueAs torch.float32 loss far, Loss.gradientAs torch.float32 loss far

            every
                [ require (Double.IsFinite value) (lazy $"with four times the logits the loss is {n value}")
                  require (Array.forall Double.IsFinite gradient) (lazy "with four times the logits a gradient is not finite") ])

    /// The loss of one object lies within bounds.
    let within low high =
        let slack = 1e-9
        create $"within [{n low}, {n high}]" $"The loss of one object is at least {n low} and at most {n high}." any [ Need.single ] (fun loss case ->
            let value = Loss.value loss case
            require (value >= low - slack && value <= high + slack) (lazy $"the loss is {n value}"))

    /// The loss of one object is at least zero.
    let neverNegative = { within 0.0 infinity with Name = "never negative"; Statement = "The loss of one object is at least 0." }

    /// A certain and right prediction costs at most a tolerance: what an eps leaves over has to be stated.
    let zeroAtTruth tolerance =
        create "zero at the truth" $"The truth, predicted with certainty, costs nothing, up to {n tolerance}." any [ Need.single; Need.binary; Need.seen ] (fun loss case ->
            let value = Loss.value loss (Case.predictTruth Case.certain case)
            require (abs value <= tolerance) (lazy $"the loss of the truth is {n value}"))

    /// No prediction costs less than the truth, up to a tolerance: an eps may draw the least a little aside.
    let leastAtTruth tolerance =
        create "least at the truth" $"No prediction costs less than the truth, up to {n tolerance}." any [ Need.single; Need.binary; Need.seen ] (fun loss case ->
            let truth, value = Loss.value loss (Case.predictTruth Case.certain case), Loss.value loss case
            require (value >= truth - tolerance) (lazy $"the loss is {n value}, and that of the truth {n truth}"))

    /// The contrary of the truth costs more than the truth.
    let rightBeatsWrong =
        create "right beats wrong" "The contrary of the truth costs more than the truth." any [ Need.single; Need.binary; Need.seen ] (fun loss case ->
            let right, wrong = Loss.value loss (Case.predictTruth Case.certain case), Loss.value loss (Case.predictContrary case)
            require (wrong > right + 1e-6) (lazy $"the truth costs {n right}, its contrary {n wrong}"))

    /// Right masks cost less the more certain they are, boxes around the true ones less the closer they are.
    let surerIsBetter =
        create "surer is better" "From undecided logits of the true sign, or a box twice too large, to the truth the loss never rises." any [ Need.single; Need.binary; Need.seen ] (fun loss case ->
            [ 0.0; 0.5; 1.0; 2.0; 4.0; Case.certain ]
            |> List.map (fun sureness -> sureness, Loss.value loss (Case.predictTruth sureness case))
            |> List.pairwise
            |> Seq.map (fun ((_, worse), (sureness, better)) -> noMore 1e-9 $"at sureness {n sureness}" worse better)
            |> every)

    /// Any step towards the truth helps: logits by 2 or 8 to the true side, edges by a quarter to all of their way.
    let towardsTruth =
        create "towards the truth" "Each step of all logits, or of all edges, towards the truth never raises the loss." any [ Need.single; Need.binary; Need.seen; Need.extended ] (fun loss case ->
            [ 0.0; 0.25; 0.5; 1.0 ]
            |> List.map (fun share -> share, Loss.value loss (Case.towardsTruth share case))
            |> List.pairwise
            |> Seq.map (fun ((_, worse), (share, better)) -> noMore 1e-9 $"{n (100.0 * share)} %% of the way to the truth" worse better)
            |> every)

    /// The same input twice gives the same number.
    let repeatable =
        create "repeatable" "The same input gives the same loss twice." any [] (fun loss case ->
            let first, second = Loss.value loss case, Loss.value loss case
            require (first = second) (lazy $"the loss is {n first}, and {n second} the next time"))

    /// The loss does not need float64.
    let singlePrecision tolerance =
        create "single precision" $"In float32 the loss is what it is in float64, up to {n tolerance} of its value or of 1." any [] (fun loss case ->
            same tolerance "in float32" (Loss.value loss case) (Loss.valueAs torch.float32 loss case))

    // Objects and weights

    /// No objects, no loss.
    let noObjects =
        create "no objects" "Without objects the loss is 0." any [] (fun loss case ->
            use _ = torch.NewDisposeScope()
            let nothing = Array.append [| 0L |] case.Shape[1..]
            let tensor (shape: int64 array) = torch.zeros (shape, dtype = torch.float64)
            let value = (loss.Evaluate (tensor nothing) (tensor nothing) (tensor [| 0L |])).sum () |> Tensors.number
            require (value = 0.0) (lazy $"without objects the loss is {n value}"))

    /// The order of objects does not matter.
    let anyOrder =
        invariant "any order" "The order of the objects does not matter." any [ Need.several ] 1e-9 "in reversed order" Case.reverse

    /// What is predicted for the others does not matter to an object.
    let apart =
        create "apart" "The loss of one object does not depend on what is predicted for the others." any [ Need.several; Need.firstAlone ] (fun loss case ->
            let others = Case.splice 1 case (Case.predictContrary case)
            same 1e-9 "with others beside it" (Loss.value loss case) (Loss.value loss others))

    /// A batch costs what its objects cost one by one: not so for losses that divide by their number or weight.
    let additive =
        create "additive" "The loss of a batch is the sum of the losses of its objects alone." any [ Need.several ] (fun loss case ->
            let alone = [ for i in 0 .. case.Count - 1 -> Loss.value loss (Case.pick [ i ] case) ]
            same 1e-9 "the sum over its objects is" (Loss.value loss case) (List.sum alone))

    /// Twice the weight is twice the loss: not so for losses that divide by their weight.
    let linearInWeights =
        create "linear in weights" "Twice the weights give twice the loss, and no weights none." any [] (fun loss case ->
            let weighted factor = case |> Case.mapWeights (fun _ w -> factor * w) |> Loss.value loss
            let value = weighted 1.0

            every
                [ same 1e-9 "half of that with twice the weights is" value (weighted 2.0 / 2.0)
                  same 1e-9 "without weights, plus itself, it is" value (weighted 0.0 + value) ])

    /// An object of weight 0 has no gradient: exactly 0, whatever the other numbers.
    let weightZero =
        create "weight zero" "An object of weight 0 has gradient 0." any [ Need.unweighted ] (fun loss case ->
            let gradient = ofObject case (Loss.gradient loss case) 0
            require (gradient |> Array.forall (fun g -> g = 0.0)) (lazy $"the gradient is {gradient |> Array.maxBy (fun g -> if Double.IsNaN g then infinity else abs g) |> n}"))

    // Symmetries

    /// Prediction and truth play the same part.
    let symmetric =
        invariant "symmetric" "Prediction and truth may change places." any [ Need.soft ] 1e-9 "with prediction and truth exchanged" Case.swap

    /// Object and background play the same part.
    let sameInsideOut =
        invariant "same inside out" "Object and background may change places." masks [] 1e-9 "inside out" Case.complement

    /// Left is as good as right.
    let sameInMirror =
        invariant "same in the mirror" "The loss does not change when left and right change places." any [] 1e-9 "in the mirror" Case.mirror

    /// Rows are as good as columns.
    let sameTurned =
        invariant "same turned" "The loss does not change when rows and columns change places." any [] 1e-9 "turned" Case.turn

    /// Certain background around does not count.
    let sameInFrame =
        invariant "same in a frame" "A frame of certain and true background around all masks does not change the loss." masks [] 1e-9 "in a frame" Case.frame

    /// The size at which a picture is looked at does not matter.
    let sameEnlarged tolerance =
        invariant "same enlarged" $"At twice the size the loss is the same, up to {n tolerance} of its value or of 1." any [ Need.seen ] tolerance "at twice the size" (Case.enlarge 2)

    /// The place of both boxes does not matter.
    let sameElsewhere =
        invariant "same elsewhere" "The loss does not change when both boxes are moved alike." corners [] 1e-9 "elsewhere" (Case.shift 12.0 -5.0)

    // Gradients

    /// The gradient is a number, also for logits of +-50, empty and full masks, and boxes without extent.
    let finiteGradient =
        create "finite gradient" "The gradient is finite for every input." any [] (fun loss case ->
            match Loss.gradient loss case |> Array.tryFindIndex (Double.IsFinite >> not) with
            | None -> Ok()
            | Some i -> Error $"the gradient at number {i + 1} of the prediction is not finite")

    /// The gradient belongs to the values. Where the function has a kink on the way, any slope between those of its two sides will
    /// do; several kinks at one point, as ties among pixels make them, have no such bounds and are not looked at.
    let gradientOfValues =
        let step = 1e-5

        create "gradient of its values" "Along a direction, the gradient lies between the backward and the forward difference quotient (step 1e-5), up to 1e-5 of its value or of 1." any [ Need.extended; Need.noTies ] (fun loss case ->
            let point, at = case.Prediction, Loss.atPredictions torch.float64 loss case
            // No two steps alike, so that errors do not cancel.
            let direction = point |> Array.mapi (fun i _ -> cos (float (i * i) + 0.3 * float i))
            let along h = at (Array.map2 (fun x d -> x + h * d) point direction)
            let value, before, after = at point, along -step, along step
            let slopes = [ (value - before) / step; (after - value) / step ]
            let derivative = Array.fold2 (fun sum g d -> sum + g * d) 0.0 (Loss.gradient loss case) direction
            let slack = 1e-5 * max 1.0 (abs derivative) + 1e-15 * abs value / step

            require
                (List.forall Double.IsFinite [ value; before; after ]
                 && derivative >= List.min slopes - slack
                 && derivative <= List.max slopes + slack)
                (lazy $"the derivative is {n derivative}, the difference quotients are {n slopes[0]} and {n slopes[1]}"))

    /// The gradient pulls each pixel to its true side.
    let pullsToTruth =
        create "pulls to the truth" "The gradient is at most 0 at pixels of the object and at least 0 at those of the background." masks [ Need.binary ] (fun loss case ->
            (Loss.gradient loss case, case.Truth)
            ||> Array.map2 (fun g t -> g * (2.0 * t - 1.0))
            |> Array.tryFind (fun push -> not (push <= 1e-12))
            |> function
                | None -> Ok()
                | Some push -> Error $"a gradient of {n push} pushes a pixel away from the truth")

    /// The gradient in the mirror is the mirrored gradient.
    let gradientInMirror =
        create "gradient in the mirror" "The gradient in the mirror is the mirrored gradient." masks [ Need.noTies ] (fun loss case ->
            let height, width = int case.Shape[1], int case.Shape[2]

            let mirrored =
                Loss.gradient loss case
                |> Array.chunkBySize (height * width)
                |> Array.collect (fun values -> (Grid.mirror { Height = height; Width = width; Values = values }).Values)

            (mirrored, Loss.gradient loss (Case.mirror case))
            ||> Seq.map2 (fun expected actual ->
                require (Double.IsFinite expected && abs (actual - expected) <= 1e-9 * max 1.0 (abs expected)) (lazy $"a gradient is {n expected}, and {n actual} in the mirror"))
            |> every)

    /// A loss does not write into what it is given.
    let leavesItsInput =
        create "leaves its input" "The tensors that the loss is given hold the same numbers afterwards." any [] (fun loss case ->
            use _ = torch.NewDisposeScope()
            let predicted, truth = Tensors.ofShape case.Shape case.Prediction, Tensors.ofShape case.Shape case.Truth
            let given = [ predicted; truth; Tensors.ofShape [| int64 case.Count |] case.Weights ]
            loss.Evaluate given[0] given[1] given[2] |> ignore

            List.zip3 [ "prediction"; "truth"; "weights" ] given [ case.Prediction; case.Truth; case.Weights ]
            |> Seq.map (fun (name, tensor, before) -> require (Tensors.values tensor = before) (lazy $"the {name} is written to"))
            |> every)
