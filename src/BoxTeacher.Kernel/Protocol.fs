namespace BoxTeacher.Kernel

open System.Text.Json
open System.Text.Json.Nodes

/// A cell to run, as the client asks for it.
type internal ExecuteRequest =
    { Code: string
      /// Nothing is published and nothing counted.
      Silent: bool
      StoreHistory: bool
      /// The client can answer a question to the user.
      AllowStdin: bool
      /// Cells that wait behind this one are given up when it fails.
      StopOnError: bool
      /// What the client wants to know besides, once the cell has succeeded: names with expressions.
      Expressions: (string * string) list }

/// Which part of the history is asked for.
type internal HistoryRange =
    | Tail of count: int
    | Range of start: int * stop: int
    | Search of pattern: string * count: int

/// A cell that was run and counted.
type internal Past =
    { Line: int
      Code: string
      /// The cell's value as text.
      Output: string option }

/// What a client can ask on the shell and control sockets.
type internal Request =
    | KernelInfo
    | Execute of ExecuteRequest
    | Completion of code: string * cursor: int
    | Inspection of code: string * cursor: int
    | CompletenessCheck of code: string
    | History of HistoryRange * withOutput: bool
    | CommInfo
    | Interrupt
    | Shutdown of restart: bool
    /// The content lacks what its kind of request is about.
    | Malformed of reason: string
    | Unknown of kind: string

/// An error as Jupyter shows it.
type internal Failure =
    { Name: string
      Value: string
      Traceback: string list }

module internal Protocol =

    let parse (message: Message) =
        let content = message.Content
        let cursor = Json.intOr 0 "cursor_pos" content

        let about (request: string -> Request) =
            match Json.tryText "code" content with
            | Some code -> request code
            | None -> Malformed "The request has no text under 'code'."

        let execute code =
            let silent = Json.flagOr false "silent" content

            Execute
                { Code = code
                  Silent = silent
                  StoreHistory = not silent && Json.flagOr true "store_history" content
                  AllowStdin = Json.flagOr true "allow_stdin" content
                  StopOnError = Json.flagOr true "stop_on_error" content
                  Expressions = Json.textsOf "user_expressions" content }

        match message.Kind with
        | "kernel_info_request" -> KernelInfo
        | "execute_request" -> about execute
        | "complete_request" -> about (fun code -> Completion(code, cursor))
        | "inspect_request" -> about (fun code -> Inspection(code, cursor))
        | "is_complete_request" -> about CompletenessCheck
        | "history_request" ->
            let count = Json.intOr 10 "n" content |> max 0

            let range =
                match Json.textOr "tail" "hist_access_type" content with
                | "range" -> Range(Json.intOr 0 "start" content, Json.intOr System.Int32.MaxValue "stop" content)
                | "search" -> Search(Json.textOr "*" "pattern" content, count)
                | _ -> Tail count

            History(range, Json.flagOr false "output" content)
        | "comm_info_request" -> CommInfo
        | "interrupt_request" -> Interrupt
        | "shutdown_request" -> Shutdown(Json.flagOr false "restart" content)
        | kind -> Unknown kind

    let private ok pairs = Json.fields (("status", Json.text "ok") :: pairs)

    let empty () = ok []

    let kernelInfo (version: string) =
        ok
            [ "protocol_version", Json.text Wire.protocolVersion
              "implementation", Json.text "boxteacher-fsharp"
              "implementation_version", Json.text version
              "banner", Json.text $"F# on .NET {System.Environment.Version}"
              "language_info",
              Json.node
                  [ "name", Json.text "F#"
                    "version", Json.text "10.0"
                    "mimetype", Json.text "text/x-fsharp"
                    "file_extension", Json.text ".fs"
                    "pygments_lexer", Json.text "fsharp"
                    "codemirror_mode", Json.text "text/x-fsharp" ]
              "help_links",
              Json.list
                  [ Json.node
                        [ "text", Json.text "F# documentation"
                          "url", Json.text "https://learn.microsoft.com/dotnet/fsharp/" ] ] ]

    let private problem (failure: Failure) =
        [ "ename", Json.text failure.Name
          "evalue", Json.text failure.Value
          "traceback", Json.texts failure.Traceback ]

    /// The content of an `error` output.
    let error failure = Json.fields (problem failure)

    /// The answer to a request that could not be answered.
    let failed failure =
        Json.fields (("status", Json.text "error") :: problem failure)

    /// One value in several forms. JSON forms travel as JSON, all others as text.
    let private data (forms: (string * string) seq) =
        let body (mime: string) (value: string) : JsonNode =
            if mime = "application/json" || mime.EndsWith "+json" then
                try
                    JsonNode.Parse value
                with :? JsonException ->
                    Json.text value
            else
                Json.text value

        forms |> Seq.distinctBy fst |> Seq.map (fun (mime, value) -> mime, body mime value) |> Json.node

    /// The answer to a cell that succeeded, with the values of the expressions that were asked for.
    let executed (count: int) (expressions: (string * Result<(string * string) list, Failure>) list) =
        let value result : JsonNode =
            match result with
            | Ok forms -> ok [ "data", data forms; "metadata", Json.node [] ]
            | Error failure -> failed failure

        ok
            [ "execution_count", Json.number count
              "payload", Json.list []
              "user_expressions", expressions |> Seq.map (fun (name, result) -> name, value result) |> Json.node ]

    /// The answer to a cell that failed.
    let executionFailed (count: int) failure =
        let content = failed failure
        content.Add("execution_count", Json.number count)
        content

    /// The answer to a cell that is not run because one before it failed.
    let aborted () = Json.fields [ "status", Json.text "aborted" ]

    let status (state: string) = Json.fields [ "execution_state", Json.text state ]

    let stream (name: string) (text: string) =
        Json.fields [ "name", Json.text name; "text", Json.text text ]

    let executeInput (code: string) (count: int) =
        Json.fields [ "code", Json.text code; "execution_count", Json.number count ]

    let completions (matches: (string * string) list) first last =
        let typed (name: string, kind: string) =
            Json.node
                [ "text", Json.text name
                  "type", Json.text kind
                  "start", Json.number first
                  "end", Json.number last ]

        ok
            [ "matches", matches |> Seq.map fst |> Json.texts
              "cursor_start", Json.number first
              "cursor_end", Json.number last
              "metadata", Json.node [ "_jupyter_types_experimental", matches |> Seq.map typed |> Json.list ] ]

    let inspection (documentation: (string * string) list) =
        ok
            [ "found", Json.flag (not documentation.IsEmpty)
              "data", documentation |> Seq.map (fun (mime, body) -> mime, Json.text body) |> Json.node
              "metadata", Json.node [] ]

    let history withOutput (entries: Past seq) =
        let entry (past: Past) =
            let code = Json.text past.Code
            let output = past.Output |> Option.map Json.text |> Option.toObj
            let content = if withOutput then Json.list [ code; output ] else code
            Json.list [ Json.number 0; Json.number past.Line; content ]

        ok [ "history", entries |> Seq.map entry |> Json.list ]

    let noComms () = ok [ "comms", Json.node [] ]

    let shutdown restart = ok [ "restart", Json.flag restart ]

    let inputRequest (prompt: string) password =
        Json.fields [ "prompt", Json.text prompt; "password", Json.flag password ]

    let result count forms =
        Json.fields [ "execution_count", Json.number count; "data", data forms; "metadata", Json.node [] ]

    /// The content of `display_data` and `update_display_data`.
    let display (id: string) forms =
        Json.fields
            [ "data", data forms
              "metadata", Json.node []
              "transient", Json.node [ "display_id", Json.text id ] ]
