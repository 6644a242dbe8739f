/// What the laws are tried on: generators with shrinkers that keep shapes and values in agreement.
module BoxTeacher.Properties.Cases

open FsCheck
open FsCheck.FSharp
open BoxTeacher.Properties.Laws

/// Logits and targets of N masks of H x W pixels, and a direction to differentiate along.
type Masks =
    { N: int; H: int; W: int
      Logits: float[]; Targets: float[]; Direction: float[] }

    member this.Shape = [ this.N; this.H; this.W ]
    member this.X = tensorOf this.Shape this.Logits
    member this.T = tensorOf this.Shape this.Targets
    member this.V = tensorOf this.Shape this.Direction

let private uniform low high = Gen.choose (0, 1_000_000) |> Gen.map (fun k -> low + (high - low) * float k / 1e6)

let private choice = Gen.elements [ 0.0; 1.0 ]

/// Moderate logits, all different with near certainty.
let private moderate = uniform -4.0 4.0

/// Logits as a trained or a broken network makes them.
let private wild = Gen.frequency [ 4, moderate; 1, Gen.constant 50.0; 1, Gen.constant -50.0; 1, Gen.constant 0.0 ]

let private arrays (count: int) (gen: Gen<'a>) = Gen.arrayOfLength count gen

/// Logits of one kind, and targets: binary, soft, empty or full.
let private masksOf (logit: Gen<float>) (uniformLogits: Gen<float> list) =
    gen {
        let! n = Gen.choose (1, 3)
        let! h = Gen.choose (1, 5)
        let! w = Gen.choose (1, 5)
        let size = n * h * w
        let! logits = Gen.oneof (arrays size logit :: [ for g in uniformLogits -> g |> Gen.map (Array.replicate size) ])
        let! targets =
            Gen.oneof [ arrays size choice; arrays size (uniform 0.0 1.0)
                        Gen.constant (Array.zeroCreate size); Gen.constant (Array.replicate size 1.0) ]
        let! direction = arrays size (uniform -1.0 1.0)
        return { N = n; H = h; W = w; Logits = logits; Targets = targets; Direction = direction }
    }

/// The first n' x h' x w' values of an n x h x w array.
let private cut (h, w) (n', h', w') (data: float[]) =
    [| for i in 0 .. n' - 1 do
           for y in 0 .. h' - 1 do
               for x in 0 .. w' - 1 -> data[(i * h + y) * w + x] |]

let private shrinkMasks (m: Masks) =
    let smaller (n, h, w) =
        let take = cut (m.H, m.W) (n, h, w)
        { N = n; H = h; W = w; Logits = take m.Logits; Targets = take m.Targets; Direction = take m.Direction }
    seq {
        if m.N > 1 then smaller (m.N / 2, m.H, m.W)
        if m.H > 1 then smaller (m.N, m.H / 2, m.W)
        if m.W > 1 then smaller (m.N, m.H, m.W / 2)
        for i in 0 .. m.Logits.Length - 1 do
            if m.Logits[i] <> 0.0 then { m with Logits = Array.updateAt i 0.0 m.Logits }
            if m.Targets[i] <> 0.0 then { m with Targets = Array.updateAt i 0.0 m.Targets }
    }

/// Any masks, saturated and uniform ones among them.
let masks = Arb.fromGenShrink (masksOf wild [ Gen.constant 50.0; Gen.constant -50.0; Gen.constant 0.0 ], shrinkMasks)

/// Masks at whose logits losses are smooth: no ties, no saturation. Not shrunk, since zeros are ties.
let smoothMasks = Arb.fromGen (masksOf moderate [])

/// Masks whose targets are 0 or 1 and not all 0 in any instance.
let binaryMasks =
    let gen =
        masksOf wild []
        |> Gen.map (fun m ->
            let targets = m.Targets |> Array.map round
            for i in 0 .. m.N - 1 do
                targets[i * m.H * m.W] <- 1.0
            { m with Targets = targets })
    Arb.fromGen gen

/// Distances of n pairs of boxes to their sides, and a direction.
type Distances =
    { Count: int; Prediction: float[]; Truth: float[]; Along: float[] }

    member this.P = tensorOf [ this.Count; 4 ] this.Prediction
    member this.Q = tensorOf [ this.Count; 4 ] this.Truth
    member this.V = tensorOf [ this.Count; 4 ] this.Along

let distances =
    let gen =
        gen {
            let! n = Gen.choose (1, 5)
            let! prediction = arrays (4 * n) (uniform 0.1 12.0)
            let! truth = arrays (4 * n) (uniform 0.1 12.0)
            let! along = arrays (4 * n) (uniform -1.0 1.0)
            return { Count = n; Prediction = prediction; Truth = truth; Along = along }
        }
    let shrink d =
        seq {
            if d.Count > 1 then
                let n = d.Count / 2
                { Count = n
                  Prediction = d.Prediction[.. 4 * n - 1]; Truth = d.Truth[.. 4 * n - 1]; Along = d.Along[.. 4 * n - 1] }
        }
    Arb.fromGenShrink (gen, shrink)

/// A random number in an interval.
let numbers low high = Arb.fromGen (uniform low high)

/// Overlaps of n predictions with g boxes, with their scores; all scores differ.
type Overlaps = { Iou: float32[,]; Scores: float32[] }

let overlaps =
    gen {
        let! n = Gen.choose (0, 8)
        let! g = Gen.choose (0, 5)
        let! iou = Gen.arrayOfLength (n * g) (uniform 0.0 1.0)
        let! scores = Gen.shuffle [| for i in 1 .. n -> float32 i / float32 (n + 1) |]
        return { Iou = Array2D.init n g (fun i j -> float32 iou[i * g + j]); Scores = scores }
    }
    |> Arb.fromGen
