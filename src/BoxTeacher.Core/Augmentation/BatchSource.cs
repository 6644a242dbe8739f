using BoxTeacher.Structures;

namespace BoxTeacher.Augmentation;

/// <summary>
/// The batches of a run from a 0-based iteration on, normally without end. Tensors are made when a batch is asked for, in the dispose
/// scope of that moment.
/// </summary>
public delegate IEnumerable<Batch> BatchSource(long first);

/// <summary>Batches from loaders.</summary>
public static class BatchSources
{
    /// <summary>Labelled images alone.</summary>
    public static BatchSource Labelled(ViewLoader labelled) => first => labelled.Views(first).Select(views => new Batch(views));

    /// <summary>In each batch images of both kinds, as many as the loaders' orders say (mmdetection's fixed composition).</summary>
    public static BatchSource Both(ViewLoader labelled, ViewLoader unlabelled) => first =>
        labelled.Views(first).Zip(unlabelled.Views(first), (known, unknown) => new Batch(known, unknown));
}
