namespace BoxTeacher.Properties

open TorchSharp

/// What an input must be like for a law to speak of it. Generated inputs are made so, and shrunk inputs stay so.
type Need =
    { /// Ends the sentence "The law speaks of inputs with ...".
      Text: string
      /// Whether an input is like that.
      Holds: Case -> bool
      /// The input made like that.
      Make: Case -> Case }

/// A loss to be held to laws. It takes a prediction, a truth and the weight of each object [N], and gives a tensor whose sum is
/// the loss: 0-dim, or one number an object.
[<NoComparison; ReferenceEquality; StructuredFormatDisplay("{Name}")>]
type Loss =
    { Name: string
      Kind: Kind
      /// Prediction, truth, weights; all of one dtype, float64 unless a law says otherwise.
      Evaluate: torch.Tensor -> torch.Tensor -> torch.Tensor -> torch.Tensor
      /// The laws it claims to obey; None: nothing is claimed, and all laws of its kind are tried.
      Claims: Law list option }

/// Something that holds for every input of a loss.
and [<NoComparison; ReferenceEquality; StructuredFormatDisplay("{Text}")>] Law =
    { /// A few words.
      Name: string
      /// A sentence, with its tolerance.
      Statement: string
      /// Whether it speaks of losses of a kind.
      Of: Kind -> bool
      /// What it presumes.
      Needs: Need list
      /// Ok, or what is wrong with the loss of an input.
      Check: Loss -> Case -> Result<unit, string> }

    /// Name, statement and needs in a line.
    member law.Text =
        let presuming =
            match law.Needs with
            | [] -> ""
            | needs -> " Speaks of inputs with " + (needs |> List.map _.Text |> String.concat ", ") + "."

        $"{law.Name}: {law.Statement}{presuming}"

    override law.ToString() = law.Text

/// Losses, and what laws ask of them.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Loss =

    let private create kind name evaluate = { Name = name; Kind = kind; Evaluate = evaluate; Claims = None }

    /// A loss of mask logits [N, H, W] against masks [N, H, W] in [0, 1].
    let ofMasks name evaluate = create Kind.Masks name evaluate

    /// A loss of boxes [N, 4] against boxes [N, 4], xyxy.
    let ofBoxes name evaluate = create (Kind.Boxes BoxFormat.Corners) name evaluate

    /// A loss of distances [N, 4] to left, top, right and bottom against such distances.
    let ofDistances name evaluate = create (Kind.Boxes BoxFormat.Distances) name evaluate

    /// The loss with the laws that it claims to obey.
    /// Raises ArgumentException when these are none.
    let claiming laws (loss: Loss) =
        if List.isEmpty laws then
            invalidArg (nameof laws) $"{loss.Name} claims no law"

        { loss with Claims = Some laws }

    /// The tensors of an input in a dtype: prediction, truth, weights.
    let private tensors (dtype: torch.ScalarType) (case: Case) (prediction: float array) =
        let tensor shape (values: float array) = (Tensors.ofShape shape values).``to`` dtype
        tensor case.Shape prediction, tensor case.Shape case.Truth, tensor [| int64 case.Count |] case.Weights

    /// Values of a loss at different predictions for one truth: takes them in row-major order.
    let atPredictions (dtype: torch.ScalarType) (loss: Loss) (case: Case) : float array -> float =
        fun values ->
            use _ = torch.NewDisposeScope()
            let prediction, truth, weights = tensors dtype case values
            (loss.Evaluate prediction truth weights).sum () |> Tensors.number

    /// The value of a loss, computed in a dtype.
    let valueAs dtype (loss: Loss) (case: Case) = atPredictions dtype loss case case.Prediction

    /// The value of a loss, computed in float64.
    let value loss case = valueAs torch.float64 loss case

    /// The gradient of a loss with respect to its prediction, computed in a dtype, in row-major order.
    let gradientAs dtype (loss: Loss) (case: Case) : float array =
        use _ = torch.NewDisposeScope()
        let prediction, truth, weights = tensors dtype case case.Prediction

        prediction
        |> Tensors.gradient (fun prediction -> (loss.Evaluate prediction truth weights).sum ())
        |> Tensors.values

    /// The gradient of a loss with respect to its prediction, computed in float64, in row-major order.
    let gradient loss case = gradientAs torch.float64 loss case
