namespace BoxTeacher.Properties

open System
open BoxTeacher.Structures

/// What laws presume of their inputs.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Need =

    let private onInstances change case =
        match case with
        | Case.Masks target -> Case.Masks { target with Instances = List.map change target.Instances }
        | boxes -> boxes

    let private onPairs change case =
        match case with
        | Case.Boxes(format, pairs) -> Case.Boxes(format, List.map change pairs)
        | masks -> masks

    let private all instance pair case =
        match case with
        | Case.Masks target -> target.Instances |> List.forall instance
        | Case.Boxes(_, pairs) -> pairs |> List.forall pair

    let private anyPair (_: BoxPair) = true

    /// One object of weight 1, so that the loss is that object's.
    let single =
        { Text = "one object of weight 1"
          Holds = fun case -> case.Count = 1 && case.Weights[0] = 1.0
          Make = fun case -> case |> Case.pick [ 0 ] |> Case.mapWeights (fun _ _ -> 1.0) }

    /// At least two objects.
    let several =
        { Text = "several objects"
          Holds = fun case -> case.Count > 1
          Make =
            fun case ->
                if case.Count > 1 then case
                else Case.pick [ 0; 0 ] case |> Case.splice 1 (Case.swap case |> Case.pick [ 0; 0 ]) }

    /// A first object that does not count.
    let unweighted =
        { Text = "a first object of weight 0"
          Holds = fun case -> case.Weights[0] = 0.0
          Make = Case.mapWeights (fun i weight -> if i = 0 then 0.0 else weight) }

    /// A first object that alone counts.
    let firstAlone =
        let weight i = if i = 0 then 1.0 else 0.0

        { Text = "weight 1 for the first object and 0 for the others"
          Holds = fun case -> case.Weights = Array.init case.Count weight
          Make = Case.mapWeights (fun i _ -> weight i) }

    /// Mask values of 0 and 1 alone.
    let binary =
        { Text = "true masks of 0 and 1"
          Holds = all (fun instance -> instance.Mask.Values |> Array.forall (fun t -> t = 0.0 || t = 1.0)) anyPair
          Make = onInstances (fun instance -> { instance with Mask = Grid.map (fun t -> if t >= 0.5 then 1.0 else 0.0) instance.Mask }) }

    /// Mask values that are the sigmoid of some logit.
    let soft =
        { Text = "true masks strictly between 0 and 1"
          Holds = all (fun instance -> instance.Mask.Values |> Array.forall (fun t -> t >= 0.001 && t <= 0.999)) anyPair
          Make = onInstances (fun instance -> { instance with Mask = Grid.map (fun t -> Math.Clamp(t, 0.001, 0.999)) instance.Mask }) }

    /// True masks with a pixel of 1, and true boxes of at least 0.1 x 0.1.
    let seen =
        let isSeen (box: Box) = box.Width >= 0.1 && box.Height >= 0.1
        let grown (box: Box) = Box.FromCorners(box.X0 - 0.5, box.Y0 - 0.5, box.X1 + 0.5, box.Y1 + 0.5)

        { Text = "true objects that are not empty"
          Holds = all (fun instance -> Array.contains 1.0 instance.Mask.Values) (fun pair -> isSeen pair.Truth)
          Make =
            onInstances (fun instance ->
                if Array.contains 1.0 instance.Mask.Values then instance
                else { instance with Mask = { instance.Mask with Values = Array.updateAt 0 1.0 instance.Mask.Values } })
            >> onPairs (fun pair -> if isSeen pair.Truth then pair else { pair with Truth = grown pair.Truth }) }

    /// Predicted boxes of at least 0.1 x 0.1.
    let extended =
        let isExtended (box: Box) = box.Width >= 0.1 && box.Height >= 0.1

        { Text = "predicted boxes that are not empty"
          Holds = all (fun _ -> true) (fun pair -> isExtended pair.Prediction)
          Make =
            onPairs (fun pair ->
                let box = pair.Prediction
                if isExtended box then pair
                else { pair with Prediction = Box.FromCorners(box.X0 - 0.5, box.Y0 - 0.5, box.X1 + 0.5, box.Y1 + 0.5) }) }

    /// The least gap between numbers that do not tie.
    let private gap = 0.001

    /// Logits within +-12 of which no two of an object are equal; predicted edges that do not lie on a true one.
    let noTies =
        let spread (values: float array) =
            let order = values |> Array.indexed |> Array.sortBy snd |> Array.map fst
            let rank = Array.zeroCreate values.Length
            order |> Array.iteri (fun place i -> rank[i] <- place)
            values |> Array.mapi (fun i x -> Math.Clamp(x, -10.0, 10.0) + 2.0 * gap * float rank[i])

        let isSpread (values: float array) =
            values |> Array.forall (fun x -> abs x <= 12.0)
            && values |> Array.sort |> Array.pairwise |> Array.forall (fun (a, b) -> b - a >= gap)

        let edges (box: Box) = [ box.X0; box.X1 ], [ box.Y0; box.Y1 ]

        let apart a b = List.allPairs a b |> List.forall (fun (p, t) -> abs (p - t) >= gap)

        let isApart (pair: BoxPair) =
            let (px, py), (tx, ty) = edges pair.Prediction, edges pair.Truth
            apart px tx && apart py ty

        // An edge moves out by a little more each time until it lies on none.
        let rec moved (by: float) (pair: BoxPair) =
            let box = pair.Prediction
            let next = { pair with Prediction = Box.FromCorners(box.X0 - by, box.Y0 - by, box.X1 + by, box.Y1 + by) }
            if isApart next then next else moved (by + 0.0137) pair

        { Text = "predictions without ties"
          Holds = all (fun instance -> isSpread instance.Logits.Values) isApart
          Make =
            onInstances (fun instance -> { instance with Logits = { instance.Logits with Values = spread instance.Logits.Values } })
            >> onPairs (fun pair -> if isApart pair then pair else moved 0.0137 pair) }
