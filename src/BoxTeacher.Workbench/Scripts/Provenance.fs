namespace BoxTeacher.Workbench

open System
open System.IO
open System.Reflection
open System.Runtime.InteropServices
open System.Security.Cryptography
open BoxTeacher.Training

/// What the code and the machine are.
module internal Origin =

    let private core = typeof<Recipe>.Assembly
    let private provider = typeof<TorchSharp.torch.Tensor>.Assembly

    /// The version that reports state.
    let code =
        core.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
        |> Option.ofObj
        |> Option.map _.InformationalVersion
        |> Option.defaultValue "unknown"

    /// A fingerprint of everything that computes: workbench, core, the tensor library behind it and their native parts, and
    /// libtorch's version.
    let codeFingerprint =
        lazy
            (let folder = Path.GetDirectoryName core.Location |> Option.ofObj |> Option.defaultValue "."

             let natives =
                 Directory.GetFiles(folder, "libboxteacher_*")
                 |> Array.sort
                 |> Array.map (fun file -> Convert.ToHexString(SHA256.HashData(File.ReadAllBytes file)))

             RunStore.Fingerprint
                 [ string (Assembly.GetExecutingAssembly().ManifestModule.ModuleVersionId)
                   TorchSharp.torch.__version__
                   string core.ManifestModule.ModuleVersionId
                   string provider.ManifestModule.ModuleVersionId
                   yield! natives ])

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
