using System.Text.Encodings.Web;
using System.Text.Json;

namespace BoxTeacher.Training;

/// <summary>A key whose value two recipes do not have in common.</summary>
/// <param name="Key">Its path, names with dots in between.</param>
/// <param name="Before">The first recipe's value as JSON; null: it does not have the key.</param>
/// <param name="After">The second one's.</param>
internal sealed record RecipeDifference(string Key, string? Before, string? After);

/// <summary>The single values of recipes with their keys.</summary>
internal static class RecipeLeaves
{
    private static readonly JsonSerializerOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// The values of a recipe's JSON, each with its key, in order. A part's key is its name, its value where its code is.
    /// </summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Of(JsonElement recipe) => [.. Below("", recipe)];

    /// <summary>What two recipes do not have in common.</summary>
    public static IReadOnlyList<RecipeDifference> Between(Recipe before, Recipe after)
    {
        var (first, second) = (Values(before), Values(after));
        return [.. from key in first.Keys.Union(second.Keys)
                   let pair = (Before: first.GetValueOrDefault(key), After: second.GetValueOrDefault(key))
                   where pair.Before != pair.After
                   select new RecipeDifference(key, pair.Before, pair.After)];
    }

    private static Dictionary<string, string> Values(Recipe recipe)
    {
        using var json = JsonDocument.Parse(RecipeJson.Write(recipe));
        return Of(json.RootElement).ToDictionary();
    }

    private static IEnumerable<KeyValuePair<string, string>> Below(string path, JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => json.EnumerateObject().SelectMany(
            item => Below(path.Length == 0 ? item.Name : $"{path}.{item.Name}", item.Value)),
        JsonValueKind.Array when path == "parts" => json.EnumerateArray().Select(part => KeyValuePair.Create("part " + Text(part, "name"), Text(part, "source"))),
        // Stages and the like, each value by itself.
        JsonValueKind.Array when json.EnumerateArray().Any(item => item.ValueKind == JsonValueKind.Object) =>
            json.EnumerateArray().SelectMany((item, index) => Below($"{path}.{index}", item)),
        _ => [KeyValuePair.Create(path, JsonSerializer.Serialize(json, OneLine))],
    };

    private static string Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "";
}
