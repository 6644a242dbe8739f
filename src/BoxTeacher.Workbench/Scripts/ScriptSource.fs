namespace BoxTeacher.Workbench

open System
open System.IO
open System.Security.Cryptography
open System.Text.RegularExpressions

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
