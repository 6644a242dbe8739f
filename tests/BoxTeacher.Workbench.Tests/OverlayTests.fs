module BoxTeacher.Workbench.Tests.OverlayTests

open System
open System.IO
open Xunit
open BoxTeacher.Data
open BoxTeacher.Evaluation
open BoxTeacher.Masks
open BoxTeacher.Structures
open BoxTeacher.Workbench
open BoxTeacher.Workbench.Tests.MatrixTests

let private image height width =
    Image(Array.init (height * width * 3) (fun i -> byte (i * 7)), height, width)

[<Fact>]
let ``a PNG holds the pixels`` () =
    let picture = image 5 4
    let file = Path.Combine(temporaryFolder (), "picture.png")
    File.WriteAllBytes(file, Overlay.toPng picture)
    let back = ImageFile.Read file
    Assert.Equal((5, 4), (back.Height, back.Width))
    Assert.Equal<byte array>(picture.Pixels, back.Pixels)

[<Fact>]
let ``nothing drawn leaves the enlarged image as it is`` () =
    let picture = image 3 2
    let shown = Overlay.paint 2 [] picture
    Assert.Equal((6, 4), (shown.Height, shown.Width))
    // Pixel (5, 3) of the enlarged image is pixel (2, 1) of the original.
    Assert.Equal<byte array>(picture.Pixels[15..17], shown.Pixels[69..71])

[<Fact>]
let ``a mask tints its own pixels and no other`` () =
    let picture = Image(8, 8)
    let bits = Array.init 64 (fun i -> if i / 8 < 4 then 1uy else 0uy)
    let red = { R = 200uy; G = 0uy; B = 0uy }

    let shown =
        Overlay.paint 1 [ { Box = None; Mask = Some(RunLengthMask.Encode(ReadOnlySpan bits, 8, 8)); Label = ""; Color = red } ] picture

    for i in 0..63 do
        Assert.Equal(bits[i] <> 0uy, shown.Pixels[3 * i] > 0uy)
        Assert.Equal(0uy, shown.Pixels[3 * i + 1])

[<Fact>]
let ``a box has a frame and an empty inside`` () =
    let marking = { Box = Some(Box.FromCorners(2.0, 2.0, 8.0, 8.0)); Mask = None; Label = ""; Color = Overlay.color 0 }
    let shown = Overlay.paint 1 [ marking ] (Image(10, 10))
    let green y x = shown.Pixels[(y * 10 + x) * 3 + 1]
    Assert.True(green 2 2 > 0uy && green 7 7 > 0uy && green 2 5 > 0uy && green 5 7 > 0uy)
    Assert.True((green 5 5 = 0uy) && (green 1 1 = 0uy) && (green 8 8 = 0uy))

[<Fact>]
let ``a label at the edge stays inside the image`` () =
    let marking = { Box = Some(Box.FromCorners(38.0, 0.0, 40.0, 4.0)); Mask = None; Label = "disc 0.97"; Color = Overlay.color 1 }
    let shown = Overlay.paint 1 [ marking ] (Image(20, 64))
    Assert.Contains(shown.Pixels, fun value -> value > 200uy)

[<Fact>]
let ``a mask of another size is refused`` () =
    let mask = RunLengthMask.Encode(ReadOnlySpan(Array.zeroCreate<byte> 4), 2, 2)
    let marking = { Box = None; Mask = Some mask; Label = ""; Color = Overlay.gray }
    let error = Assert.Throws<ArgumentException>(fun () -> Overlay.paint 1 [ marking ] (Image(3, 3)) |> ignore)
    Assert.Contains("2x2", error.Message)

[<Fact>]
let ``images stand side by side`` () =
    let sheet = Overlay.sideBySide 3 { R = 255uy; G = 255uy; B = 255uy } [ Image(2, 2); Image(2, 4) ]
    Assert.Equal((2, 9), (sheet.Height, sheet.Width))
    Assert.Equal<byte list>([ 0uy; 255uy; 0uy ], [ sheet.Pixels[3]; sheet.Pixels[6]; sheet.Pixels[15] ])

[<Fact>]
let ``labels of objects at one place are all readable`` () =
    let at y label = { Box = Some(Box.FromCorners(2.0, y, 30.0, 40.0)); Mask = None; Label = label; Color = Overlay.gray }
    let size (text: string) = 6.0 * float text.Length, 10.0
    let placed = Labels.arrange (60.0, 80.0) 1.0 size [ at 20.0 "first"; at 20.0 ""; at 22.0 "second"; at 21.0 "upper" ] |> List.map snd
    // The uppermost has the place above its box.
    Assert.Equal(11.0, placed[2].Y)

    for a, b in List.allPairs placed placed do
        Assert.True(a = b || a.Y + a.Height <= b.Y || b.Y + b.Height <= a.Y)

    // However many there are, they stay on the picture.
    Assert.All(Labels.arrange (60.0, 80.0) 1.0 size (List.replicate 12 (at 50.0 "x")), fun (_, place) -> Assert.InRange(place.Y, 0.0, 50.0))

[<Fact>]
let ``objects have colors of their own, and texts that can be read on them`` () =
    let colors = List.init 60 Overlay.color
    Assert.Equal(60, (List.distinct colors).Length)

    for color in Overlay.gray :: colors do
        // Contrast as WCAG 2.1 defines it; 4.5 is its demand on texts.
        let luminance (color: Rgb) =
            let linear (part: byte) = (float part / 255.0) ** 2.2
            0.2126 * linear color.R + 0.7152 * linear color.G + 0.0722 * linear color.B

        let ground, ink = luminance color, luminance (Labels.ink color)
        Assert.True((max ground ink + 0.05) / (min ground ink + 0.05) >= 4.5, $"%A{color}")

[<Fact>]
let ``labels that find no place are left out, those of the surest last`` () =
    let at label = { Box = Some(Box.FromCorners(2.0, 20.0, 30.0, 40.0)); Mask = None; Label = label; Color = Overlay.gray }
    let placed = Labels.arrange (40.0, 80.0) 1.0 (fun text -> 6.0 * float text.Length, 10.0) [ for number in 1..9 -> at $"{number}" ]
    Assert.InRange(placed.Length, 1, 4)
    Assert.Equal("9", (fst (List.last placed)).Label)

[<Fact>]
let ``detections carry class and score, on small pictures enlarged`` () =
    let found score x = DetectionResult(1L, 0, score, Box.FromCorners(x, 20.0, x + 20.0, 40.0), null)
    let shown = Overlay.ofDetections (Image(60, 100)) [ Category(1L, "Fußgänger") ] [ found 0.9 5.0; found 0.8 60.0 ]
    Assert.Equal((240, 400), (shown.Height, shown.Width))
    // The surest has the first color: above its box is its label's ground.
    let pixel y x = shown.Pixels[(y * 400 + x) * 3 .. (y * 400 + x) * 3 + 2]
    Assert.True(Array.forall2 (fun a b -> abs (int a - int b) < 40) (pixel 69 21) [| 0x00uy; 0xC2uy; 0xFFuy |], $"%A{pixel 69 21}")
    // A photo stays as large as it is.
    Assert.Equal((600, 1000), (let photo = Overlay.ofDetections (Image(600, 1000)) [] [] in photo.Height, photo.Width))

[<Fact>]
let ``of detections in one place the surest is drawn, whatever its class`` () =
    let found category score x = DetectionResult(1L, category, score, Box.FromCorners(x, 20.0, x + 20.0, 40.0), null)
    let surest = Overlay.surest [ found 1 0.62 6.0; found 0 0.7 60.0; found 0 0.85 5.0 ]
    Assert.Equal<float list>([ 0.85; 0.7 ], [ for one in surest -> one.Score ])
