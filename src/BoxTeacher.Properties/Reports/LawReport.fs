namespace rec BoxTeacher.Properties

open System
open Microsoft.AspNetCore.Html

/// The simplest input found for which a law does not hold.
[<NoComparison; ReferenceEquality; StructuredFormatDisplay("{Text}")>]
type Counterexample =
    { Loss: Loss
      Law: Law
      /// What is wrong.
      Message: string
      Input: Case
      /// The input as it was generated, before it was made simpler.
      Generated: Case
      /// Which case of the run it was, from 1.
      FoundAt: int
      /// How often it was made simpler.
      Shrinks: int
      /// What Laws.replay and FSCHECK_REPLAY take to find it again at the first case.
      Seed: string }

    /// In lines.
    member this.Text = ReportText.counterexample this

    /// A picture of the input and of the loss's gradient there, as the bytes of a PNG file.
    member this.Png = CasePicture.ofCase this.Loss this.Input |> CasePicture.toPng

    override this.ToString() = this.Text

    interface IHtmlContent with
        member this.WriteTo(writer, _) = writer.Write(ReportHtml.counterexample this: string)

/// What came of holding a loss to a law.
[<RequireQualifiedAccess; NoComparison; ReferenceEquality>]
type Outcome =
    /// It held for so many inputs.
    | Held of cases: int
    | Broken of Counterexample
    /// It neither held nor broke, for want of inputs that it speaks of.
    | Untried of reason: string

/// A law with its outcome.
[<NoComparison; ReferenceEquality>]
type LawResult = { Law: Law; Outcome: Outcome }

/// Law by law, whether a loss obeys.
[<NoComparison; ReferenceEquality; StructuredFormatDisplay("{Text}")>]
type LawReport =
    { Loss: Loss
      Results: LawResult list }

    /// The broken laws.
    member this.Broken = this.Results |> List.choose (fun r -> match r.Outcome with Outcome.Broken c -> Some c | _ -> None)

    /// The laws that could not be tried.
    member this.Untried = this.Results |> List.choose (fun r -> match r.Outcome with Outcome.Untried _ -> Some r.Law | _ -> None)

    /// Whether all laws held.
    member this.Holds = this.Broken.IsEmpty && this.Untried.IsEmpty

    /// In lines.
    member this.Text = ReportText.report this

    override this.ToString() = this.Text

    interface IHtmlContent with
        member this.WriteTo(writer, _) = writer.Write(ReportHtml.report this: string)

module internal ReportText =

    let private indent (text: string) = text.Split '\n' |> Array.map (fun line -> "      " + line) |> String.concat "\n"

    let where (c: Counterexample) =
        let times = if c.Shrinks = 1 then "once" else $"{c.Shrinks} times"
        $"found at case {c.FoundAt}, made simpler {times}"

    let counterexample (c: Counterexample) =
        String.Join("\n", [ $"{c.Law.Name}: {c.Message}"; c.Law.Statement; string c.Input; where c; $"replay with \"{c.Seed}\"" ])

    let summary (report: LawReport) =
        let all = report.Results.Length

        let what =
            match report.Broken.Length, report.Untried.Length with
            | 0, 0 -> $"all {all} laws hold"
            | 0, untried -> $"{untried} of {all} laws are not tried"
            | broken, 0 -> $"{broken} of {all} laws are broken"
            | broken, untried -> $"{broken} of {all} laws are broken, {untried} not tried"

        $"{report.Loss.Name}: {what}"

    let report (report: LawReport) =
        let width = report.Results |> List.map _.Law.Name.Length |> List.fold max 0

        [ summary report
          for result in report.Results do
              match result.Outcome with
              | Outcome.Held cases -> $"  ✓ {result.Law.Name.PadRight width}  {cases} cases"
              | Outcome.Untried reason -> $"  ? {result.Law.Name.PadRight width}  not tried: {reason}"
              | Outcome.Broken c ->
                  $"  ✗ {result.Law.Name.PadRight width}  {c.Message}"
                  indent $"{c.Law.Statement}\n{c.Input}\n{where c}; replay with \"{c.Seed}\"" ]
        |> String.concat "\n"

module internal ReportHtml =

    let private escape = Html.escape

    let private picture (loss: Loss) caption (case: Case) =
        let source = "data:image/png;base64," + Convert.ToBase64String(CasePicture.ofCase loss case |> CasePicture.toPng)
        $"<figure style=\"display:inline-block;margin:.3em 1em .3em 0;vertical-align:top\"><figcaption style=\"font-size:.9em;opacity:.75\">{caption}</figcaption><img alt=\"{caption}\" style=\"max-width:100%%;background:#fff;border-radius:4px\" src=\"{source}\"/></figure>"

    let private details (c: Counterexample) =
        String.concat
            ""
            [ $"<div style=\"margin:.3em 0\">{escape c.Law.Statement}</div>"
              picture c.Loss "the simplest input found" c.Input
              if c.Shrinks > 0 then
                  picture c.Loss "as it was generated" c.Generated
              $"<pre style=\"margin:.4em 0;white-space:pre-wrap;background:none;color:inherit\">{escape (string c.Input)}</pre>"
              $"<div style=\"opacity:.75;font-size:.9em\">{ReportText.where c}; replay with <code>{escape c.Seed}</code></div>" ]

    let private page content = $"<div style=\"line-height:1.4;text-align:left\">{content}</div>"

    let counterexample (c: Counterexample) = page $"<div><strong>✗ {escape c.Law.Name}</strong>: {escape c.Message}</div>{details c}"

    let report (report: LawReport) =
        let cell = "padding:.25em .8em .25em 0;border-bottom:1px solid color-mix(in srgb, currentColor 18%, transparent);text-align:left;vertical-align:top"

        let rows =
            report.Results
            |> List.map (fun result ->
                let mark, color, what =
                    match result.Outcome with
                    | Outcome.Held cases -> "✓", "#2da44e", $"{cases} cases<span style=\"opacity:.75\"> · {escape result.Law.Statement}</span>"
                    | Outcome.Untried reason -> "?", "#bf8700", $"not tried: {escape reason}<span style=\"opacity:.75\"> · {escape result.Law.Statement}</span>"
                    | Outcome.Broken c -> "✗", "#e5534b", $"<strong>{escape c.Message}</strong>{details c}"

                $"<tr style=\"background:none\"><td style=\"{cell};color:{color}\">{mark}</td><td style=\"{cell};white-space:nowrap\">{escape result.Law.Name}</td><td style=\"{cell}\">{what}</td></tr>")
            |> String.concat "\n"

        page $"<div style=\"font-weight:600;padding:.3em 0\">{escape (ReportText.summary report)}</div><table style=\"border-collapse:collapse;border:0\"><tbody>\n{rows}\n</tbody></table>"
