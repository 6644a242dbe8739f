module BoxTeacher.Workbench.Tests.StatisticsTests

open System
open Xunit
open FsCheck
open FsCheck.Xunit
open BoxTeacher.Workbench

// Two-sided quantiles of Student's distribution from printed tables (NIST/SEMATECH e-Handbook, 1.3.6.7.2).
[<Theory>]
[<InlineData(1, 0.95, 12.706)>]
[<InlineData(2, 0.95, 4.303)>]
[<InlineData(3, 0.95, 3.182)>]
[<InlineData(4, 0.95, 2.776)>]
[<InlineData(9, 0.95, 2.262)>]
[<InlineData(10, 0.99, 3.169)>]
[<InlineData(29, 0.90, 1.699)>]
[<InlineData(100, 0.95, 1.984)>]
let ``quantiles are the printed ones`` (degrees: int) (confidence: float) (expected: float) =
    Assert.Equal(expected, Statistics.studentQuantile degrees confidence, 3)

[<Property(MaxTest = 300, Replay = "(7,1)")>]
let ``a probability comes back from its quantile`` (NonNegativeInt d) (NormalFloat x) =
    let degrees, confidence = 1 + d % 200, 0.01 + 0.98 / (1.0 + exp -x)
    let back = Statistics.studentCentral degrees (Statistics.studentQuantile degrees confidence)
    abs (back - confidence) < 1e-9

[<Fact>]
let ``the interval of a paired difference is the one worked out by hand`` () =
    // Differences 1, 2, 3: mean 2, sd 1, standard error 0.5774, t(2, 0.95) = 4.3027.
    let difference = Statistics.pairedDifference 0.95 [ 11.0, 10.0; 13.0, 11.0; 8.0, 5.0 ]
    Assert.Equal(2.0, difference.Mean, 12)
    Assert.Equal(2.0 - 2.4841, difference.Low, 4)
    Assert.Equal(2.0 + 2.4841, difference.High, 4)
    Assert.False difference.IsClear

[<Fact>]
let ``the interval covers the truth as often as it says`` () =
    let random = Random 5
    let normal () = sqrt (-2.0 * log (1.0 - random.NextDouble())) * cos (2.0 * Math.PI * random.NextDouble())

    let covered =
        Seq.init 4000 (fun _ -> Statistics.pairedDifference 0.9 [ for _ in 1..4 -> normal () + 0.7, 0.0 ])
        |> Seq.filter (fun d -> d.Low <= 0.7 && 0.7 <= d.High)
        |> Seq.length

    // 3,600 expected, standard deviation 19.
    Assert.InRange(covered, 3520, 3680)

[<Fact>]
let ``one measurement has no spread and one pair no interval`` () =
    Assert.True(Double.IsNaN (Statistics.spread [ 3.0 ]).Deviation)
    let difference = Statistics.pairedDifference 0.95 [ 3.0, 1.0 ]
    Assert.Equal(2.0, difference.Mean)
    Assert.True(Double.IsNaN difference.Low)
    Assert.False difference.IsClear
