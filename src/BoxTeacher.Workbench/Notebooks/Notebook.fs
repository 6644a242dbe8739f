namespace BoxTeacher.Workbench

open System
open System.Threading
open Microsoft.AspNetCore.Html

/// Markup that shows itself in a notebook.
type HtmlText = HtmlString

/// The notebook that runs this code, if one does. Its parts are found by their names, in this project's kernel as in .NET
/// Interactive, so that no kernel is referred to.
[<RequireQualifiedAccess>]
module Notebook =

    let private typeOf name =
        AppDomain.CurrentDomain.GetAssemblies() |> Array.tryPick (fun assembly -> assembly.GetType name |> Option.ofObj)

    let private property name (target: obj) =
        target.GetType().GetProperty(name: string) |> Option.ofObj |> Option.bind (fun property -> property.GetValue target |> Option.ofObj)

    /// The running cell; None between cells and where no notebook is.
    let private cell () =
        typeOf "Microsoft.DotNet.Interactive.KernelInvocationContext"
        |> Option.bind (fun context -> context.GetProperty "Current" |> Option.ofObj)
        |> Option.bind (fun current -> current.GetValue null |> Option.ofObj)

    /// Cancelled when the user interrupts the running cell; never cancelled outside of a notebook.
    let cancellation () =
        match cell () |> Option.bind (property "CancellationToken") with
        | Some(:? CancellationToken as token) -> token
        | _ -> CancellationToken.None

    /// The text of the running cell.
    let cellText () =
        match cell () |> Option.bind (property "Command") |> Option.bind (property "Code") with
        | Some(:? string as text) -> Some text
        | _ -> None

    // Some versions of .NET Interactive return a displayed value with another id than that of the output. The one that they
    // announce is right; older versions announce nothing and return the right one.
    let private announced (show: unit -> obj) =
        match typeOf "Microsoft.DotNet.Interactive.Formatting.Formatter" |> Option.bind (fun t -> t.GetMethod "SubscribeToDisplayedValues" |> Option.ofObj) with
        | None -> show ()
        | Some subscribe ->
            let heard: obj option ref = ref None
            let listen = Action<obj>(fun value -> heard.Value <- heard.Value |> Option.orElse (Some value))
            let subscription = nonNull (subscribe.Invoke(null, [| listen |])) :?> IDisposable

            try
                let returned = show ()
                heard.Value |> Option.defaultValue returned
            finally
                subscription.Dispose()

    /// Whether a cell runs now.
    let isRunning () = (cell ()).IsSome

    /// Shows a value in the running cell and returns what replaces it by another, from any thread.
    /// Raises InvalidOperationException where no notebook is.
    let display (value: obj) : obj -> unit =
        if not (isRunning ()) then
            raise (InvalidOperationException "no notebook runs this code")

        let show =
            typeOf "System.DisplayExtensions"
            |> Option.bind (fun extensions -> extensions.GetMethod("Display", [| typeof<obj>; typeof<string array> |]) |> Option.ofObj)
            |> Option.get

        let shown = announced (fun () -> nonNull (show.Invoke(null, [| value; Array.empty<string> |])))
        let update = nonNull (shown.GetType().GetMethod("Update", [| typeof<obj> |]))
        fun other -> update.Invoke(shown, [| other |]) |> ignore
