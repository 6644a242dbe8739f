namespace BoxTeacher.Structures;

/// <summary>The bins of a box on a feature map; see <c>RoiAlign.Apply</c>.</summary>
internal readonly record struct RoiGrid(int Size, double Scale, int SamplingRatio, bool Aligned);
