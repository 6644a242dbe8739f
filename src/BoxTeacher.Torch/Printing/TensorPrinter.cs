using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>
/// Writes a tensor as text in one of several styles. Long rows and columns are abbreviated. The caller's dispose scope
/// takes the slices that this makes.
/// </summary>
internal sealed class TensorPrinter(string format, int width, string newLine, CultureInfo culture, int maxRows, int maxColumns)
{
    internal static string Header(Tensor t)
        => $"[{string.Join("x", t.shape)}], type = {t.dtype}, device = {t.device}{(t.is_sparse ? ", layout = sparse" : "")}";

    /// <summary>As Julia does: a header, then matrices of aligned columns, each under the indices of its place.</summary>
    internal string Julia(Tensor t)
    {
        var text = new StringBuilder(Header(t));
        if (t.is_meta) {
            return text.ToString();
        }
        if (t.ndim == 0) {
            return text.Append(", value = ").Append(Cell(t)).ToString();
        }
        text.Append(newLine);
        Matrices(t, "", text);
        return text.ToString();
    }

    private void Matrices(Tensor t, string place, StringBuilder text)
    {
        if (t.ndim <= 2) {
            if (place.Length > 0) {
                text.Append('[').Append(place).Append("..,..] =").Append(newLine);
            }
            foreach (var row in Aligned(t.ndim == 1 ? [t] : [.. Rows(t)])) {
                text.Append(' ').Append(row).Append(newLine);
            }
            return;
        }
        for (var k = 0L; k < t.shape[0]; k++) {
            using var part = t[k];
            Matrices(part, $"{place}{k.ToString(culture)},", text);
        }
    }

    /// <summary>As numpy does: nested brackets.</summary>
    internal string Numpy(Tensor t) => t.is_meta ? Header(t) : Nested(t, "[", "]", ", ", 0);

    private string Nested(Tensor t, string open, string close, string separator, int depth)
    {
        if (t.ndim == 0) {
            return Cell(t);
        }
        if (t.ndim == 1) {
            return open + string.Join(separator, Cells(t)) + close;
        }
        var indent = newLine + new string(' ', depth + 1);
        var parts = Rows(t, maxRows).Select(row => row is null ? "..." : Nested(row, open, close, separator, depth + 1));
        return open + string.Join(separator.TrimEnd() + indent, parts) + close;
    }

    /// <summary>As C# writes it: a header, then an array expression.</summary>
    internal string CSharp(Tensor t)
    {
        if (t.is_meta) {
            return Header(t);
        }
        var (keyword, suffix) = t.dtype switch {
            ScalarType.Float32 => ("float", "f"),
            ScalarType.Float64 => ("double", ""),
            ScalarType.Int64 => ("long", "L"),
            ScalarType.Int32 => ("int", ""),
            ScalarType.Int16 => ("short", ""),
            ScalarType.Byte => ("byte", ""),
            ScalarType.Int8 => ("sbyte", ""),
            ScalarType.Bool => ("bool", ""),
            ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64 => ("Complex", ""),
            var other => (other.ToString(), ""),
        };
        var value = t.ndim == 0 ? Cell(t) + suffix : $"{keyword} [{new string(',', (int)t.ndim - 1)}] {Braces(t, suffix)}";
        return $"{Header(t)}, value = {value}";
    }

    private string Braces(Tensor t, string suffix)
        => t.ndim == 1 ? "{" + string.Join(", ", Cells(t).Select(c => c == "..." ? c : c + suffix)) + "}"
            : "{" + string.Join(", ", Rows(t, maxRows).Select(row => row is null ? "..." : Braces(row, suffix))) + "}";

    private IEnumerable<Tensor> Rows(Tensor t) => Rows(t, maxRows).Select(r => r!);

    /// <summary>The slices along the first dimension; of too many the first and last, with null between.</summary>
    private static IEnumerable<Tensor?> Rows(Tensor t, int most)
    {
        var n = t.shape[0];
        for (var k = 0L; k < n; k++) {
            if (n > most && k == most / 2) {
                yield return null;
                k = n - (most - most / 2);
            }
            yield return t[k];
        }
    }

    /// <summary>The elements of a vector as text; of too many the first and last, with "..." between.</summary>
    private List<string> Cells(Tensor t)
    {
        var n = t.shape[0];
        var cells = new List<string>((int)Math.Min(n, maxColumns + 1));
        for (var k = 0L; k < n; k++) {
            if (n > maxColumns && k == maxColumns / 2) {
                cells.Add("...");
                k = n - (maxColumns - maxColumns / 2);
            }
            using var item = t[k];
            cells.Add(Cell(item));
        }
        return cells;
    }

    private List<string> Aligned(IEnumerable<Tensor?> rows)
    {
        var table = rows.Select(r => r is null ? ["..."] : Cells(r)).ToList();
        var columns = table.Count == 0 ? 0 : table.Max(r => r.Count);
        var widths = Enumerable.Range(0, columns).Select(c => table.Max(r => c < r.Count ? r[c].Length : 0)).ToArray();
        return [.. table.Select(r => Shortened(r.Select((c, k) => table.Count == 1 ? c : c.PadLeft(widths[k])).ToList()))];
    }

    /// <summary>A row that fits the line: cells in the middle give way to "...".</summary>
    private string Shortened(List<string> cells)
    {
        if (cells.Sum(c => c.Length + 1) <= width) {
            return string.Join(' ', cells);
        }
        var (left, right, used) = (0, cells.Count, 4);
        while (left < right) {
            var next = left <= cells.Count - right ? cells[left] : cells[right - 1];
            if (used + next.Length + 1 > width && left > 0) {
                break;
            }
            used += next.Length + 1;
            if (left <= cells.Count - right) {
                left++;
            } else {
                right--;
            }
        }
        return string.Join(' ', [.. cells.Take(left), "...", .. cells.Skip(right)]);
    }

    private string Cell(Tensor item)
    {
        var value = item.ToScalar();
        return value.Kind switch {
            Scalar.ValueKind.Bool => value.Int != 0 ? "true" : "false",
            Scalar.ValueKind.Int => value.Int.ToString(culture),
            Scalar.ValueKind.Complex => Complex(value),
            _ => Number(value.Double, item.dtype),
        };
    }

    private string Complex(Scalar value)
    {
        var (re, im) = (value.Double, value.Imaginary);
        if (im == 0) {
            return re.ToString(format, culture);
        }
        var sign = im < 0 ? "-" : "+";
        var part = Math.Abs(im).ToString(format, culture) + "i";
        return re == 0 ? (im < 0 ? "-" : "") + part : re.ToString(format, culture) + sign + part;
    }

    private string Number(double value, ScalarType type)
        => type == ScalarType.Float64 ? value.ToString(format, culture) : ((float)value).ToString(format, culture);
}
