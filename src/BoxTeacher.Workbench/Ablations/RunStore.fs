namespace BoxTeacher.Workbench

open System
open System.Collections.Concurrent
open System.IO
open System.Security.Cryptography
open System.Text
open BoxTeacher.Files

/// The folders of an ablation's runs, which any number of processes share: one per run, named after variant, seed and key. A run is
/// finished when its folder holds result.json; failed.txt says why it failed, claim.N who trains it, and deaths.txt how far it was when
/// processes died in it. Anything else in it belongs to the trainer (checkpoints, metrics). takeover is how long the claim of a process
/// that is heard of no more lasts; a minute by default.
type RunStore(root: string, ?takeover: TimeSpan) =

    let root = Path.GetFullPath root
    let folders = ConcurrentDictionary<string, string>()

    // Names are for people; the key keeps runs apart.
    static let slug (text: string) =
        let letters = text.ToLowerInvariant() |> String.map (fun c -> if Char.IsAsciiLetterOrDigit c then c else '-')
        String.Join('-', letters.Split('-', StringSplitOptions.RemoveEmptyEntries))

    static let read (file: string) = if File.Exists file then Some(File.ReadAllText file) else None

    let find (run: PlannedRun) =
        let made = if Directory.Exists root then Directory.GetDirectories(root, $"*-{run.Key}") |> Array.sort |> Array.tryHead else None
        made |> Option.defaultWith (fun () -> Path.Combine(root, $"{slug run.Variant}-seed{run.Seed}-{run.Key}"))

    /// The folder that holds all runs.
    member _.Root = root

    /// A fingerprint of some texts, 16 hexadecimal digits; the order counts, and no two lists of texts run together.
    static member Fingerprint(parts: string seq) =
        use hash = IncrementalHash.CreateHash HashAlgorithmName.SHA256

        for part in parts do
            let bytes = Encoding.UTF8.GetBytes part
            hash.AppendData(BitConverter.GetBytes bytes.LongLength)
            hash.AppendData bytes

        Convert.ToHexString(hash.GetHashAndReset(), 0, 8).ToLowerInvariant()

    /// The folder of a run; it may not exist yet. One that was made under another name of the variant stays the run's.
    member _.Folder(run: PlannedRun) = folders.GetOrAdd(run.Key, (fun _ -> find run))

    /// The claims of runs by this process, to be disposed.
    member internal _.Claims() = new Claims(defaultArg takeover Claims.DefaultTakeover)

    /// The run's result, when it is finished. Raises InvalidDataException naming the file when it cannot be read.
    member store.TryRead(run: PlannedRun) =
        let file = Path.Combine(store.Folder run, "result.json")

        try
            read file
            |> Option.map (Json.parse >> RunJson.toResult)
            |> Option.filter (fun result -> result.Run.Key = run.Key)
            |> Option.map (fun result -> { result with Run = run })
        with
        | :? FormatException
        | :? Text.Json.JsonException as error ->
            raise (InvalidDataException($"{file}: {error.Message}; remove the file to train this run again", error))

    /// Marks a run as finished.
    member store.Write(result: RunResult) =
        let folder = store.Folder result.Run
        Directory.CreateDirectory folder |> ignore
        AtomicFile.WriteText(Path.Combine(folder, "result.json"), Json.ofNode (RunJson.ofResult result))

    member private store.FailureFile run = Path.Combine(store.Folder run, "failed.txt")

    /// Who found a run to fail, as a line of Holder.Parse, and below it why; each failure has a text of its own.
    member internal store.TryReadFailure run = read (store.FailureFile run)

    /// Marks a run as failed; None: as to be tried.
    member internal store.WriteFailure(run, failure: (Holder * exn) option) =
        match failure with
        | Some(holder, error) -> AtomicFile.WriteText(store.FailureFile run, $"{holder.Line}\n{error.Message}\n")
        | None -> File.Delete(store.FailureFile run)

    /// Takes note that a process died in a run, whose newest checkpoint is of this iteration; returns how many did so without
    /// a further one.
    member internal store.CountDeath(run, iteration: int) =
        let file = Path.Combine(store.Folder run, "deaths.txt")
        let before = match read file with Some text -> List.ofArray (text.Split('\n', StringSplitOptions.RemoveEmptyEntries)) | None -> []
        let deaths = string iteration :: List.takeWhile ((=) (string iteration)) before
        AtomicFile.WriteText(file, String.Join('\n', deaths))
        deaths.Length

    /// Forgets the deaths in a run.
    member internal store.ForgetDeaths run = File.Delete(Path.Combine(store.Folder run, "deaths.txt"))
