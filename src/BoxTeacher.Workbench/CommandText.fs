namespace BoxTeacher.Workbench

open System

/// Command lines in reports, as a shell takes them.
[<RequireQualifiedAccess>]
module CommandText =

    let private isPlain character = Char.IsAsciiLetterOrDigit character || "-_./:=,+@%".Contains character

    /// A word as it is where a shell reads it as one, in single quotes elsewhere.
    let private quote (word: string) =
        if word <> "" && String.forall isPlain word then word
        else "'" + word.Replace("'", @"'\''") + "'"

    /// A command that a shell splits into these words again.
    [<CompiledName "Of">]
    let ofWords (words: string seq) = words |> Seq.map quote |> String.concat " "
