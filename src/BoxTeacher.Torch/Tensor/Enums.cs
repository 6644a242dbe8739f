namespace TorchSharp;

public static partial class torch
{
    /// <summary>How a quotient is rounded.</summary>
    public enum RoundingMode
    {
        None = 0, trunc = 1, floor = 2,
    }
}

/// <summary>How distances between rows are computed (torch.cdist).</summary>
public enum compute_mode
{
    use_mm_for_euclid_dist_if_necessary = 0, use_mm_for_euclid_dist = 1, donot_use_mm_for_euclid_dist = 2,
}

/// <summary>How values meet at one index.</summary>
public enum Reduce
{
    prod = 0, mean = 1, amax = 2, amin = 3,
}

/// <summary>Where a Fourier transform is scaled.</summary>
public enum FFTNormType
{
    Backward = 0, Forward = 1, Ortho = 2,
}

/// <summary>How a tensor is printed.</summary>
public enum TensorStringStyle
{
    Metadata = 0, Julia = 1, Numpy = 2, CSharp = 3, Default = 4,
}

/// <summary>How a tensor is laid out.</summary>
public enum layout
{
    strided = 0, sparse_coo = 1,
}

/// <summary>In which order dimensions lie in memory.</summary>
public enum memory_format
{
    preserve_format = 0, contiguous_format = 1, channels_last = 2,
}
