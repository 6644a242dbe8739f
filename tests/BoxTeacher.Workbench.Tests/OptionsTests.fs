module BoxTeacher.Workbench.Tests.OptionsTests

open System
open System.Diagnostics
open Xunit
open BoxTeacher.Data
open BoxTeacher.Workbench

let private parse arguments = ExperimentOptions.parse "experiments/some-name.fsx" arguments

[<Fact>]
let ``no options are shapes, all cores, and a folder named after the script`` () =
    let options = parse []
    Assert.Equal(DataChoice.Shapes, options.Data)
    Assert.Equal(Environment.ProcessorCount, options.Parallel)
    Assert.Equal("runs/some-name", options.Out.Replace('\\', '/'))
    Assert.Equal((false, None, None), (options.Quick, options.Seeds, options.Iterations))
    Assert.Equal((None, None), (options.Threads, options.Device))

[<Fact>]
let ``every option arrives`` () =
    let options =
        parse [ "--quick"; "--data"; "pennfudan"; "--source"; "/a b/Ped"; "--seeds"; "5"; "--iterations"; "70"; "--parallel"; "3"; "--threads"; "2"; "--device"; "cuda:1"; "--out"; "o"; "--data-root"; "d" ]

    Assert.Equal(DataChoice.PennFudan "/a b/Ped", options.Data)
    Assert.Equal((true, Some 5, Some 70, 3), (options.Quick, options.Seeds, options.Iterations, options.Parallel))
    Assert.Equal((Some 2, Some "cuda:1"), (options.Threads, options.Device |> Option.map string))
    Assert.Equal(("o", "d"), (options.Out, options.DataRoot))
    Assert.Contains("--source '/a b/Ped'", options.Command)
    Assert.StartsWith("dotnet fsi experiments/some-name.fsx --quick", options.Command)

[<Fact>]
let ``photos have a place where they are looked for`` () =
    Assert.Equal(DataChoice.PennFudan(IO.Path.Combine("data", "PennFudanPed")), (parse [ "--data"; "pennfudan" ]).Data)

[<Theory>]
[<InlineData("--seeds", "0")>]
[<InlineData("--seeds", "x")>]
[<InlineData("--threads", "0")>]
[<InlineData("--threads", "two")>]
[<InlineData("--device", "gpu")>]
[<InlineData("--device", "cuda:-1")>]
[<InlineData("--data", "coco")>]
[<InlineData("--source", "x")>]
[<InlineData("--nonsense", "x")>]
let ``what makes no sense is refused by name`` (option: string) (value: string) =
    let error = Assert.Throws<CommandLineException>(fun () -> parse [ option; value ] |> ignore)
    Assert.Contains(option, error.Message)
    if option <> "--source" && option <> "--nonsense" then Assert.Contains($"'{value}'", error.Message)

[<Fact>]
let ``a value that is missing is named`` () =
    let error = Assert.Throws<CommandLineException>(fun () -> parse [ "--quick"; "--out" ] |> ignore)
    Assert.Contains("--out needs a value", error.Message)

    for option in [ "--threads"; "--device" ] do
        Assert.Contains($"{option} needs a value", Assert.Throws<CommandLineException>(fun () -> parse [ option ] |> ignore).Message)

[<Fact>]
let ``devices are those that a recipe names`` () =
    for name in [ "cpu"; "cuda"; "cuda:3" ] do
        Assert.Equal(Some name, (parse [ "--device"; name ]).Device |> Option.map string)

    let error = Assert.Throws<CommandLineException>(fun () -> parse [ "--device"; "gpu" ] |> ignore)
    Assert.Contains("cpu, cuda and cuda:N", error.Message)

let private own = [ "--train-json"; "a b/train.json"; "--train-images"; "train"; "--val-json"; "/v/val.json"; "--val-images"; "/v/val" ]

[<Fact>]
let ``data of one's own take the place of a recipe's, as full paths`` () =
    let expected =
        { TrainAnnotations = IO.Path.GetFullPath "a b/train.json"
          TrainImages = IO.Path.GetFullPath "train"
          ValidationAnnotations = "/v/val.json"
          ValidationImages = "/v/val"
          Unlabelled = None }

    Assert.Equal(DataChoice.Own(expected, DataChoice.Shapes), (parse own).Data)

    match (parse ("--data" :: "pennfudan" :: own)).Data with
    | DataChoice.Own(data, DataChoice.PennFudan _) as choice ->
        Assert.Equal(expected, data)
        let recipe, photos = Recipe.boxTeacher choice, Recipe.boxTeacher (DataChoice.PennFudan "")
        Assert.Equal((expected.TrainAnnotations, expected.TrainImages), (recipe.Dataset.TrainAnnotations, recipe.Dataset.TrainImages))
        Assert.Equal((expected.ValidationAnnotations, expected.ValidationImages), (recipe.Dataset.ValidationAnnotations, recipe.Dataset.ValidationImages))
        Assert.Equal((photos.Method, photos.Budget), (recipe.Method, recipe.Budget))
    | other -> Assert.Fail $"{other}"

[<Fact>]
let ``of data of one's own nothing may be missing`` () =
    for index in 0..3 do
        let error = Assert.Throws<CommandLineException>(fun () -> parse (List.removeManyAt (2 * index) 2 own) |> ignore)
        Assert.StartsWith(own[2 * index], error.Message)
        Assert.Contains($"{own[2 * index]} is missing", error.Message)

[<Fact>]
let ``a command in a report is read by a shell as it was given`` () =
    let words = [ "boxteacher"; "--gt"; "my photos/gt.json"; "it's"; "$HOME"; "photos/**/*.jpg"; ""; "a=1" ]
    let command = CommandText.ofWords words
    let start = ProcessStartInfo("sh", [ "-c"; $"boxteacher() {{ printf '%%s\\n' \"$@\"; }}; {command}" ], RedirectStandardOutput = true)
    use shell = nonNull (Process.Start start)
    Assert.Equal(String.concat "\n" (List.tail words) + "\n", shell.StandardOutput.ReadToEnd())
    Assert.StartsWith("boxteacher --gt 'my photos/gt.json'", command)
