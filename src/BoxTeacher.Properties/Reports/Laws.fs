namespace BoxTeacher.Properties

open System
open FsCheck
open FsCheck.FSharp
open TorchSharp

/// How many inputs are tried, and which.
type Settings =
    { Cases: int
      /// Where to begin; None: at a random place.
      Start: Replay option }

/// Settings, and seeds as text.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Settings =

    /// A place to begin at, from "(rnd,gamma)" or "(rnd,gamma,size)".
    /// Raises ArgumentException for anything else.
    let parseSeed (text: string) : Replay =
        let number (parse: string -> bool * 'a) (part: string) =
            match parse (part.Trim()) with
            | true, value -> value
            | false, _ -> invalidArg "seed" $"expected (rnd,gamma) or (rnd,gamma,size), not {text}"

        match text.Trim().TrimStart('(').TrimEnd(')').Split ',' |> List.ofArray with
        | rnd :: gamma :: rest when rest.Length < 2 ->
            { Rnd = Rnd(number UInt64.TryParse rnd, number UInt64.TryParse gamma)
              Size = rest |> List.tryHead |> Option.map (number Int32.TryParse) }
        | _ -> invalidArg "seed" $"expected (rnd,gamma) or (rnd,gamma,size), not {text}"

    /// 200 inputs, from where the environment variable FSCHECK_REPLAY says, else from a random place.
    let standard =
        { Cases = 200
          Start = Environment.GetEnvironmentVariable "FSCHECK_REPLAY" |> Option.ofObj |> Option.filter ((<>) "") |> Option.map parseSeed }

    /// The settings with a number of inputs.
    /// Raises ArgumentException for fewer than one.
    let cases count (settings: Settings) =
        if count < 1 then
            invalidArg (nameof count) $"a law is tried on at least one input, not on {count}"

        { settings with Cases = count }

    /// The settings with a place to begin at, as a failing law prints it.
    let from (seed: string) (settings: Settings) = { settings with Start = Some(parseSeed seed) }

    /// The settings with a number that decides all inputs.
    let seeded (seed: int) (settings: Settings) = { settings with Start = Some { Rnd = Rnd(uint64 seed); Size = None } }

/// Holds losses to laws.
[<RequireQualifiedAccess>]
module Laws =

    /// Every law, with tolerances that a loss with a small eps keeps: 1e-3 at the truth and in float32, 1e-4 for enlarged
    /// pictures, 1e-6 for what costs less than the truth.
    let all =
        [ Law.finite; Law.finiteGradient; Law.finiteFarOut; Law.neverNegative; Law.zeroAtTruth 1e-3; Law.leastAtTruth 1e-6
          Law.rightBeatsWrong; Law.surerIsBetter; Law.towardsTruth; Law.pullsToTruth; Law.gradientOfValues; Law.weightZero
          Law.linearInWeights; Law.apart; Law.additive; Law.anyOrder; Law.noObjects; Law.symmetric; Law.sameInsideOut; Law.sameInMirror
          Law.gradientInMirror; Law.sameTurned; Law.sameInFrame; Law.sameEnlarged 1e-4; Law.sameElsewhere
          Law.singlePrecision 1e-3; Law.repeatable; Law.leavesItsInput ]

    /// Every law that speaks of losses of a kind.
    let ofKind kind = all |> List.filter (fun law -> law.Of kind)

    let private speaksOf (law: Law) case = law.Needs |> List.forall (fun need -> need.Holds case)

    /// The inputs for a law, as generated and as shrunk: the generated ones made what it needs, where they can be.
    let inputs (kind: Kind) (law: Law) : Arbitrary<Case> =
        let make case = law.Needs |> List.fold (fun case need -> need.Make case) case
        Arb.fromGenShrink (Generate.case kind |> Gen.map make, Shrink.case >> Seq.filter (speaksOf law))

    /// A configuration with settings, which may have been written as a record with any number of cases.
    let private configure (settings: Settings) (config: Config) =
        let settings = settings |> Settings.cases settings.Cases
        config.WithMaxTest(settings.Cases).WithReplay(settings.Start)

    /// Runs a property with settings and says how it ended.
    let private run (settings: Settings) (property: Property) =
        let mutable result = None

        let runner =
            { new IRunner with
                member _.OnStartFixture _ = ()
                member _.OnArguments(_, _, _) = ()
                member _.OnShrink(_, _) = ()
                member _.OnFinished(_, outcome) = result <- Some outcome }

        Check.One((Config.Quick |> configure settings).WithRunner runner, property)
        result.Value

    let private verdict (law: Law) loss case =
        use _ = torch.NewDisposeScope()

        try
            law.Check loss case
        with error ->
            Error $"{error.GetType().Name}: {error.Message.Split('\n')[0]}"

    let private seedText (rnd: Rnd) (size: int) = $"({rnd.Seed},{rnd.Gamma},{size})"

    /// Holds a loss to one law. Inputs that could not be made what the law needs do not count. A law with too few others is not
    /// tried, nor is one that speaks of losses of another kind.
    let one (settings: Settings) (loss: Loss) (law: Law) : LawResult =
        let outcome =
            if not (law.Of loss.Kind) then
                Outcome.Untried "it does not speak of losses of this kind"
            else
                let holds case = speaksOf law case ==> lazy Result.isOk (verdict law loss case)
                let property = Prop.forAll (inputs loss.Kind law) holds

                match run settings property with
                | TestResult.Failed(data, [ generated ], [ shrunk ], _, _, last, size) ->
                    let input = shrunk :?> Case

                    Outcome.Broken
                        { Loss = loss
                          Law = law
                          Message = (match verdict law loss input with Error message -> message | Ok() -> "it holds the next time")
                          Input = input
                          Generated = generated :?> Case
                          FoundAt = data.NumberOfTests
                          Shrinks = data.NumberOfShrinks
                          Seed = seedText last size }
                | TestResult.Passed(data, _) -> Outcome.Held data.NumberOfTests
                | TestResult.Exhausted data ->
                    Outcome.Untried $"it spoke of {data.NumberOfTests} inputs, and {settings.Cases} were asked for"
                | TestResult.Failed(_, _, _, outcome, _, _, _) -> failwith $"{law.Name}: no input to show for {outcome}"

        { Law = law; Outcome = outcome }

    /// Holds a loss to some laws.
    /// Raises ArgumentException when these are none.
    let hold (settings: Settings) (laws: Law list) (loss: Loss) : LawReport =
        if laws.IsEmpty then
            invalidArg (nameof laws) $"no law to hold {loss.Name} to"

        { Loss = loss; Results = laws |> List.map (one settings loss) }

    /// Holds a loss to the laws that it claims, or to all of its kind when it claims none.
    let checkWith (settings: Settings) (loss: Loss) : LawReport =
        loss |> hold settings (loss.Claims |> Option.defaultWith (fun () -> ofKind loss.Kind))

    /// Holds a loss to the laws that it claims, or to all of its kind when it claims none: 200 inputs each.
    let check (loss: Loss) : LawReport = checkWith Settings.standard loss

    /// Holds a loss to a law again, from the seed that a counterexample states.
    let replay (seed: string) (law: Law) (loss: Loss) : LawResult = one (Settings.standard |> Settings.from seed) loss law

    /// Raises an exception with the whole report unless all laws held: for test projects.
    let require (report: LawReport) = if not report.Holds then failwith report.Text

    /// Holds any statement to generated inputs: it raises an exception where it is wrong. Tensors made in it are disposed of.
    let forAll (settings: Settings) (inputs: Arbitrary<'a>) (statement: 'a -> unit) =
        let property = Prop.forAll inputs (fun input ->
            use _ = torch.NewDisposeScope()
            statement input)

        Check.One((Config.QuickThrowOnFailure |> configure settings).WithQuietOnSuccess true, property)
