namespace BoxTeacher.Workbench

open System
open System.IO
open System.Reflection
open System.Runtime.InteropServices
open BoxTeacher.Torch
open BoxTeacher.Training

/// What the code and the machine are.
module internal Origin =

    let private core = typeof<Recipe>.Assembly

    /// The version that reports state.
    let code =
        core.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
        |> Option.ofObj
        |> Option.map _.InformationalVersion
        |> Option.defaultValue "unknown"

    /// A fingerprint of everything that computes: workbench, core, TorchSharp, libtorch's version and, where the user chose one, its folder.
    let codeFingerprint =
        lazy
            (RunStore.Fingerprint
                [ string (Assembly.GetExecutingAssembly().ManifestModule.ModuleVersionId)
                  string core.ManifestModule.ModuleVersionId
                  string typeof<TorchSharp.torch.Tensor>.Assembly.ManifestModule.ModuleVersionId
                  TorchSharp.torch.__version__
                  Environment.GetEnvironmentVariable TorchRuntime.FolderVariable |> Option.ofObj |> Option.defaultValue "" ])

    /// Processor, cores, memory, system and runtime.
    let machine =
        lazy
            (let processor =
                if File.Exists "/proc/cpuinfo" then
                    File.ReadLines "/proc/cpuinfo"
                    |> Seq.tryFind _.StartsWith("model name")
                    |> Option.map (fun line -> line.Substring(line.IndexOf ':' + 1).Trim())
                else
                    None
                |> Option.defaultValue (string RuntimeInformation.ProcessArchitecture)

             let memory = float (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes) / 1e9

             $"{processor}, {Environment.ProcessorCount} cores, %.0f{memory} GB; {RuntimeInformation.OSDescription}; {RuntimeInformation.FrameworkDescription}")
