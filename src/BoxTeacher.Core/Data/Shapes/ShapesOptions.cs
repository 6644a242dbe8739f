namespace BoxTeacher.Data;

/// <summary>What the Shapes scenes are like.</summary>
public sealed record ShapesOptions
{
    /// <summary>Number of scenes to train on.</summary>
    public int TrainScenes { get; init; } = 1000;

    /// <summary>Number of scenes to validate on.</summary>
    public int ValScenes { get; init; } = 120;

    /// <summary>Height and width of a scene in pixels.</summary>
    public int SceneSize { get; init; } = 128;

    /// <summary>The most objects in a scene; there is at least one.</summary>
    public int MaxObjects { get; init; } = 5;

    /// <summary>Least diameter of an object in pixels.</summary>
    public int MinDiameter { get; init; } = 24;

    /// <summary>Greatest diameter of an object in pixels.</summary>
    public int MaxDiameter { get; init; } = 80;

    /// <summary>Share of the objects that take their colors from the background.</summary>
    public double CamouflageShare { get; init; } = 0.12;

    /// <summary>The least part of an object that stays in view when others lie over it.</summary>
    public double MinVisible { get; init; } = 0.6;

    /// <summary>JPEG quality, 1 to 100.</summary>
    public int JpegQuality { get; init; } = 92;

    /// <summary>Fails, naming the option, unless every option is in range.</summary>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(TrainScenes);
        ArgumentOutOfRangeException.ThrowIfNegative(ValScenes);
        ArgumentOutOfRangeException.ThrowIfLessThan(SceneSize, 32);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(SceneSize, 4096);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxObjects, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MinDiameter, 8);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDiameter, MinDiameter);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxDiameter, SceneSize);
        ArgumentOutOfRangeException.ThrowIfNegative(CamouflageShare);
        ArgumentOutOfRangeException.ThrowIfNegative(MinVisible);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MinVisible, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(JpegQuality, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(JpegQuality, 100);
    }
}
