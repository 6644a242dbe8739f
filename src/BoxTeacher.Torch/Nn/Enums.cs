namespace TorchSharp;

/// <summary>Padding of a convolution by rule instead of by number.</summary>
public enum Padding { Valid = 0, Same = 1 }

/// <summary>What a padded border holds.</summary>
public enum PaddingModes { Zeros = 0, Reflect = 1, Replicate = 2, Circular = 3, Constant = 4 }

public static partial class torch
{
    public enum InterpolationMode { Nearest = 0, Linear = 1, Bilinear = 2, Bicubic = 3, Trilinear = 4, Area = 5, NearestExact = 6 }

    public enum UpsampleMode { Nearest = 0, Linear = 1, Bilinear = 2, Bicubic = 3, Trilinear = 4 }

    public enum GridSampleMode { Nearest = 0, Bilinear = 2 }

    public enum GridSamplePaddingMode { Zeros = 0, Reflection = 1, Border = 2 }

    public static partial class nn
    {
        /// <summary>How a loss reduces its elements; numbered as in libtorch.</summary>
        public enum Reduction { None = 0, Mean = 1, Sum = 2 }

        public enum Activations { ReLU = 0, GELU = 1 }

        public enum NonLinearities { ReLU = 0, Tanh = 1 }
    }
}
