using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace BoxTeacher.Training;

/// <summary>
/// Recipes as JSON. Reading is strict: unknown keys, missing keys, wrong types and values out of range are refused by name. Writing and
/// reading back gives an equal text.
/// </summary>
public static class RecipeJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowOutOfOrderMetadataProperties = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    private static readonly JsonDocumentOptions DocumentOptions = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>The recipe as indented JSON, keys in camel case.</summary>
    public static string Write(Recipe recipe) => JsonSerializer.Serialize(recipe, Options);

    /// <summary>Reads a recipe file.</summary>
    /// <exception cref="RecipeException">The file cannot be read or is no valid recipe; the message names file and key.</exception>
    public static Recipe Read(string file)
    {
        string text;
        try
        {
            text = File.ReadAllText(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RecipeException($"{file}: {error.Message}", error);
        }
        return Parse(text, file);
    }

    /// <summary>Reads a recipe from a text; <paramref name="source"/> is how errors call it.</summary>
    /// <exception cref="RecipeException">The text is no valid recipe; the message names source and key.</exception>
    public static Recipe Parse(string text, string source = "recipe")
    {
        Recipe recipe;
        try
        {
            recipe = JsonSerializer.Deserialize<Recipe>(text, Options) ?? throw new RecipeException($"{source}: is null");
        }
        catch (Exception error) when (error is JsonException or NotSupportedException)
        {
            throw new RecipeException($"{source}: {Describe(error)}", error);
        }
        RecipeCheck.Check(recipe, source);
        return recipe;
    }

    /// <summary>
    /// A copy with one value changed: <c>Set(recipe, "solver.optimizer.learningRate", "0.01")</c>. The value is JSON; what is not JSON is
    /// taken as a string.
    /// </summary>
    /// <exception cref="RecipeException">The key does not exist or the value does not fit it.</exception>
    public static Recipe Set(Recipe recipe, string key, string value)
    {
        var root = JsonSerializer.SerializeToNode(recipe, Options)!;
        var parts = key.Split('.');
        var node = root;
        foreach (var part in parts[..^1])
        {
            node = Child(node, part, key);
        }
        if (node is not JsonObject parent || !parent.ContainsKey(parts[^1]))
        {
            throw new RecipeException($"{key}: no such key; there are {Keys(node)}");
        }
        parent[parts[^1]] = Value(value);
        return Parse(root.ToJsonString(), $"{key}={value}");
    }

    private static JsonNode Child(JsonNode node, string name, string key) =>
        (node as JsonObject)?[name] ?? throw new RecipeException($"{key}: no such key at '{name}'; there are {Keys(node)}");

    private static string Keys(JsonNode node) => node is JsonObject item ? string.Join(", ", item.Select(pair => pair.Key)) : "none";

    private static JsonNode? Value(string text)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: DocumentOptions);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }

    /// <summary>The key's path, then the reason: our words for the usual ones, else .NET's without the position that it appends.</summary>
    private static string Describe(Exception error)
    {
        const string Missing = "missing required properties including: ";
        var reason = error.Message;
        var appendix = reason.IndexOf(" Path: ", StringComparison.Ordinal);
        reason = appendix < 0 ? reason : reason[..appendix];
        if (reason.Contains("could not be mapped to any .NET member", StringComparison.Ordinal))
        {
            reason = "unknown key";
        }
        else if (reason.IndexOf(Missing, StringComparison.Ordinal) is >= 0 and var at)
        {
            reason = "missing key " + reason[(at + Missing.Length)..].TrimEnd('.');
        }
        else if (reason.Contains("could not be converted", StringComparison.Ordinal))
        {
            reason = "the value is of the wrong kind";
        }
        return error is JsonException { Path: { Length: > 2 } path } ? $"{path[2..]}: {reason}" : reason;
    }
}
