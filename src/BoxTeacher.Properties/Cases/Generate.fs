namespace BoxTeacher.Properties

open System
open FsCheck
open FsCheck.FSharp
open BoxTeacher.Data
open BoxTeacher.Structures

/// Shapes that true masks have.
[<RequireQualifiedAccess>]
type Shape =
    | Empty
    | Full
    | Pixel
    | Rectangle
    /// Overlapping discs.
    | Blob
    /// Each pixel by itself.
    | Noise

/// What predicted logits look like.
[<RequireQualifiedAccess>]
type Prediction =
    /// Within +-4, each pixel by itself.
    | Moderate
    /// Within +-0.01.
    | Undecided
    /// +-50, 0 and moderate ones side by side.
    | Wild
    /// The same everywhere: 50, -50 or 0.
    | Uniform
    /// About the truth, as of a trained network.
    | Trained
    /// The truth with certainty: +-50.
    | Certain

/// How a predicted box lies to the true one.
[<RequireQualifiedAccess>]
type Relation =
    | Same
    /// They overlap, and may be of very different shape.
    | Across
    | Inside
    | Around
    /// A common edge and no common area.
    | Touching
    | Apart
    /// The prediction has no extent.
    | NoExtent

/// Generators. Sizes grow with FsCheck's size: sides of masks up to 8 pixels, up to 3 objects.
[<RequireQualifiedAccess>]
module Generate =

    /// A number in [low, high] with at most three decimals.
    let number (low: float) (high: float) =
        Gen.choose (int (ceil (low * 1000.0)), int (floor (high * 1000.0))) |> Gen.map (fun k -> float k / 1000.0)

    /// Height and width of a small image.
    let size: Gen<ImageSize> =
        Gen.sized (fun size ->
            let side = Gen.choose (1, 1 + min 7 (size / 12))
            Gen.map2 (fun height width -> ImageSize(height, width)) side side)

    let private grid (size: ImageSize) (value: Gen<float>) =
        value
        |> Gen.arrayOfLength (size.Height * size.Width)
        |> Gen.map (fun values -> { Height = size.Height; Width = size.Width; Values = values })

    let private interval length = Gen.map2 (fun a b -> min a b, max a b) (Gen.choose (0, length - 1)) (Gen.choose (0, length - 1))

    /// A binary mask of a shape.
    let shape (size: ImageSize) (shape: Shape) : Gen<Grid> =
        let within = Grid.init size.Height size.Width

        match shape with
        | Shape.Empty -> Gen.constant (within (fun _ _ -> 0.0))
        | Shape.Full -> Gen.constant (within (fun _ _ -> 1.0))
        | Shape.Noise -> grid size (Gen.elements [ 0.0; 1.0 ])
        | Shape.Pixel ->
            Gen.map2
                (fun top left -> within (fun y x -> if y = top && x = left then 1.0 else 0.0))
                (Gen.choose (0, size.Height - 1))
                (Gen.choose (0, size.Width - 1))
        | Shape.Rectangle ->
            Gen.map2
                (fun (top, bottom) (left, right) ->
                    within (fun y x -> if y >= top && y <= bottom && x >= left && x <= right then 1.0 else 0.0))
                (interval size.Height)
                (interval size.Width)
        | Shape.Blob ->
            gen {
                let! count = Gen.choose (1, 3)
                let disc = Gen.zip3 (number 0.0 (float size.Height)) (number 0.0 (float size.Width)) (number 0.8 3.0)
                let! discs = Gen.listOfLength count disc
                let covers y x (cy, cx, radius) = (float y + 0.5 - cy) ** 2.0 + (float x + 0.5 - cx) ** 2.0 <= radius * radius
                return within (fun y x -> if List.exists (covers y x) discs then 1.0 else 0.0)
            }

    /// A mask of any shape, each pixel 0 or 1.
    let binaryMask (size: ImageSize) =
        Gen.frequency
            [ 2, Gen.constant Shape.Empty; 1, Gen.constant Shape.Full; 1, Gen.constant Shape.Pixel
              3, Gen.constant Shape.Rectangle; 3, Gen.constant Shape.Blob; 2, Gen.constant Shape.Noise ]
        |> Gen.bind (shape size)

    /// A mask with values between 0 and 1: a shape with soft edges, or each pixel by itself.
    let softMask (size: ImageSize) =
        let soften (mask: Grid) =
            Grid.init mask.Height mask.Width (fun y x ->
                let near =
                    [ for v in max 0 (y - 1) .. min (mask.Height - 1) (y + 1) do
                          for u in max 0 (x - 1) .. min (mask.Width - 1) (x + 1) do
                              mask[v, u] ]
                Math.Round(List.average near, 2))

        Gen.oneof [ binaryMask size |> Gen.map soften; grid size (number 0.0 1.0) ]

    /// A mask: mostly binary.
    let mask size = Gen.frequency [ 3, binaryMask size; 1, softMask size ]

    /// Logits of a kind for a mask.
    let logitsOf (mask: Grid) (prediction: Prediction) : Gen<Grid> =
        let size = ImageSize(mask.Height, mask.Width)
        let moderate = number -4.0 4.0

        match prediction with
        | Prediction.Moderate -> grid size moderate
        | Prediction.Undecided -> grid size (number -0.01 0.01)
        | Prediction.Wild -> grid size (Gen.frequency [ 3, moderate; 1, Gen.constant 50.0; 1, Gen.constant -50.0; 1, Gen.constant 0.0 ])
        | Prediction.Uniform -> Gen.elements [ 50.0; -50.0; 0.0 ] |> Gen.map (fun x -> Grid.constant size.Height size.Width x)
        | Prediction.Certain -> Gen.constant (mask |> Grid.map (fun t -> 50.0 * (2.0 * t - 1.0)))
        | Prediction.Trained -> grid size moderate |> Gen.map (Grid.map2 (fun t noise -> 6.0 * (2.0 * t - 1.0) + noise) mask)

    /// Logits for a mask: any of them.
    let logits (mask: Grid) =
        Gen.frequency
            [ 3, Gen.constant Prediction.Moderate; 1, Gen.constant Prediction.Undecided; 2, Gen.constant Prediction.Wild
              2, Gen.constant Prediction.Uniform; 2, Gen.constant Prediction.Trained; 2, Gen.constant Prediction.Certain ]
        |> Gen.bind (logitsOf mask)

    /// The weight of an object: often 1, sometimes 0, else up to 2.
    let weight = Gen.frequency [ 3, Gen.constant 1.0; 1, Gen.constant 0.0; 2, number 0.001 2.0 ]

    /// An object on an image of a size.
    let instance (size: ImageSize) =
        gen {
            let! mask = mask size
            let! logits = logits mask
            let! weight = weight
            let! category = Gen.choose (0, 79)
            return { Class = category; Mask = mask; Logits = logits; Weight = weight }
        }

    let private several (item: Gen<'a>) =
        Gen.sized (fun size -> Gen.choose (1, 1 + min 2 (size / 25)) |> Gen.bind (fun count -> Gen.listOfLength count item))

    /// An image's size with its objects.
    let target =
        gen {
            let! size = size
            let! instances = several (instance size)
            return { Size = size; Instances = instances }
        }

    /// A picture of a size: of one color, of two, of a run of colors, or of noise.
    let image (size: ImageSize) =
        let color = Gen.arrayOfLength 3 (Gen.choose (0, 255) |> Gen.map byte)
        let paint (pixel: int -> int -> byte array) =
            Image(Array.concat [ for y in 0 .. size.Height - 1 do for x in 0 .. size.Width - 1 -> pixel y x ], size.Height, size.Width)

        Gen.oneof
            [ color |> Gen.map (fun c -> paint (fun _ _ -> c))
              Gen.map3 (fun a b (mask: Grid) -> paint (fun y x -> if mask[y, x] > 0.0 then a else b)) color color (binaryMask size)
              Gen.map2 (fun (a: byte array) (b: byte array) ->
                  paint (fun y x ->
                      let share = float (y + x) / float (max 1 (size.Height + size.Width - 2))
                      Array.map2 (fun (p: byte) (q: byte) -> byte (float p + share * (float q - float p))) a b)) color color
              Gen.arrayOfLength (size.Height * size.Width) color |> Gen.map (fun pixels -> paint (fun y x -> pixels[y * size.Width + x])) ]

    /// The length of a box's side: up to 12, and as often very small.
    let private length = Gen.oneof [ number 0.1 12.0; number 0.1 0.2 ]

    /// A box with positive extent within 40 x 40 pixels; some are thin.
    let box =
        let side = Gen.map2 (fun start length -> start, start + length) (number 0.0 28.0) length
        Gen.map2 (fun (x0, x1) (y0, y1) -> Box.FromCorners(x0, y0, x1, y1)) side side

    /// A prediction that lies to a true box as asked for. Distances are from a location in both boxes, so that boxes that do
    /// not overlap are asked for with corners alone.
    let predictionOf (truth: Box) (relation: Relation) : Gen<Box> =
        let share = number 0.1 0.9
        let at (start: float) (length: float) (t: float) = start + length * t

        match relation with
        | Relation.Same -> Gen.constant truth
        | Relation.Across ->
            gen {
                let! u = share
                let! v = share
                let! left, right = Gen.two (length |> Gen.map (fun l -> l / 2.0))
                let! above, below = Gen.two (length |> Gen.map (fun l -> l / 2.0))
                let x, y = at truth.X0 truth.Width u, at truth.Y0 truth.Height v
                return Box.FromCorners(x - left, y - above, x + right, y + below)
            }
        | Relation.Inside ->
            let inside u v =
                let x, y = at truth.X0 truth.Width (u / 2.0), at truth.Y0 truth.Height (v / 2.0)
                Box.FromSize(x, y, truth.Width * (1.0 - u), truth.Height * (1.0 - v))

            Gen.map2 inside share share
        | Relation.Around ->
            let around u v = Box.FromCorners(truth.X0 - 8.0 * u, truth.Y0 - 8.0 * v, truth.X1 + 8.0 * v, truth.Y1 + 8.0 * u)
            Gen.map2 around share share
        | Relation.Touching -> box |> Gen.map (fun b -> Box.FromCorners(truth.X1, b.Y0, truth.X1 + b.Width, b.Y1))
        | Relation.Apart -> Gen.map2 (fun (b: Box) gap -> Box.FromSize(truth.X1 + 10.0 * gap, b.Y0, b.Width, b.Height)) box share
        | Relation.NoExtent ->
            let point u v =
                let x, y = at truth.X0 truth.Width u, at truth.Y0 truth.Height v
                Box.FromCorners(x, y, x, y)

            Gen.map2 point share share

    /// A pair of boxes in a relation.
    let boxPairOf relation =
        gen {
            let! truth = box
            let! prediction = predictionOf truth relation
            let! weight = weight
            return { Prediction = prediction; Truth = truth; Weight = weight }
        }

    let private around (pair: BoxPair) =
        // Seen from the middle of the area that both boxes have in common.
        let middle a b c d = (max a b + min c d) / 2.0
        let x = middle pair.Prediction.X0 pair.Truth.X0 pair.Prediction.X1 pair.Truth.X1
        let y = middle pair.Prediction.Y0 pair.Truth.Y0 pair.Prediction.Y1 pair.Truth.Y1
        let seen (b: Box) = Box.FromCorners(min 0.0 (b.X0 - x), min 0.0 (b.Y0 - y), max 0.0 (b.X1 - x), max 0.0 (b.Y1 - y))
        { pair with Prediction = seen pair.Prediction; Truth = seen pair.Truth }

    /// A pair of boxes in any relation that the format can say.
    let boxPair (format: BoxFormat) =
        let overlapping = [ 1, Relation.Same; 4, Relation.Across; 2, Relation.Inside; 2, Relation.Around; 1, Relation.NoExtent ]

        let pairs relations = relations |> List.map (fun (share, relation) -> share, boxPairOf relation) |> Gen.frequency

        match format with
        | BoxFormat.Corners -> pairs (overlapping @ [ 1, Relation.Touching; 2, Relation.Apart ])
        | BoxFormat.Distances -> pairs overlapping |> Gen.map around

    /// An input for losses of a kind.
    let case (kind: Kind) =
        match kind with
        | Kind.Masks -> target |> Gen.map Case.Masks
        | Kind.Boxes format -> several (boxPair format) |> Gen.map (fun pairs -> Case.Boxes(format, pairs))
