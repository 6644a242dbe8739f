namespace BoxTeacher.Workbench

open System
open Microsoft.DotNet.Interactive.Formatting

/// The notebook of .NET Interactive that runs this code, if one does.
[<RequireQualifiedAccess>]
module Notebook =

    let private kernel () =
        AppDomain.CurrentDomain.GetAssemblies() |> Array.tryFind (fun assembly -> assembly.GetName().Name = "Microsoft.DotNet.Interactive")

    /// Whether this process is a notebook's kernel.
    let isRunning () = (kernel ()).IsSome

    let private property name (target: obj) =
        target.GetType().GetProperty(name: string) |> Option.ofObj |> Option.bind (fun property -> property.GetValue target |> Option.ofObj)

    /// The text of the running cell.
    let cellText () =
        // By name: a reference to the kernel brings the compilers of all of its languages along.
        kernel ()
        |> Option.bind (fun kernel -> kernel.GetType "Microsoft.DotNet.Interactive.KernelInvocationContext" |> Option.ofObj)
        |> Option.bind (fun context -> context.GetProperty "Current" |> Option.ofObj)
        |> Option.bind (fun current -> current.GetValue null |> Option.ofObj)
        |> Option.bind (property "Command")
        |> Option.bind (property "Code")
        |> Option.map string

    /// Shows a value in the running cell and returns what replaces it by another, from any thread that the cell started.
    /// Raises InvalidOperationException where no notebook is.
    let display (value: obj) : obj -> unit =
        if not (isRunning ()) then
            invalidOp "no notebook runs this code"

        // What Display returns has another id than what it shows; the latter is announced.
        let update = ref ignore
        let listen (shown: DisplayedValue) = if obj.ReferenceEquals(shown.Value, value) then update.Value <- shown.Update
        use _ = Formatter.SubscribeToDisplayedValues(Action<DisplayedValue> listen)
        value.Display() |> ignore
        update.Value
