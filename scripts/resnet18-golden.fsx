// What ONNX Runtime makes of ResNet18.onnx after each stage:  dotnet fsi scripts/resnet18-golden.fsx data/pretrained/ResNet18.onnx
// It writes tests/BoxTeacher.Core.Tests/fixtures/weights/resnet18-stages.json, to which ResNet18Tests holds the backbone. ONNX Runtime is a
// download of 160 MB, so the tests have these numbers in its place.
#r "nuget: Microsoft.ML.OnnxRuntime, 1.31.1"
open System
open System.IO
open System.Text
open System.Text.Json
open Microsoft.ML.OnnxRuntime

let stages = [ "ReLU283_Output_0"; "ReLU315_Output_0"; "ReLU347_Output_0"; "ReLU393_Output_0" ]
let side = 224
let kept = 500

// Protocol buffers merge a message that stands in a file twice: a second graph (field 7) that has outputs alone (field 12, its name 1) adds them.
let varint (value: int) =
    let rec bytes n = if n < 128 then [ byte n ] else byte (n % 128 + 128) :: bytes (n / 128)
    bytes value |> List.toArray

let embedded (field: int) (content: byte[]) = Array.concat [ varint (field * 8 + 2); varint content.Length; content ]
let outputs = stages |> List.map (fun name -> embedded 12 (embedded 1 (Encoding.UTF8.GetBytes name))) |> Array.concat
let model = Array.append (File.ReadAllBytes fsi.CommandLineArgs[1]) (embedded 7 outputs)

// ResNet18Tests.Image makes the same: values -128..127 of a linear congruential generator.
let image =
    let mutable state = 1u
    Array.init (3 * side * side) (fun _ ->
        state <- state * 1664525u + 1013904223u
        float32 (int (state >>> 24) - 128))

let session = new InferenceSession(model)
let input = OrtValue.CreateTensorValueFromMemory(image, [| 1L; 3L; int64 side; int64 side |])
let results = session.Run(new RunOptions(), [| Seq.head session.InputMetadata.Keys |], [| input |], stages)

let golden =
    [ for result in results ->
          let values = result.GetTensorDataAsSpan<float32>().ToArray()
          let step = values.Length / kept
          {| shape = result.GetTensorTypeAndShape().Shape
             largest = Array.max values
             step = step
             values = [ for i in 0 .. kept - 1 -> values[i * step] ] |} ]

let target = Path.Combine(__SOURCE_DIRECTORY__, "../tests/BoxTeacher.Core.Tests/fixtures/weights/resnet18-stages.json")
File.WriteAllText(target, JsonSerializer.Serialize golden + "\n")
