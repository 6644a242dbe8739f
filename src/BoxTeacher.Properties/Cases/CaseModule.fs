namespace BoxTeacher.Properties

open BoxTeacher.Structures

/// Inputs made from inputs, as laws compare them.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Case =

    /// The logit that stands for certainty; its sigmoid differs from 1 by 2e-22.
    let certain = 50.0

    let private logit (p: float) = if p <= 0.0 then -certain elif p >= 1.0 then certain else log (p / (1.0 - p))
    let private sigmoid (x: float) = 1.0 / (1.0 + exp -x)

    let private changeInstances change (target: Target) = Case.Masks { target with Instances = List.mapi change target.Instances }

    /// The logits and the predicted boxes replaced.
    let mapPrediction (logits: Instance -> Grid) (boxes: BoxFormat -> BoxPair -> Box) case =
        match case with
        | Case.Masks target -> target |> changeInstances (fun _ instance -> { instance with Logits = logits instance })
        | Case.Boxes(format, pairs) -> Case.Boxes(format, [ for pair in pairs -> { pair with Prediction = boxes format pair } ])

    /// The weight of each object, by its index, replaced.
    let mapWeights (weight: int -> float -> float) case =
        match case with
        | Case.Masks target -> target |> changeInstances (fun i instance -> { instance with Weight = weight i instance.Weight })
        | Case.Boxes(format, pairs) -> Case.Boxes(format, pairs |> List.mapi (fun i pair -> { pair with Weight = weight i pair.Weight }))

    /// Some of the objects, in the order of their indices.
    let pick (indices: int list) case =
        match case with
        | Case.Masks target -> Case.Masks { target with Instances = [ for i in indices -> target.Instances[i] ] }
        | Case.Boxes(format, pairs) -> Case.Boxes(format, [ for i in indices -> pairs[i] ])

    /// The first objects as they are in one input, the others as they are in another with as many objects.
    let splice count first others =
        match first, others with
        | Case.Masks a, Case.Masks b -> Case.Masks { a with Instances = List.take count a.Instances @ List.skip count b.Instances }
        | Case.Boxes(format, a), Case.Boxes(_, b) -> Case.Boxes(format, List.take count a @ List.skip count b)
        | _ -> invalidArg (nameof others) "masks and boxes are not spliced"

    /// The objects in reversed order.
    let reverse (case: Case) = case |> pick (List.rev [ 0 .. case.Count - 1 ])

    let private grow (factor: float) format (box: Box) =
        let about x (edge: float) = x + (edge - x) * factor

        let x, y =
            match format with
            | BoxFormat.Corners -> (box.X0 + box.X1) / 2.0, (box.Y0 + box.Y1) / 2.0
            | BoxFormat.Distances -> 0.0, 0.0

        Box.FromCorners(about x box.X0, about y box.Y0, about x box.X1, about y box.Y1)

    /// The true masks predicted with a confidence: logits of +-sureness. True boxes are grown by 1 / (1 + sureness) in each
    /// direction, about their center or the location that distances are taken from.
    let predictTruth (sureness: float) case =
        case
        |> mapPrediction
            (fun instance -> instance.Mask |> Grid.map (fun t -> sureness * (2.0 * t - 1.0)))
            (fun format pair -> if sureness >= certain then pair.Truth else grow (1.0 + 1.0 / (1.0 + sureness)) format pair.Truth)

    /// Certainty of the contrary: masks inside out; boxes moved off the truth or, where a location lies in both, three times as
    /// far from it.
    let predictContrary case =
        case
        |> mapPrediction
            (fun instance -> instance.Mask |> Grid.map (fun t -> certain * (1.0 - 2.0 * t)))
            (fun format pair ->
                match format with
                | BoxFormat.Corners ->
                    let truth = pair.Truth
                    Box.FromSize(truth.X0 + 2.0 * truth.Width + 1.0, truth.Y0, truth.Width, truth.Height)
                | BoxFormat.Distances -> grow 3.0 format pair.Truth)

    /// A step towards the truth: logits by share * 8, at most; edges by that share of their way.
    let towardsTruth (share: float) case =
        case
        |> mapPrediction
            (fun instance -> (instance.Logits, instance.Mask) ||> Grid.map2 (fun x t -> x + 8.0 * share * (2.0 * t - 1.0)))
            (fun _ pair ->
                let step (a: float) (b: float) = a + share * (b - a)
                let p, t = pair.Prediction, pair.Truth
                if share >= 1.0 then t else Box.FromCorners(step p.X0 t.X0, step p.Y0 t.Y0, step p.X1 t.X1, step p.Y1 t.Y1))

    /// Prediction and truth exchanged; the logits are those of the mask, +-50 at the most.
    let swap case =
        match case with
        | Case.Masks target ->
            target
            |> changeInstances (fun _ instance ->
                { instance with Mask = Grid.map sigmoid instance.Logits; Logits = Grid.map logit instance.Mask })
        | Case.Boxes(format, pairs) ->
            Case.Boxes(format, [ for pair in pairs -> { pair with Prediction = pair.Truth; Truth = pair.Prediction } ])

    /// Prediction and truth of all grids and boxes changed alike.
    let private mapBoth (size: ImageSize -> ImageSize) (mask: Grid -> Grid) (logits: Grid -> Grid) (box: Box -> Box) case =
        match case with
        | Case.Masks target ->
            Case.Masks
                { Size = size target.Size
                  Instances = [ for i in target.Instances -> { i with Mask = mask i.Mask; Logits = logits i.Logits } ] }
        | Case.Boxes(format, pairs) ->
            Case.Boxes(format, [ for pair in pairs -> { pair with Prediction = box pair.Prediction; Truth = box pair.Truth } ])

    /// Object and background exchanged; boxes stay.
    let complement case = case |> mapBoth id (Grid.map (fun t -> 1.0 - t)) (Grid.map (~-)) id

    /// Left and right exchanged.
    let mirror case = case |> mapBoth id Grid.mirror Grid.mirror (fun b -> Box.FromCorners(-b.X1, b.Y0, -b.X0, b.Y1))

    /// Rows and columns exchanged.
    let turn case =
        case
        |> mapBoth
            (fun size -> ImageSize(size.Width, size.Height))
            Grid.turn
            Grid.turn
            (fun b -> Box.FromCorners(b.Y0, b.X0, b.Y1, b.X1))

    /// A frame of certain background around masks; boxes stay.
    let frame case =
        case |> mapBoth (fun size -> ImageSize(size.Height + 2, size.Width + 2)) (Grid.frame 0.0) (Grid.frame -certain) id

    /// The same picture at a multiple of its size.
    let enlarge (factor: int) case =
        let k = float factor

        case
        |> mapBoth
            (fun size -> ImageSize(size.Height * factor, size.Width * factor))
            (Grid.enlarge factor)
            (Grid.enlarge factor)
            (fun b -> Box.FromCorners(k * b.X0, k * b.Y0, k * b.X1, k * b.Y1))

    /// Boxes moved, to be used with corners; masks stay.
    let shift (x: float) (y: float) case =
        case |> mapBoth id id id (fun b -> Box.FromCorners(b.X0 + x, b.Y0 + y, b.X1 + x, b.Y1 + y))
