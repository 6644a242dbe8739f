namespace BoxTeacher.Workbench

open BoxTeacher.Augmentation
open BoxTeacher.Data
open BoxTeacher.Detectors
open BoxTeacher.Training

/// Images as a network sees them in tests: resized, neither flipped nor recolored, both views the same.
module internal PlainBatches =

    /// Batches of so many images, in order. The caller disposes each.
    let ofImages (recipe: Recipe) supervision size (images: ImageRecord list) =
        let geometry = GeometryAugmentation([| recipe.Augmentation.TestShortEdge |], recipe.Augmentation.TestMaxSize, 0.0)

        let order: System.Collections.Generic.IReadOnlyList<SampleKey> list =
            [ for chunk in List.chunkBySize size (List.indexed images) -> [| for index, _ in chunk -> SampleKey(index, 0) |] ]

        BatchLoader(Array.ofList images, order, SampleMaker(geometry, null, supervision), recipe.Detector.Pixels, 0UL).Batches(0)
        |> Seq.zip (List.chunkBySize size images)
