namespace BoxTeacher.Workbench

open System
open System.IO
open System.Reflection
open System.Runtime.CompilerServices
open System.Security.Cryptography
open System.Text.RegularExpressions
open BoxTeacher.Methods
open BoxTeacher.Training

/// The code of a script, by which its own functions are told from those that an earlier form of it had.
[<RequireQualifiedAccess>]
module internal ScriptSource =

    let private directive = Regex("""^[ \t]*#(?<kind>load|r)[ \t]+(?<files>@?".*)$""", RegexOptions.Multiline ||| RegexOptions.ExplicitCapture)
    let private quoted = Regex("\"(?<name>[^\"]+)\"", RegexOptions.ExplicitCapture)

    /// What a script's text loads (true) and refers to (false), as full names of files that are there.
    let private references (folder: string) (text: string) =
        [ for line in directive.Matches text do
              for name in quoted.Matches line.Groups["files"].Value do
                  let file = Path.GetFullPath(name.Groups["name"].Value, folder)
                  if File.Exists file then line.Groups["kind"].Value = "load", file ]

    let private folderOf (file: string) = Path.GetDirectoryName file |> Option.ofObj |> Option.defaultValue "."

    /// A fingerprint of a text, of the scripts that it loads, of those that these load, and of the libraries that any of them
    /// refers to. Names in the text are relative to the folder.
    let fingerprint (folder: string) (text: string) =
        let rec gather (known: Map<string, string>) folder text =
            (known, references folder text)
            ||> List.fold (fun known (loaded, file) ->
                if known.ContainsKey file then known
                elif loaded then
                    let script = File.ReadAllText file
                    gather (known.Add(file, script)) (folderOf file) script
                else known.Add(file, Convert.ToHexString(SHA256.HashData(File.ReadAllBytes file))))

        // Not the files' names: the same code elsewhere is the same code.
        RunStore.Fingerprint(text :: List.sort [ for content in (gather Map.empty folder text).Values -> content ])

    /// The fingerprint of a script's file.
    let ofFile (file: string) = fingerprint (folderOf (Path.GetFullPath file)) (File.ReadAllText file)

/// What an ablation compares: a change of the base recipe, and where a script has them, parts of its own in the place of the
/// recipe's, which the changed recipe has on record.
type Variant internal (name: string, change: Recipe -> Recipe, methodOf: Recipe -> int -> string -> ITrainingMethod) =

    /// What tables call it.
    member _.Name = name

    /// What of the recipe is different.
    member _.Change = change

    /// The method, from the recipe, the number of classes and the data root.
    member _.Method = methodOf

    /// What the code of a replaced part is told by. Compiled code is told by its assembly.
    static member internal CodeOf(name: string, version: string option, file: string option, caller: Assembly) =
        let script = file |> Option.filter File.Exists |> Option.map ScriptSource.ofFile
        let cell () = Notebook.cellText () |> Option.map (ScriptSource.fingerprint (Directory.GetCurrentDirectory()))
        let isCompiled = not caller.IsDynamic && caller.Location <> ""
        let assembly = if isCompiled then Some(string caller.ManifestModule.ModuleVersionId) else None

        match version, List.choose id [ (if script.IsSome then script else cell ()); assembly ] with
        | Some version, _ -> version
        | None, [] ->
            invalidArg
                (nameof version)
                $"the code of '{name}' is in no file, so that a change of it would not be seen; say Variant.Of(..., version = \"1\") and count up"
        | None, code -> RunStore.Fingerprint code

    /// Where a part's code is, for readers and for telling runs apart.
    static member private SourceOf(name: string, version, file: string option, caller) =
        let place = file |> Option.map Path.GetFileName |> Option.defaultValue (if Notebook.isRunning () then "a notebook" else "a script")
        $"'{name}' in {place}, {Variant.CodeOf(name, version, file, caller)}"

    /// A variant with a method built by the script. Its results are kept under the version; without one, under the text of the
    /// script, with all that it loads and refers to, or of the notebook's cell, and compiled code under its assembly, so that a
    /// change of it is trained anew. Whatever else decides what its functions do, such as an earlier cell or a file that they
    /// read, belongs into the version. Raises ArgumentException without a version where there is no such text.
    [<MethodImpl(MethodImplOptions.NoInlining)>]
    static member Of
        (
            name: string,
            change: Recipe -> Recipe,
            methodOf: Recipe -> int -> string -> ITrainingMethod,
            ?version: string,
            [<CallerFilePath>] ?file: string
        ) =
        let record = [| PartRecord("Method", Variant.SourceOf(name, version, file, Assembly.GetCallingAssembly())) |]
        // The script's function has a recipe without the record: it is the part on record.
        let plain (recipe: Recipe) = recipe.With((fun r -> r.Parts), null)
        Variant(name, (fun recipe -> (change recipe).With((fun r -> r.Parts), record)), (fun recipe -> methodOf (plain recipe)))

    /// A variant that changes the recipe and has parts of the script's own in the place of the recipe's. Results are kept as those
    /// of Variant.Of.
    [<MethodImpl(MethodImplOptions.NoInlining)>]
    static member With(name: string, change: Recipe -> Recipe, parts: MethodParts, ?version: string, [<CallerFilePath>] ?file: string) =
        let source = Variant.SourceOf(name, version, file, Assembly.GetCallingAssembly())
        let replaced recipe = (change recipe).Replacing(parts, source)
        Variant(name, replaced, (fun recipe classes root -> recipe.BuildMethod(classes, root, parts)))
