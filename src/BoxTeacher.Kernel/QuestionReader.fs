namespace BoxTeacher.Kernel

open System.IO

/// The standard input of a cell: each line is a question to the user.
type internal QuestionReader(ask: unit -> string) =
    inherit TextReader()
    let mutable rest = ""

    let fill () =
        if rest = "" then
            rest <- ask () + "\n"

    override _.ReadLine() =
        fill ()
        let line = rest.Substring(0, rest.IndexOf '\n')
        rest <- rest.Substring(line.Length + 1)
        line

    /// No client can say that the input ends here, so an empty answer does.
    override this.ReadToEnd() =
        Seq.initInfinite (fun _ -> this.ReadLine())
        |> Seq.takeWhile (fun line -> line <> "")
        |> Seq.map (fun line -> line + "\n")
        |> String.concat ""

    override _.Peek() =
        fill ()
        int rest[0]

    override _.Read() =
        fill ()
        let first = int rest[0]
        rest <- rest.Substring 1
        first
