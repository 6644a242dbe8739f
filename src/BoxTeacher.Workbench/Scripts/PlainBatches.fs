namespace BoxTeacher.Workbench

open System.Collections.Generic
open TorchSharp
open BoxTeacher.Augmentation
open BoxTeacher.Data
open BoxTeacher.Detectors
open BoxTeacher.Structures
open BoxTeacher.Training

/// Images as a network sees them in tests: resized, neither flipped nor recolored, both views the same.
module internal PlainBatches =

    /// Batches of so many images, in order, on a device. Tensors belong to the dispose scope in which a batch is asked for.
    let ofImages (recipe: Recipe) supervision (device: torch.Device) size (images: ImageRecord list) =
        let geometry = GeometryAugmentation([| recipe.Augmentation.TestShortEdge |], recipe.Augmentation.TestMaxSize, 0.0)
        let order: IReadOnlyList<SampleKey> list = [ for chunk in List.chunkBySize size (List.indexed images) -> [| for index, _ in chunk -> SampleKey(index, 0) |] ]
        let maker = SampleMakers.SharedGeometry(geometry, null)

        ViewLoader(Array.ofList images, order, maker, supervision, recipe.Detector.Pixels, RandomStream 0UL, device).Views(0L)
        |> Seq.map Batch
        |> Seq.zip (List.chunkBySize size images)
