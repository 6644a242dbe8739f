namespace BoxTeacher.Workbench

open System.IO
open System.Runtime.CompilerServices
open BoxTeacher.Teaching
open BoxTeacher.Training

/// What an ablation compares: a change of the base recipe, and where a script has them, parts of its own in the place of the
/// recipe's.
type Variant internal (name: string, change: Recipe -> Recipe, methodOf: Recipe -> int -> string -> ITeachingMethod, identity: string) =

    /// What tables call it.
    member _.Name = name

    /// What of the recipe is different.
    member _.Change = change

    /// The method, from the recipe, the number of classes and the data root.
    member _.Method = methodOf

    /// What tells a replaced part from the recipe's own when results are looked up; empty when nothing is replaced.
    member _.Identity = identity

    /// A variant with a method built by the script. Its results are kept under the version; without one, under the text of the
    /// script, with all that it loads and refers to, or of the notebook's cell, so that a change of it is trained anew.
    /// Whatever else decides what its functions do, such as an earlier cell or a file that they read, belongs into the version.
    /// Raises ArgumentException without a version where there is no such text.
    static member Of
        (name: string, change: Recipe -> Recipe, methodOf: Recipe -> int -> string -> ITeachingMethod, ?version: string, [<CallerFilePath>] ?file: string)
        =
        let ofCell text = ScriptSource.fingerprint (Directory.GetCurrentDirectory()) text

        let code =
            match version, file |> Option.filter File.Exists with
            | Some version, _ -> version
            | None, Some file -> ScriptSource.ofFile file
            | None, None ->
                match Notebook.cellText () with
                | Some text -> ofCell text
                | None ->
                    invalidArg
                        (nameof version)
                        $"the code of '{name}' is in no file, so that a change of it would not be seen; say Variant.Of(..., version = \"1\") and count up"

        Variant(name, change, methodOf, RunStore.Fingerprint [ name; code ])

    /// A variant that changes the recipe and has parts of the script's own in the place of the recipe's. Results are kept as those
    /// of Variant.Of.
    static member With(name: string, change: Recipe -> Recipe, parts: MethodParts, ?version: string, [<CallerFilePath>] ?file: string) =
        Variant.Of(name, change, (fun recipe classes root -> Build.Method(recipe, classes, root, parts)), ?version = version, ?file = file)
