namespace BoxTeacher.Evaluation;

/// <summary>The order in which evaluation looks at detections.</summary>
internal static class ScoreOrder
{
    /// <summary>The places of the scores, the highest score first; equal ones in the order given.</summary>
    public static int[] Descending(ReadOnlySpan<double> scores)
    {
        var keys = new double[scores.Length];
        var places = new int[scores.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            (keys[i], places[i]) = (-scores[i], i);
        }
        Array.Sort(keys, places);
        for (var i = 0; i < keys.Length;)
        {
            var next = i + 1;
            while (next < keys.Length && keys[next] == keys[i])
            {
                next++;
            }
            places.AsSpan(i, next - i).Sort();
            i = next;
        }
        return places;
    }
}
