namespace BoxTeacher.Workbench

open System.IO
open System.Text

/// Files that are either the old or the new whole: written beside, flushed to disk, renamed.
[<RequireQualifiedAccess>]
module internal Files =

    /// Writes bytes; makes the folder where there is none.
    let writeBytes (file: string) (bytes: byte array) =
        let full = Path.GetFullPath file
        Path.GetDirectoryName full |> Option.ofObj |> Option.iter (fun folder -> Directory.CreateDirectory folder |> ignore)
        let temporary = full + ".writing"

        try
            do
                use stream = new FileStream(temporary, FileMode.Create, FileAccess.Write)
                stream.Write(bytes, 0, bytes.Length)
                stream.Flush true

            File.Move(temporary, full, true)
        finally
            File.Delete temporary

    /// Writes a text as UTF-8 without a mark.
    let writeText file (text: string) = writeBytes file (Encoding.UTF8.GetBytes text)
