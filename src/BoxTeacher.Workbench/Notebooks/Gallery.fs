namespace BoxTeacher.Workbench

open System
open System.IO
open BoxTeacher.Data
open BoxTeacher.Methods
open BoxTeacher.Structures

/// Galleries of images with what is known and found in them. Every picture is enlarged by a whole factor; an object keeps its
/// color from column to column.
[<RequireQualifiedAccess>]
module Gallery =

    /// So many images of a data set, evenly spaced.
    let evenly count (dataset: InstanceDataset) = RunTraining.galleryImages count dataset

    let private truthOf (record: ImageRecord) = (RunTraining.galleryImage record).Truth

    let private paint scale (image: Image) objects (colorOf: int -> FoundObject -> Rgb) (label: FoundObject -> string) (showBox, showMask) =
        let markings =
            [ for index, object in List.indexed objects ->
                  { Box = if showBox || object.Mask.IsNone then Some object.Box else None
                    Mask = if showMask then object.Mask else None
                    Label = label object
                    Color = colorOf index object } ]

        Overlay.paint scale markings image

    let private truth scale image categories objects show =
        paint scale image objects (fun index _ -> Overlay.color index) (fun object -> List.item object.Category categories) show

    let private found scale image truth objects =
        paint scale image objects (fun _ object -> GalleryPage.colorOf truth object) (fun object -> $"%.2f{object.Score}") (false, true)

    /// The surest detections of an image, as reports show them.
    let private shown objects = GalleryPage.shown objects |> List.rev

    let private names (categories: Category seq) = [ for category in categories -> category.Name ]

    /// Labelled images in so many columns, with boxes and categories; masks are drawn where they are known and wanted.
    let labels scale columns showMasks (dataset: InstanceDataset) (images: ImageRecord list) =
        let painted =
            [ for record in images ->
                  truth scale (ImageFile.Read record.FileName) (names dataset.Categories) (truthOf record) (not showMasks, showMasks) ]

        let rows = List.chunkBySize columns painted
        let blank = Image(1, 1)
        let full = rows |> List.map (fun row -> row @ List.replicate (columns - row.Length) blank)
        Picture.grid (List.replicate columns "") full

    /// Each image with its boxes, its true masks, the teacher's pseudo-labels with their confidences, and what the student
    /// finds with its scores. Without a teacher there is no such column.
    let ofTrained scale (trained: Trained) (images: ImageRecord list) =
        let categories = names trained.Validation.Categories
        let pseudo = trained.PseudoLabels images |> List.map snd
        let detected = trained.DetectByStudent images |> List.map snd

        let rows =
            [ for index, record in List.indexed images ->
                  let image = ImageFile.Read record.FileName
                  let objects = truthOf record

                  [ truth scale image categories objects (true, false)
                    truth scale image categories objects (false, true)
                    if not pseudo.IsEmpty then found scale image objects pseudo[index]
                    found scale image objects (shown detected[index]) ] ]

        Picture.grid [ "image, boxes"; "truth"; if not pseudo.IsEmpty then "pseudo-label"; "student" ] rows

    /// The images with the largest losses on their own: boxes, truth, what the evaluated network finds, and the loss.
    let worst scale count (trained: Trained) (images: ImageRecord list) =
        let losses = trained.Losses images |> List.truncate count
        let detected = trained.Detect [ for loss in losses -> loss.Image ] |> List.map snd
        let categories = names trained.Validation.Categories

        let rows =
            [ for loss, objects in List.zip losses detected ->
                  let image = ImageFile.Read loss.Image.FileName
                  let truths = truthOf loss.Image
                  let boxes = truth scale image categories truths (true, false)
                  Overlay.caption boxes $"loss %.2f{loss.Total}"
                  [ boxes; truth scale image categories truths (false, true); found scale image truths (shown objects) ] ]

        Picture.grid [ "largest losses"; "truth"; "found" ] rows

    // The core reads images from files.
    let private decoded (item: GalleryImage) =
        let extension = if item.MimeType = "image/png" then ".png" else ".jpg"
        let file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}{extension}")

        try
            File.WriteAllBytes(file, item.File)
            ImageFile.Read file
        finally
            File.Delete file

    /// The images of an ablation's gallery, the truth, and what each variant finds (its first seed).
    let ofResult scale (result: AblationResult) =
        let runs = [ for variant in result.Variants do match AblationResult.runsOf variant result with run :: _ -> variant, run | [] -> () ]

        let rows =
            [ for item in result.Gallery ->
                  let image = decoded item

                  [ Overlay.enlarge scale image
                    truth scale image result.Categories item.Truth (false, true)
                    for _, run in runs do
                        let objects = run.Found |> List.tryFind (fun (id, _) -> id = item.Id) |> Option.map snd |> Option.defaultValue []
                        found scale image item.Truth (shown objects) ] ]

        Picture.grid ("image" :: "truth" :: List.map fst runs) rows
