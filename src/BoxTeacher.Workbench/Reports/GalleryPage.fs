namespace BoxTeacher.Workbench

open System
open System.Text
open BoxTeacher.Data
open BoxTeacher.Structures

/// The gallery of a report: each image, its truth, and what each variant finds.
[<RequireQualifiedAccess>]
module internal GalleryPage =

    /// Objects below this score are not shown.
    let scoreShown = 0.3

    /// Of the others, so many of the surest are shown; an untrained network finds dozens.
    let objectsShown = 5

    let private escape = BoxTeacher.Properties.Html.escape

    let private categoryName (result: AblationResult) index =
        result.Categories |> List.tryItem index |> Option.defaultValue $"class {index}"

    /// A found object has the color of the true object that its box overlaps most, and is gray when it overlaps none by half.
    let colorOf (truth: FoundObject list) (found: FoundObject) =
        truth
        |> List.indexed
        |> List.map (fun (index, object) -> Box.IoU(found.Box, object.Box), index)
        |> List.sortByDescending fst
        |> List.tryHead
        |> function
            | Some(overlap, index) when overlap >= 0.5 -> Overlay.color index
            | _ -> Overlay.gray

    /// An object by its mask, or by its box where nobody made one.
    let private marking (object: FoundObject) label color =
        { Box = if object.Mask.IsNone then Some object.Box else None
          Mask = object.Mask
          Label = label
          Color = color }

    let truthMarkings result (image: GalleryImage) =
        [ for index, object in List.indexed image.Truth -> marking object (categoryName result object.Category) (Overlay.color index) ]

    /// The surest of what was found, as far as it is shown: one of several in the same place, of whatever classes.
    let shown (found: FoundObject list) =
        found
        |> List.filter (fun o -> o.Score >= scoreShown)
        |> Overlay.surestBy _.Score _.Box
        |> List.truncate objectsShown

    let foundMarkings result (image: GalleryImage) (found: FoundObject list) =
        // The surest is drawn last, on top.
        [ for object in List.rev (shown found) ->
              marking object $"{categoryName result object.Category} %.2f{object.Score}" (colorOf image.Truth object) ]

    let boxMarkings result (image: GalleryImage) =
        [ for index, object in List.indexed image.Truth ->
              { Box = Some object.Box
                Mask = None
                Label = categoryName result object.Category
                Color = Overlay.color index } ]

    /// Pseudo-labels in the colors of the objects that they stand for, with the confidence as a label.
    let pseudoMarkings (image: GalleryImage) (labels: FoundObject list) =
        [ for label in labels -> marking label $"%.2f{label.Score}" (colorOf image.Truth label) ]

    let private picture (image: GalleryImage) caption (markings: Marking list) =
        let elements = VectorOverlay.elements image.Height image.Width markings

        $"<figure><svg viewBox=\"0 0 {image.Width} {image.Height}\" role=\"img\" aria-label=\"{escape caption}\"><use href=\"#image-{image.Id}\"/>{elements}</svg></figure>\n"

    /// A grid with an image a row and a column for each heading; markings are found by image.
    let private grid (columns: (string * (GalleryImage -> Marking list)) list) (images: GalleryImage list) =
        let text = StringBuilder()
        text.Append $"<div class=\"gallery\" style=\"--columns:{columns.Length}\">\n" |> ignore

        for heading, _ in columns do
            text.Append $"<div class=\"head\">{escape heading}</div>\n" |> ignore

        for image in images do
            for heading, markings in columns do
                text.Append(picture image $"image {image.Id}, {heading}" (markings image)) |> ignore

        text.Append("</div>\n").ToString()

    let private ofImage (image: GalleryImage) objects =
        objects |> List.tryFind (fun (id, _) -> id = image.Id) |> Option.map snd |> Option.defaultValue []

    // One run a variant: that of the first seed.
    let private firstRuns (result: AblationResult) =
        [ for variant in result.Variants do match AblationResult.runsOf variant result with run :: _ -> variant, run | [] -> () ]

    /// The images, the truth and what each variant finds, with the images' files; empty when there are no images.
    let html (result: AblationResult) =
        if result.Gallery.IsEmpty then
            ""
        else
            let files = StringBuilder "<svg width=\"0\" height=\"0\" style=\"position:absolute\" aria-hidden=\"true\"><defs>\n"

            for image in result.Gallery do
                files.Append($"<image id=\"image-{image.Id}\" width=\"{image.Width}\" height=\"{image.Height}\" href=\"data:{escape image.MimeType};base64,{Convert.ToBase64String image.File}\"/>\n")
                |> ignore

            files.Append "</defs></svg>\n" |> ignore

            files.ToString()
            + grid
                (("image", fun _ -> [])
                 :: ("truth", truthMarkings result)
                 :: [ for variant, run in firstRuns result -> variant, fun image -> foundMarkings result image (ofImage image run.Found) ])
                result.Gallery

    /// The true boxes, and the pseudo-labels of each variant's teacher; empty when no variant has a teacher. It uses the files that html
    /// defines.
    let pseudoLabels (result: AblationResult) =
        match firstRuns result |> List.filter (fun (_, run) -> not run.Pseudo.IsEmpty) with
        | [] -> ""
        | taught ->
            grid
                (("boxes", boxMarkings result)
                 :: [ for variant, run in taught -> variant, fun image -> pseudoMarkings image (ofImage image run.Pseudo) ])
                result.Gallery
