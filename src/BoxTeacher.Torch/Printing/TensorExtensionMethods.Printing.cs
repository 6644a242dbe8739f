using System;
using System.Globalization;
using static TorchSharp.torch;

namespace TorchSharp;

/// <content>Tensors as text.</content>
public static partial class TensorExtensionMethods
{
    /// <summary>Sizes, element type and device.</summary>
    public static string metastr(this Tensor tensor) => tensor.ToString(TensorStringStyle.Metadata);

    public static string str(this Tensor tensor, string? fltFormat = null, int? width = null, string? newLine = null, CultureInfo? cultureInfo = null, TensorStringStyle style = TensorStringStyle.Default)
        => tensor.ToString(style, fltFormat, width, cultureInfo, newLine);

    public static string jlstr(this Tensor tensor, string? fltFormat = null, int? width = null, string? newLine = null, CultureInfo? cultureInfo = null)
        => tensor.ToString(TensorStringStyle.Julia, fltFormat, width, cultureInfo, newLine);

    public static string npstr(this Tensor tensor, string? fltFormat = "g5", int? width = 100, string? newLine = null, CultureInfo? cultureInfo = null)
        => tensor.ToString(TensorStringStyle.Numpy, fltFormat, width, cultureInfo, newLine);

    public static string cstr(this Tensor tensor, string? fltFormat = "g5", int? width = 100, string? newLine = null, CultureInfo? cultureInfo = null)
        => tensor.ToString(TensorStringStyle.CSharp, fltFormat, width, cultureInfo, newLine);

    /// <summary>Prints the tensor to the console, and returns it.</summary>
    public static Tensor print(this Tensor t, string? fltFormat = "g5", int? width = 100, string? newLine = null, CultureInfo? cultureInfo = null, TensorStringStyle style = TensorStringStyle.Default)
    {
        Console.WriteLine(t.ToString(style, fltFormat, width, cultureInfo, newLine));
        return t;
    }
}
