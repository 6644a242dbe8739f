namespace BoxTeacher.Properties

open System
open BoxTeacher.Structures

/// Simpler values of a value, simplest first. What fits together goes on fitting together, and taking one after the other
/// comes to an end: each is smaller, or has fewer or simpler numbers.
[<RequireQualifiedAccess>]
module Shrink =

    let private changed (change: 'a -> 'a) (value: 'a) = let next = change value in if next = value then None else Some next

    /// One entry after the other made simpler.
    let private entries (simpler: float -> float list) (values: float array) =
        seq {
            for i in 0 .. values.Length - 1 do
                for value in simpler values[i] do
                    Array.updateAt i value values
        }

    /// One item after the other made simpler.
    let private items (shrink: 'a -> 'a seq) (list: 'a list) =
        seq {
            for i in 0 .. list.Length - 1 do
                for item in shrink list[i] do
                    List.updateAt i item list
        }

    /// Fewer items, at least one: the first half, the second half, all but one.
    let private fewer (list: 'a list) =
        seq {
            let n = list.Length

            if n > 2 then
                List.take (n / 2) list
                List.skip (n / 2) list

            if n > 1 then
                for i in 0 .. n - 1 do
                    List.removeAt i list
        }

    /// Parts of an axis, as start and length: halves, then all but one end.
    let private parts length =
        [ if length > 3 then
              0, length / 2
              length / 2, length - length / 2
          if length > 1 then
              0, length - 1
              1, length - 1 ]

    /// Parts of an image: the top left corner and the size of each.
    let private windows (size: ImageSize) =
        [ for top, height in parts size.Height -> (top, 0), (height, size.Width)
          for left, width in parts size.Width -> (0, left), (size.Height, width) ]

    /// A weight: 1, else simpler ones.
    let weight (value: float) = if value = 1.0 then [] else 1.0 :: (Numbers.simpler value |> List.filter (fun w -> w = 0.0))

    /// A mask: parts of it, then simpler values.
    let mask (grid: Grid) =
        seq {
            for corner, size in windows (ImageSize(grid.Height, grid.Width)) do
                Grid.part corner size grid

            for values in entries Numbers.simplerShare grid.Values do
                { grid with Values = values }
        }

    /// Logits: parts of them, then simpler values.
    let logits (grid: Grid) =
        seq {
            for corner, size in windows (ImageSize(grid.Height, grid.Width)) do
                Grid.part corner size grid

            for values in entries Numbers.simpler grid.Values do
                { grid with Values = values }
        }

    /// An object, its mask and logits of the same size as before.
    let instance (instance: Instance) =
        seq {
            yield! instance |> changed (fun i -> { i with Logits = Grid.constant i.Mask.Height i.Mask.Width 0.0 }) |> Option.toList
            yield! instance |> changed (fun i -> { i with Mask = Grid.constant i.Mask.Height i.Mask.Width 0.0 }) |> Option.toList

            if instance.Class > 0 then
                { instance with Class = 0 }

            for w in weight instance.Weight do
                { instance with Weight = w }

            for values in entries Numbers.simplerShare instance.Mask.Values do
                { instance with Mask = { instance.Mask with Values = values } }

            for values in entries Numbers.simpler instance.Logits.Values do
                { instance with Logits = { instance.Logits with Values = values } }
        }

    /// A target: fewer objects, parts of the image with those of all masks and logits, simpler objects.
    let target (target: Target) =
        seq {
            for instances in fewer target.Instances do
                { target with Instances = instances }

            for corner, (height, width) in windows target.Size do
                let part = Grid.part corner (height, width)

                { Size = ImageSize(height, width)
                  Instances = [ for i in target.Instances -> { i with Mask = part i.Mask; Logits = part i.Logits } ] }

            for instances in items instance target.Instances do
                { target with Instances = instances }
        }

    /// A picture: parts of it, then one channel of one pixel after the other made black.
    let image (image: Image) =
        seq {
            for (top, left), (height, width) in windows image.Size do
                Image(Array.concat [ for y in top .. top + height - 1 -> image.Row(y).Slice(3 * left, 3 * width).ToArray() ], height, width)

            for i in 0 .. image.Pixels.Length - 1 do
                if image.Pixels[i] <> 0uy then
                    Image(Array.updateAt i 0uy image.Pixels, image.Height, image.Width)
        }

    /// A box: one edge after the other made simpler, and never past its opposite.
    let box (box: Box) =
        // A box stores its extent, so that its far edges carry rounding errors, which must not look like decimals.
        [| box.X0; box.Y0; box.X1; box.Y1 |]
        |> Array.map (fun edge -> Math.Round(edge, 6))
        |> entries Numbers.simpler
        |> Seq.map (fun edges -> Box.FromCorners(edges[0], edges[1], edges[2], edges[3]))
        |> Seq.filter (fun b -> b.Width >= 0.0 && b.Height >= 0.0)

    /// A pair of boxes: the location of distances stays within both.
    let boxPair (format: BoxFormat) (pair: BoxPair) =
        seq {
            for w in weight pair.Weight do
                { pair with Weight = w }

            for b in box pair.Prediction do
                { pair with Prediction = b }

            for b in box pair.Truth do
                { pair with Truth = b }
        }
        |> Seq.filter (Agreement.ofPair format)

    /// An input of any kind.
    let case (case: Case) =
        match case with
        | Case.Masks masks -> target masks |> Seq.map Case.Masks
        | Case.Boxes(format, pairs) ->
            seq {
                yield! fewer pairs
                yield! items (boxPair format) pairs
            }
            |> Seq.map (fun pairs -> Case.Boxes(format, pairs))
