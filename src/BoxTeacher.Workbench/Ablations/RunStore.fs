namespace BoxTeacher.Workbench

open System
open System.IO
open System.Security.Cryptography
open System.Text
open BoxTeacher.Files

/// The folders of an ablation's runs: one per run, named after variant, seed and key. A run is finished when its folder holds
/// result.json; anything else in it belongs to the trainer (checkpoints, metrics).
type RunStore(root: string) =

    let root = Path.GetFullPath root

    // Names are for people; the key keeps runs apart.
    static let slug (text: string) =
        let letters = text.ToLowerInvariant() |> String.map (fun c -> if Char.IsAsciiLetterOrDigit c then c else '-')
        String.Join('-', letters.Split('-', StringSplitOptions.RemoveEmptyEntries))

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
    member _.Folder(run: PlannedRun) =
        let made = if Directory.Exists root then Directory.GetDirectories(root, $"*-{run.Key}") |> Array.sort |> Array.tryHead else None
        made |> Option.defaultWith (fun () -> Path.Combine(root, $"{slug run.Variant}-seed{run.Seed}-{run.Key}"))

    /// The run's result, when it is finished. Raises InvalidDataException naming the file when it cannot be read.
    member store.TryRead(run: PlannedRun) =
        let file = Path.Combine(store.Folder run, "result.json")

        if File.Exists file then
            try
                let result = RunJson.toResult (Json.parse (File.ReadAllText file))

                if result.Run.Key = run.Key then Some { result with Run = run } else None
            with
            | :? FormatException
            | :? Text.Json.JsonException as error ->
                raise (InvalidDataException($"{file}: {error.Message}; remove the file to train this run again", error))
        else
            None

    /// Marks a run as finished.
    member store.Write(result: RunResult) =
        let folder = store.Folder result.Run
        Directory.CreateDirectory folder |> ignore
        AtomicFile.WriteText(Path.Combine(folder, "result.json"), Json.ofNode (RunJson.ofResult result))
