namespace BoxTeacher.Kernel.Tests

open System
open System.Net.Sockets
open System.Threading
open Xunit
open BoxTeacher.Kernel.Tests.Client

/// What clients other than a notebook's cells ask, and what strangers may not do.
[<Collection "kernel">]
type ProtocolTests(shared: SharedKernel) =
    let client = shared.Client

    let matches (reply: Received) =
        reply.Content.GetProperty("matches").EnumerateArray() |> Seq.map _.GetString() |> List.ofSeq

    [<Fact>]
    member _.``the kernel says what it is``() =
        let info = (client.Ask("kernel_info", dict [])).Content
        Assert.Equal("5.3", info.GetProperty("protocol_version").GetString())
        Assert.Equal("F#", info.GetProperty("language_info").GetProperty("name").GetString())
        Assert.Equal(".fs", info.GetProperty("language_info").GetProperty("file_extension").GetString())

    [<Fact>]
    member _.``completion knows earlier cells and counts code points``() =
        client.Run "let wordList = [ \"a\" ]" |> ignore
        let code = "let s = \"𝛼\" in wordL"
        let points = code.EnumerateRunes() |> Seq.length
        let reply = client.Ask("complete", dict [ "code", box code; "cursor_pos", points ])
        Assert.Equal<string list>([ "wordList" ], matches reply)
        Assert.Equal(points - 5, reply.Content.GetProperty("cursor_start").GetInt32())
        Assert.Equal(points, reply.Content.GetProperty("cursor_end").GetInt32())

        let members = client.Ask("complete", dict [ "code", box "List.ma"; "cursor_pos", 7 ])
        Assert.Contains("map", matches members)
        Assert.DoesNotContain("filter", matches members)

        for cursor, last in [ -5, 0; 500, 7 ] do
            let outside = client.Ask("complete", dict [ "code", box "List.ma"; "cursor_pos", cursor ])
            Assert.Equal(last, outside.Content.GetProperty("cursor_end").GetInt32())

        let directives = client.Ask("complete", dict [ "code", box "#!ti"; "cursor_pos", 4 ])
        Assert.Equal<string list>([ "#!time" ], matches directives)

    [<Fact>]
    member _.``inspection shows the signature and the documentation``() =
        client.Run "/// Doubles a number.\nlet twice (n: int) = 2 * n" |> ignore
        let reply = client.Ask("inspect", dict [ "code", box "twice 3"; "cursor_pos", 3; "detail_level", 0 ])
        Assert.True(reply.Content.GetProperty("found").GetBoolean())
        let text = reply.Content.GetProperty("data").GetProperty("text/plain").GetString()
        Assert.Contains("twice", text)
        Assert.Contains("int", text)
        Assert.Contains("Doubles a number.", text)

        let library = client.Ask("inspect", dict [ "code", box "List.map"; "cursor_pos", 8; "detail_level", 0 ])
        Assert.Contains("Builds a new collection", library.Content.GetProperty("data").GetProperty("text/plain").GetString())

        let nothing = client.Ask("inspect", dict [ "code", box "   "; "cursor_pos", 1; "detail_level", 0 ])
        Assert.False(nothing.Content.GetProperty("found").GetBoolean())

    [<Theory>]
    [<InlineData("1 + 1", "complete")>]
    [<InlineData("let f x =", "incomplete")>]
    [<InlineData("let f x = (x +", "incomplete")>]
    [<InlineData("let s = \"open", "incomplete")>]
    [<InlineData("for i in 1 .. 3 do\n    printfn \"x\"", "incomplete")>]
    [<InlineData("for i in 1 .. 3 do\n    printfn \"x\"\n", "complete")>]
    [<InlineData("let = 3\nlet x = 1", "invalid")>]
    [<InlineData(")", "invalid")>]
    [<InlineData("let x = (1]", "invalid")>]
    member _.``completeness is that of the parser``(code: string, status: string) =
        Assert.Equal(status, (client.Ask("is_complete", dict [ "code", code ])).Text "status")

    [<Fact>]
    member _.``the history holds what was run``() =
        client.Run "let remembered = 1" |> ignore

        let entries kind (extra: (string * obj) list) =
            let content = dict ([ "hist_access_type", box kind; "raw", true; "output", false ] @ extra)
            let reply = client.Ask("history", content)
            reply.Content.GetProperty("history").EnumerateArray() |> Seq.map (fun e -> e[2].GetString()) |> List.ofSeq

        Assert.Equal<string list>([ "let remembered = 1" ], entries "tail" [ "n", 1 ])
        Assert.Equal<string list>([ "let remembered = 1" ], entries "search" [ "pattern", "*remembered*"; "n", 1 ])

    [<Fact>]
    member _.``the history holds outputs for a client that wants them``() =
        client.Run "20 + 22" |> ignore
        client.Run "let silent = 1" |> ignore
        let reply = client.Ask("history", dict [ "hist_access_type", box "tail"; "n", 2; "raw", true; "output", true ])
        let entries = reply.Content.GetProperty("history").EnumerateArray() |> Seq.map (fun e -> string e[2]) |> List.ofSeq
        Assert.Equal<string list>([ "[\"20 + 22\",\"42\"]"; "[\"let silent = 1\",null]" ], entries)

    [<Fact>]
    member _.``fewer than no lines of the history are none``() =
        let reply = client.Ask("history", dict [ "hist_access_type", box "tail"; "n", -3 ])
        Assert.Equal(0, reply.Content.GetProperty("history").GetArrayLength())

    [<Theory>]
    [<InlineData("execute")>]
    [<InlineData("complete")>]
    [<InlineData("inspect")>]
    [<InlineData("is_complete")>]
    member _.``a request without its code is answered with an error``(kind: string) =
        for content in [ box "text"; dict [ "code", 5 ] ] do
            let reply = client.Ask(kind, content)
            Assert.Equal("error", reply.Text "status")
            Assert.Equal("MalformedRequest", reply.Text "ename")

    [<Fact>]
    member _.``expressions are evaluated behind a cell, each for itself``() =
        let ask code =
            let expressions = dict [ "sum", "wanted + 1"; "wrong", "missing" ]
            let content = dict [ "code", box code; "user_expressions", expressions ]
            (client.Ask("execute", content)).Content

        let reply = ask "let wanted = 41"
        let values = reply.GetProperty "user_expressions"
        Assert.Equal("ok", values.GetProperty("sum").GetProperty("status").GetString())
        Assert.Equal("42", values.GetProperty("sum").GetProperty("data").GetProperty("text/plain").GetString())
        Assert.Equal("error", values.GetProperty("wrong").GetProperty("status").GetString())
        Assert.Equal("CompilerError", values.GetProperty("wrong").GetProperty("ename").GetString())
        let count = reply.GetProperty("execution_count").GetInt32()
        Assert.Equal(count + 1, (client.Run "()").Reply.Content.GetProperty("execution_count").GetInt32())

    [<Fact>]
    member _.``a silent cell leaves no trace``() =
        let content = dict [ "code", box "printf \"\"; 12345"; "silent", true; "store_history", true ]
        let count () = (client.Run "()").Reply.Content.GetProperty("execution_count").GetInt32()
        let before = count ()
        Assert.Equal("ok", (client.Ask("execute", content)).Text "status")
        Assert.Equal(before + 1, count ())

    [<Fact>]
    member _.``cells that wait behind a failing one are given up``() =
        let failing = client.Start "Threading.Thread.Sleep 500\nfailwith \"first\" |> ignore"
        let waiting = client.Start "printfn \"never\""
        Assert.Equal("error", (client.Finish failing).Status)
        let second = client.Finish waiting
        Assert.Equal("aborted", second.Status)
        Assert.Equal("", second.Printed "stdout")
        Assert.Equal("ok", (client.Run "1").Status)

    [<Fact>]
    member _.``a forged or repeated message is ignored``() =
        let content = dict [ "code", box "printfn \"forged\""; "silent", false ]
        client.Shell.Send(client.Forged "execute_request" content)
        client.Control.Send(client.Forged "shutdown_request" (dict [ "restart", false ]))
        let once = client.Signed "execute_request" (dict [ "code", box "let replayed = 1"; "silent", false ])
        let before = (client.Run "()").Reply.Content.GetProperty("execution_count").GetInt32()
        client.Shell.Send once
        client.Shell.Send once
        client.Shell.Send [ "no"B; "message"B ]
        client.Shell.Send [ "<IDS|MSG>"B; [||]; [||] ]
        let after = (client.Run "()").Reply.Content.GetProperty("execution_count").GetInt32()
        Assert.Equal(before + 2, after)
        Assert.False shared.Kernel.Process.HasExited

    [<Fact>]
    member _.``strangers on a port disturb nobody``() =
        for bytes in [ "GET / HTTP/1.1\r\n\r\n"B; [||]; Array.create 200 0xFFuy ] do
            use stranger = new TcpClient("127.0.0.1", shared.Kernel.Ports.Shell)
            stranger.GetStream().Write bytes

        use greedy = new Socket(shared.Kernel.Ports.Shell, "DEALER", "greedy")
        greedy.Raw.Write [| 2uy; 0x7Fuy; 0xFFuy; 0xFFuy; 0xFFuy; 0xFFuy; 0xFFuy; 0xFFuy; 0xFFuy |]
        Assert.Equal("ok", (client.Run "1").Status)

    [<Fact>]
    member _.``the heartbeat answers while a cell runs``() =
        let id = client.Start "Threading.Thread.Sleep 700"
        use heart = new Socket(shared.Kernel.Ports.Heartbeat, "REQ", "")
        heart.Send [ [||]; "ping"B ]
        Assert.Equal<byte[] list>([ [||]; "ping"B ], heart.Receive())
        Assert.Equal("ok", (client.Finish id).Status)

    [<Fact>]
    member _.``an output of five megabytes arrives whole``() =
        let result = client.Run "printf \"%s\" (String('x', 5_000_000))\nHTML(String('y', 5_000_000))"
        Assert.Equal(5_000_000, (result.Printed "stdout").Length)
        Assert.Equal(5_000_000, result.Form("text/html").Value.Length)

    [<Fact>]
    member _.``two hundred thousand lines arrive in few messages``() =
        let result = client.Run "for i in 1 .. 200_000 do Console.WriteLine i"
        let lines = (result.Printed "stdout").Split '\n'
        Assert.Equal(200_001, lines.Length)
        Assert.Equal("200000", lines[199_999])
        Assert.InRange((result.Of "stream").Length, 1, 200)

    [<Fact>]
    member _.``clients come and go``() =
        for i in 1..20 do
            use visitor = shared.Kernel.Connect()
            Assert.Equal(Some(string i), (visitor.Run $"{i}").Form "text/plain")

    [<Fact>]
    member _.``two clients see the same outputs and get their own replies``() =
        use other = shared.Kernel.Connect()
        let mine = client.Start "printfn \"mine\""
        let seen = other.OutputsUntil(mine, fun o -> o.Kind = "stream")
        Assert.Contains(seen, fun o -> o.Kind = "execute_input")
        Assert.Equal("mine\n", (client.Finish mine).Printed "stdout")
        Assert.Equal("theirs\n", (other.Run "printfn \"theirs\"").Printed "stdout")

    [<Fact>]
    member _.``a subscriber that does not read stops nobody``() =
        use stuck = new Socket(shared.Kernel.Ports.IOPub, "SUB", "")
        let result = client.Run "for i in 1 .. 30 do printf \"%s\" (String('z', 1_000_000))"
        Assert.Equal("ok", result.Status)
        Assert.Equal(30_000_000, (result.Printed "stdout").Length)
