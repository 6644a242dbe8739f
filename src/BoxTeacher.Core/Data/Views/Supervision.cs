namespace BoxTeacher.Data;

/// <summary>Which labels a teaching method may see.</summary>
public enum Supervision
{
    /// <summary>Boxes and classes.</summary>
    Boxes,

    /// <summary>Boxes, classes and masks.</summary>
    Masks,
}
