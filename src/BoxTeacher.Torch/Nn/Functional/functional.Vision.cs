using System;
using System.Linq;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Operator s_pad = new("pad");
            private static readonly Operator s_gridSampler = new("grid_sampler");
            private static readonly Operator s_affineGrid = new("affine_grid_generator");
            private static readonly Operator s_pixelShuffle = new("pixel_shuffle");
            private static readonly Operator s_pixelUnshuffle = new("pixel_unshuffle");
            private static readonly Operator s_nearest1d = new("upsample_nearest1d", "vec");
            private static readonly Operator s_nearest2d = new("upsample_nearest2d", "vec");
            private static readonly Operator s_nearest3d = new("upsample_nearest3d", "vec");
            private static readonly Operator s_nearestExact1d = new("_upsample_nearest_exact1d", "vec");
            private static readonly Operator s_nearestExact2d = new("_upsample_nearest_exact2d", "vec");
            private static readonly Operator s_nearestExact3d = new("_upsample_nearest_exact3d", "vec");
            private static readonly Operator s_linear1d = new("upsample_linear1d", "vec");
            private static readonly Operator s_bilinear2d = new("upsample_bilinear2d", "vec");
            private static readonly Operator s_bilinear2dAntialias = new("_upsample_bilinear2d_aa", "vec");
            private static readonly Operator s_bicubic2d = new("upsample_bicubic2d", "vec");
            private static readonly Operator s_bicubic2dAntialias = new("_upsample_bicubic2d_aa", "vec");
            private static readonly Operator s_trilinear3d = new("upsample_trilinear3d", "vec");

            /// <summary>Resizes [N, C, ...] to <paramref name="size"/>, or by <paramref name="scale_factor"/> (one for all dimensions, or one for each).</summary>
            /// <exception cref="ArgumentException">Not exactly one of size and scale_factor, or a mode that the input or the options do not allow.</exception>
            public static Tensor interpolate(Tensor x, long[]? size = null, double[]? scale_factor = null, InterpolationMode mode = InterpolationMode.Nearest,
                bool? align_corners = null, bool recompute_scale_factor = false, bool antialias = false)
            {
                var n = (int)x.ndim - 2;
                var sizes = PerDimension(size, n, nameof(size));
                var scales = PerDimension(scale_factor, n, nameof(scale_factor));
                if (sizes is null == scales is null) {
                    throw new ArgumentException(sizes is null ? "either size or scale_factor should be defined" : "only one of size or scale_factor should be defined");
                }
                var interpolates = mode is InterpolationMode.Linear or InterpolationMode.Bilinear or InterpolationMode.Bicubic or InterpolationMode.Trilinear;
                if (!interpolates && align_corners is not null) {
                    throw new ArgumentException("align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear");
                }
                if (antialias && !(n == 2 && mode is InterpolationMode.Bilinear or InterpolationMode.Bicubic)) {
                    throw new ArgumentException("Anti-alias option is only supported for bilinear and bicubic modes");
                }
                if (scales is not null && (recompute_scale_factor || mode == InterpolationMode.Area)) {
                    var shape = x.shape;
                    sizes = scales.Select((s, k) => (long)Math.Floor(shape[k + 2] * s)).ToArray();
                    scales = null;
                }
                var align = align_corners ?? false;
                return (mode, n) switch {
                    (InterpolationMode.Nearest, 1) => s_nearest1d.Tensor(x, sizes, scales),
                    (InterpolationMode.Nearest, 2) => s_nearest2d.Tensor(x, sizes, scales),
                    (InterpolationMode.Nearest, 3) => s_nearest3d.Tensor(x, sizes, scales),
                    (InterpolationMode.NearestExact, 1) => s_nearestExact1d.Tensor(x, sizes, scales),
                    (InterpolationMode.NearestExact, 2) => s_nearestExact2d.Tensor(x, sizes, scales),
                    (InterpolationMode.NearestExact, 3) => s_nearestExact3d.Tensor(x, sizes, scales),
                    (InterpolationMode.Area, 1) => s_adaptiveAvgPool1d.Tensor(x, sizes),
                    (InterpolationMode.Area, 2) => s_adaptiveAvgPool2d.Tensor(x, sizes),
                    (InterpolationMode.Area, 3) => s_adaptiveAvgPool3d.Tensor(x, sizes),
                    (InterpolationMode.Linear, 1) => s_linear1d.Tensor(x, sizes, align, scales),
                    (InterpolationMode.Bilinear, 2) => (antialias ? s_bilinear2dAntialias : s_bilinear2d).Tensor(x, sizes, align, scales),
                    (InterpolationMode.Bicubic, 2) => (antialias ? s_bicubic2dAntialias : s_bicubic2d).Tensor(x, sizes, align, scales),
                    (InterpolationMode.Trilinear, 3) => s_trilinear3d.Tensor(x, sizes, align, scales),
                    _ => throw new ArgumentException($"Got {x.ndim}D input, but {mode} mode needs another number of dimensions", nameof(mode)),
                };
            }

            private static T[]? PerDimension<T>(T[]? values, int n, string name) => values switch {
                null => null,
                [var one] when n > 1 => Enumerable.Repeat(one, n).ToArray(),
                _ when values.Length == n => values,
                _ => throw new ArgumentException($"{name} has {values.Length} values; the input has {n} spatial dimensions", name),
            };

            public static Tensor upsample(Tensor input, long[]? size = null, double[]? scale_factor = null, UpsampleMode mode = UpsampleMode.Nearest, bool align_corners = false)
                => interpolate(input, size, scale_factor, (InterpolationMode)mode, mode == UpsampleMode.Nearest ? null : align_corners);

            public static Tensor upsample_nearest(Tensor x, long[]? size = null, double[]? scale_factor = null, bool align_corners = false)
                => interpolate(x, size, scale_factor);

            /// <summary>Bilinear, with the corners aligned unless said otherwise by the caller.</summary>
            public static Tensor upsample_bilinear(Tensor x, long[]? size = null, double[]? scale_factor = null, bool align_corners = false)
                => interpolate(x, size, scale_factor, InterpolationMode.Bilinear, align_corners);

            public static Tensor upsample_nearest1d(Tensor input, long? outputSize, double? scaleFactor)
                => s_nearest1d.Tensor(input, outputSize is { } o ? (long[])[o] : null, scaleFactor is { } s ? (double[])[s] : null);

            public static Tensor upsample_nearest2d(Tensor input, long[]? outputSizes = null, double[]? scaleFactors = null) => s_nearest2d.Tensor(input, outputSizes, scaleFactors);
            public static Tensor upsample_nearest3d(Tensor input, long[]? outputSizes = null, double[]? scaleFactors = null) => s_nearest3d.Tensor(input, outputSizes, scaleFactors);

            internal static string Name(PaddingModes mode) => mode switch {
                PaddingModes.Reflect => "reflect",
                PaddingModes.Replicate => "replicate",
                PaddingModes.Circular => "circular",
                _ => "constant",
            };

            /// <summary>Pads the last dimensions; <paramref name="pad"/> counts (before, after) from the last dimension to the first.</summary>
            public static Tensor pad(Tensor input, long[] pad, PaddingModes mode = PaddingModes.Constant, double value = 0)
                => mode is PaddingModes.Constant or PaddingModes.Zeros ? s_pad.Tensor(input, pad, "constant", value) : s_pad.Tensor(input, pad, Name(mode));

            /// <inheritdoc cref="pad(Tensor, long[], PaddingModes, double)"/>
            public static Tensor pad(Tensor input, ReadOnlySpan<long> pad, PaddingModes mode = PaddingModes.Constant, double value = 0)
                => functional.pad(input, pad.ToArray(), mode, value);

            /// <summary>Pads the last dimension by (before, after).</summary>
            public static Tensor pad(Tensor input, (long, long) pad, PaddingModes mode = PaddingModes.Constant, double value = 0)
                => functional.pad(input, (long[])[pad.Item1, pad.Item2], mode, value);

            /// <summary>Pads the last two dimensions by (left, right, top, bottom).</summary>
            public static Tensor pad(Tensor input, (long, long, long, long) pad, PaddingModes mode = PaddingModes.Constant, double value = 0)
                => functional.pad(input, (long[])[pad.Item1, pad.Item2, pad.Item3, pad.Item4], mode, value);

            /// <summary>Pads the last dimension alike on both sides.</summary>
            public static Tensor pad(Tensor input, long pad, PaddingModes mode = PaddingModes.Constant, double value = 0)
                => functional.pad(input, (long[])[pad, pad], mode, value);

            /// <summary>Samples [N, C, H, W] at the places of [N, h, w, 2], x and y in [-1, 1].</summary>
            public static Tensor grid_sample(Tensor input, Tensor grid, GridSampleMode mode = GridSampleMode.Bilinear,
                GridSamplePaddingMode padding_mode = GridSamplePaddingMode.Zeros, bool? align_corners = null)
                => s_gridSampler.Tensor(input, grid, mode == GridSampleMode.Nearest ? 1 : 0, padding_mode switch {
                    GridSamplePaddingMode.Border => 1,
                    GridSamplePaddingMode.Reflection => 2,
                    _ => 0,
                }, align_corners ?? false);

            /// <summary>The sampling grid [N, H, W, 2] of affine maps [N, 2, 3] for an output of <paramref name="size"/>.</summary>
            public static Tensor affine_grid(Tensor theta, long[]? size = null, bool align_corners = false) => s_affineGrid.Tensor(theta, size, align_corners);

            public static Tensor pixel_shuffle(Tensor input, long upscale_factor) => s_pixelShuffle.Tensor(input, upscale_factor);
            public static Tensor pixel_unshuffle(Tensor input, long downscale_factor) => s_pixelUnshuffle.Tensor(input, downscale_factor);
        }
    }
}
