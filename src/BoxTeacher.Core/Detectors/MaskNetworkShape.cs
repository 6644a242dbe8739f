namespace BoxTeacher.Detectors;

/// <summary>
/// Shape of the network that is generated per instance, and where its numbers stand in one row of K: the weights of all layers,
/// each row-major out x in, then the biases of all layers.
/// </summary>
/// <param name="FeatureChannels">Channels of the mask features.</param>
/// <param name="Channels">Width of the hidden layers.</param>
/// <param name="Layers">Number of layers, at least 2; the last has one row.</param>
/// <param name="RelativeCoordinates">Whether the first layer also reads x and y, before the features.</param>
internal sealed record MaskNetworkShape(int FeatureChannels, int Channels, int Layers, bool RelativeCoordinates)
{
    /// <summary>Coordinates that the first layer reads, 0 or 2.</summary>
    public int Coordinates => RelativeCoordinates ? 2 : 0;

    /// <summary>K.</summary>
    public int ParameterCount => BiasOffset(Layers - 1) + 1;

    /// <summary>Outputs of a layer.</summary>
    public int Rows(int layer) => layer == Layers - 1 ? 1 : Channels;

    /// <summary>Inputs of a layer.</summary>
    public int Columns(int layer) => layer == 0 ? Coordinates + FeatureChannels : Channels;

    /// <summary>Where a layer's weights begin.</summary>
    public int WeightOffset(int layer) => layer == 0 ? 0 : Channels * (Columns(0) + (layer - 1) * Channels);

    /// <summary>Where a layer's biases begin.</summary>
    public int BiasOffset(int layer) => WeightOffset(Layers - 1) + Channels + layer * Channels;
}
