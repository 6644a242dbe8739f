namespace BoxTeacher.Workbench

open System
open System.Net
open System.Text
open BoxTeacher.Structures

/// The gallery of a report: each image, its truth, and what each variant finds.
[<RequireQualifiedAccess>]
module internal GalleryPage =

    /// Objects below this score are not shown.
    let scoreShown = 0.3

    /// Of the others, so many of the surest are shown; an untrained network finds dozens.
    let objectsShown = 8

    let private escape (text: string) = string (WebUtility.HtmlEncode text)

    let private categoryName (result: AblationResult) index =
        result.Categories |> List.tryItem index |> Option.defaultValue $"class {index}"

    /// A found object has the colour of the true object that its box overlaps most, and is grey when it overlaps none by half.
    let private colourOf (truth: FoundObject list) (found: FoundObject) =
        truth
        |> List.indexed
        |> List.map (fun (index, object) -> Box.IoU(found.Box, object.Box), index)
        |> List.sortByDescending fst
        |> List.tryHead
        |> function
            | Some(overlap, index) when overlap >= 0.5 -> Overlay.colour index
            | _ -> Overlay.grey

    let truthMarkings result (image: GalleryImage) =
        [ for index, object in List.indexed image.Truth ->
              { Box = None
                Mask = object.Mask
                Label = categoryName result object.Category
                Colour = Overlay.colour index } ]

    let foundMarkings result (image: GalleryImage) (found: FoundObject list) =
        let shown =
            found |> List.filter (fun o -> o.Score >= scoreShown) |> List.sortByDescending _.Score |> List.truncate objectsShown

        // The surest is drawn last, on top.
        [ for object in List.rev shown ->
              { Box = None
                Mask = object.Mask
                Label = $"{categoryName result object.Category} {object.Score:F2}"
                Colour = colourOf image.Truth object } ]

    let private picture (image: GalleryImage) caption (markings: Marking list) =
        let elements = markings |> List.map (VectorOverlay.elements image.Height image.Width) |> String.concat ""

        $"<figure><svg viewBox=\"0 0 {image.Width} {image.Height}\" role=\"img\" aria-label=\"{escape caption}\"><use href=\"#image-{image.Id}\"/>{elements}</svg></figure>\n"

    /// The section's HTML; empty when there are no images.
    let html (result: AblationResult) =
        if result.Gallery.IsEmpty then
            ""
        else
            let text = StringBuilder()
            // One run a variant: that of the first seed.
            let shown = [ for variant in result.Variants do match AblationResult.runsOf variant result with run :: _ -> variant, run | [] -> () ]
            let headings = "image" :: "truth" :: List.map fst shown

            text.Append "<svg width=\"0\" height=\"0\" style=\"position:absolute\" aria-hidden=\"true\"><defs>\n" |> ignore

            for image in result.Gallery do
                text.Append($"<image id=\"image-{image.Id}\" width=\"{image.Width}\" height=\"{image.Height}\" href=\"data:{escape image.MimeType};base64,{Convert.ToBase64String image.File}\"/>\n")
                |> ignore

            text.Append $"</defs></svg>\n<div class=\"gallery\" style=\"--columns:{headings.Length}\">\n" |> ignore

            for heading in headings do
                text.Append $"<div class=\"head\">{escape heading}</div>\n" |> ignore

            for image in result.Gallery do
                text.Append(picture image $"image {image.Id}" []) |> ignore
                text.Append(picture image $"image {image.Id}, truth: {image.Truth.Length} objects" (truthMarkings result image)) |> ignore

                for variant, run in shown do
                    let found = run.Found |> List.tryFind (fun (id, _) -> id = image.Id) |> Option.map snd |> Option.defaultValue []
                    let markings = foundMarkings result image found
                    text.Append(picture image $"image {image.Id}, {variant}: {markings.Length} objects" markings) |> ignore

            text.Append "</div>\n" |> ignore
            text.ToString()
