using System;
using System.Globalization;

namespace TorchSharp;

/// <content>How tensors are printed.</content>
public static partial class torch
{
    public const TensorStringStyle julia = TensorStringStyle.Julia;
    public const TensorStringStyle numpy = TensorStringStyle.Numpy;
    public const TensorStringStyle csharp = TensorStringStyle.CSharp;

    private static TensorStringStyle s_style = TensorStringStyle.Julia;
    private static string s_floatFormat = "g5";
    private static int s_lineWidth = 100;
    private static string s_newLine = Environment.NewLine;
    private static int s_maxRows = 6;
    private static int s_maxColumns = 6;

    /// <summary>The style of tensors that are printed without naming one.</summary>
    public static TensorStringStyle TensorStringStyle
    {
        get => s_style;
        set => s_style = value == TensorStringStyle.Default ? throw new ArgumentException("The style cannot be set to Default", nameof(value)) : value;
    }

    public static void set_printoptions(TensorStringStyle? style = null, string? floatFormat = null, int? linewidth = null, string? newLine = null, int? maxRows = null, int? maxColumns = null)
    {
        TensorStringStyle = style ?? s_style;
        s_floatFormat = floatFormat ?? s_floatFormat;
        s_lineWidth = linewidth ?? s_lineWidth;
        s_newLine = newLine ?? s_newLine;
        s_maxRows = maxRows ?? s_maxRows;
        s_maxColumns = maxColumns ?? s_maxColumns;
    }

    public static void set_printoptions(int precision, int? linewidth = null, string? newLine = null, bool sci_mode = false, int? maxRows = null, int? maxColumns = null)
        => set_printoptions(null, (sci_mode ? "E" : "F") + precision.ToString(CultureInfo.InvariantCulture), linewidth, newLine, maxRows, maxColumns);

    public partial class Tensor
    {
        public override string ToString() => ToString(TensorStringStyle.Metadata);

        /// <summary>With `disamb` the values in the current style, else the facts only.</summary>
        public string ToString(bool disamb, string? fltFormat = null, int? width = null, CultureInfo? cultureInfo = null, string? newLine = null)
            => ToString(disamb ? TensorStringStyle.Default : TensorStringStyle.Metadata, fltFormat, width, cultureInfo, newLine);

        public string ToString(TensorStringStyle style, string? fltFormat = null, int? width = null, CultureInfo? cultureInfo = null, string? newLine = null)
        {
            if (IsInvalid) {
                return "Tensor invalid -- empty handle.";
            }
            using var scope = NewDisposeScope();
            using var guard = no_grad();
            var values = style == TensorStringStyle.Metadata || device_type == DeviceType.CPU || is_meta ? this : cpu();
            values = values.is_sparse && style != TensorStringStyle.Metadata ? values.to_dense() : values;
            var printer = new TensorPrinter(fltFormat ?? s_floatFormat, width ?? s_lineWidth, newLine ?? s_newLine,
                cultureInfo ?? CultureInfo.CurrentCulture, s_maxRows, s_maxColumns);
            return (style == TensorStringStyle.Default ? s_style : style) switch {
                TensorStringStyle.Julia => printer.Julia(values),
                TensorStringStyle.Numpy => printer.Numpy(values),
                TensorStringStyle.CSharp => printer.CSharp(values),
                _ => TensorPrinter.Header(this),
            };
        }
    }
}
