namespace BoxTeacher.Properties

open BoxTeacher.Structures

/// A number for each pixel of an image, row by row: a mask in [0, 1], or logits.
type Grid =
    { Height: int
      Width: int
      Values: float array }

    /// The number of a pixel.
    member grid.Item
        with get (y: int, x: int) = grid.Values[y * grid.Width + x]

/// Grids, and what becomes of them when the picture is changed.
[<RequireQualifiedAccess>]
module Grid =

    /// A grid of a size from the number of each row and column.
    let init height width (value: int -> int -> float) =
        { Height = height; Width = width; Values = Array.init (height * width) (fun i -> value (i / width) (i % width)) }

    /// The same number everywhere.
    let constant height width (value: float) = init height width (fun _ _ -> value)

    /// Each number changed.
    let map change (grid: Grid) = { grid with Values = Array.map change grid.Values }

    /// The numbers of two grids of one size, combined.
    let map2 combine (a: Grid) (b: Grid) = { a with Values = Array.map2 combine a.Values b.Values }

    /// A part: height rows from top, width columns from left.
    let part (top, left) (height, width) (grid: Grid) = init height width (fun y x -> grid[top + y, left + x])

    /// Left and right exchanged.
    let mirror (grid: Grid) = init grid.Height grid.Width (fun y x -> grid[y, grid.Width - 1 - x])

    /// Rows and columns exchanged.
    let turn (grid: Grid) = init grid.Width grid.Height (fun y x -> grid[x, y])

    /// A frame of one pixel around it, filled with a value.
    let frame (value: float) (grid: Grid) =
        init (grid.Height + 2) (grid.Width + 2) (fun y x ->
            if y = 0 || x = 0 || y > grid.Height || x > grid.Width then value else grid[y - 1, x - 1])

    /// Each pixel repeated to a square of factor x factor.
    let enlarge factor (grid: Grid) =
        init (grid.Height * factor) (grid.Width * factor) (fun y x -> grid[y / factor, x / factor])

    /// The smallest box around all pixels above zero, in pixel edges; without extent at (0, 0) where there is none.
    let bounds (grid: Grid) =
        let isAny indices at = indices |> List.exists (fun i -> at i > 0.0)
        let ys, xs = [ 0 .. grid.Height - 1 ], [ 0 .. grid.Width - 1 ]
        let rows = ys |> List.filter (fun y -> isAny xs (fun x -> grid[y, x]))
        let columns = xs |> List.filter (fun x -> isAny ys (fun y -> grid[y, x]))

        match rows, columns with
        | [], _
        | _, [] -> Box.FromCorners(0.0, 0.0, 0.0, 0.0)
        | _ ->
            Box.FromCorners(float (List.head columns), float (List.head rows), float (List.last columns + 1), float (List.last rows + 1))

    /// 1 on the pixels within a box, else 0.
    let ofBox height width (box: Box) =
        init height width (fun y x ->
            if float x >= box.X0 && float x < box.X1 && float y >= box.Y0 && float y < box.Y1 then 1.0 else 0.0)
