using System.Globalization;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Text.Json.Serialization;
using System.Text.Json;
using System.Text.RegularExpressions;
using BoxTeacher.Torch;

namespace BoxTeacher.Training;

/// <summary>
/// Recipes as JSON. Reading is strict: unknown keys, missing keys, wrong types and values out of range are refused by name. Writing and
/// reading back gives an equal text.
/// </summary>
public static class RecipeJson
{
    private static KnownKinds? _cached;

    // Kinds of recipes may come with every assembly, such as a notebook's next cell.
    private static JsonSerializerOptions Options
    {
        get
        {
            var (count, known) = (AppDomain.CurrentDomain.GetAssemblies().Length, _cached);
            if (known?.Assemblies != count)
            {
                _cached = known = new KnownKinds(count, NewOptions());
            }

            return known.Options;
        }
    }

    private sealed record KnownKinds(int Assemblies, JsonSerializerOptions Options);

    private static JsonSerializerOptions NewOptions() => new()
    {
        TypeInfoResolver = new RecipeKindResolver(),
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
        Converters = { new RecipeWords() },
    };

    private static readonly JsonDocumentOptions DocumentOptions = new()
    {
        CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true,
    };

    private static readonly IReadOnlyList<string> PrecisionKeys =
        [.. typeof(PrecisionRecipe).GetProperties().Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name))];

    /// <summary>The recipe as indented JSON, keys in camel case.</summary>
    public static string Write(Recipe recipe) => JsonSerializer.Serialize(recipe, Options);

    /// <summary>What JSON calls a record's kind, such as boxTeacher.</summary>
    /// <param name="record">A detector's, a method's, an optimizer's or a schedule's.</param>
    public static string KindOf(object record) => record.GetType().GetCustomAttribute<RecipeKindAttribute>()?.Name ?? record.GetType().Name;

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
            recipe = JsonSerializer.Deserialize<Recipe>(WithoutShortForms(text), Options) ?? throw new RecipeException($"{source}: is null");
        }
        catch (Exception error) when (error is JsonException or NotSupportedException)
        {
            throw new RecipeException($"{source}: {Describe(error)}", error);
        }

        return recipe.Problems().FirstOrDefault() is { } problem ? throw new RecipeException($"{source}: {problem}") : recipe;
    }

    // An augmentation may leave out its kind where it is sharedGeometry, and one word may stand for all precisions. A text with faults is
    // left to the reader, which names them.
    private static string WithoutShortForms(string text)
    {
        try
        {
            if (JsonNode.Parse(text, documentOptions: DocumentOptions with { AllowDuplicateProperties = false }) is JsonObject recipe)
            {
                var views = recipe["augmentation"] as JsonObject;
                var word = recipe["precision"] as JsonValue;
                if (views?.ContainsKey("kind") is false)
                {
                    views.Insert(0, "kind", "sharedGeometry");
                }

                if (word?.GetValueKind() == JsonValueKind.String)
                {
                    recipe["precision"] = new JsonObject(PrecisionKeys.Select(key => KeyValuePair.Create(key, (JsonNode?)word.DeepClone())));
                }

                return recipe.ToJsonString();
            }
        }
        catch (JsonException)
        {
            // The reader says what is wrong.
        }

        return text;
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
        for (var depth = 1; depth < parts.Length; depth++)
        {
            node = Child(recipe, node, parts[..depth], key);
        }

        var given = Value(value);
        switch (node)
        {
            case JsonObject parent when parent.ContainsKey(parts[^1]) && parts[^1] != "kind":
                parent[parts[^1]] = given;
                break;
            case JsonArray list when Position(list, parts[^1]) is { } position:
                list[position] = given;
                break;
            default:
                throw new RecipeException($"{key}: no such key; there are {Keys(node)}");
        }

        try
        {
            return Parse(root.ToJsonString(), $"{key}={value}");
        }
        catch (RecipeException error) when (Allowed(recipe, parts) is { } allowed && error.InnerException is JsonException)
        {
            var what = given is JsonObject ? $"{error.Message};" : $"{key}={value}:";
            throw new RecipeException($"{what} {key} takes {allowed}", error);
        }
    }

    private static JsonNode Child(Recipe recipe, JsonNode node, string[] path, string key)
    {
        var name = path[^1];
        var isThere = node is JsonObject item && item.ContainsKey(name);
        return (node is JsonArray list ? Position(list, name) is { } position ? list[position] : null : (node as JsonObject)?[name])
            ?? throw new RecipeException(isThere
                ? $"{key}: {string.Join('.', path)} is null; set it whole, {string.Join('.', path)}={{{Whole(recipe, path)}}}"
                : $"{key}: no such key at '{name}'; there are {Keys(node)}");
    }

    /// <summary>The keys of an object that is null, as a pattern for its JSON.</summary>
    private static string Whole(Recipe recipe, string[] path) =>
        string.Join(", ", (TypeAt(recipe, path)?.GetConstructors() ?? [])
            .Select(constructor => constructor.GetParameters()).MaxBy(parameters => parameters.Length)?
            .Select(parameter => $"\"{JsonNamingPolicy.CamelCase.ConvertName(parameter.Name!)}\": ...") ?? ["..."]);

    private static int? Position(JsonArray list, string name) =>
        int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < list.Count ? index : null;

    private static string Keys(JsonNode node) => node switch
    {
        JsonObject item => string.Join(", ", item.Select(pair => pair.Key).Where(name => name != "kind")),
        JsonArray list => $"0..{list.Count - 1}",
        _ => "none",
    };

    /// <summary>The type of the value at a key; null where the key leads to something else than a value of a record.</summary>
    private static Type? TypeAt(Recipe recipe, IReadOnlyList<string> parts)
    {
        object? at = recipe;
        Type? type = null;
        foreach (var part in parts)
        {
            var property = PropertyOf(at?.GetType(), part);
            if (property is null)
            {
                return null;
            }

            (at, type) = (property.GetValue(at), property.PropertyType);
        }

        return type;
    }

    private static PropertyInfo? PropertyOf(Type? record, string? key) =>
        record?.GetProperties().FirstOrDefault(candidate => JsonNamingPolicy.CamelCase.ConvertName(candidate.Name) == key);

    /// <summary>What may stand at a key, in words; null where the key leads to something else than a value of a record.</summary>
    private static string? Allowed(Recipe recipe, IReadOnlyList<string> parts)
    {
        if (TypeAt(recipe, parts) is not { } type)
        {
            return null;
        }

        var value = Nullable.GetUnderlyingType(type) ?? type;
        var words = value switch
        {
            { IsEnum: true } => Words(value),
            _ when value == typeof(PrecisionRecipe) => $"{Words(typeof(Precision))}, or an object of {string.Join(", ", PrecisionKeys)}",
            _ when value == typeof(int) || value == typeof(long) => "a whole number",
            _ when value == typeof(double) => "a number",
            _ when value == typeof(bool) => "true or false",
            _ when value == typeof(string) => "a text",
            _ when value == typeof(DeviceName) => "cpu, cuda or cuda:N",
            { IsAbstract: true } when RecipeKindResolver.Of(value) is { Count: > 0 } kinds =>
                $"an object of kind {string.Join(", ", kinds.Select(kind => kind.Name))}",
            _ => null,
        };
        return words is not null && value != type ? $"{words}, or null" : words;
    }

    private static string Words(Type values) =>
        string.Join(", ", Enum.GetNames(values).Select(JsonNamingPolicy.CamelCase.ConvertName));

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
        else if (reason.Contains("must specify a type discriminator", StringComparison.Ordinal))
        {
            reason = "missing key kind";
        }
        else if (reason.Contains("is not supported by polymorphic type", StringComparison.Ordinal))
        {
            reason += " (it needs a [RecipeKind])";
        }
        else if (reason.Contains("could not be converted", StringComparison.Ordinal))
        {
            // The record stands in .NET's message alone.
            var record = typeof(Recipe).Assembly.GetType(Regex.Match(reason, @"could not be converted to ([\w.+]+)\.").Groups[1].Value);
            var key = (error as JsonException)?.Path?.Split('.')[^1];
            var type = PropertyOf(record, key)?.PropertyType;
            var value = type is null ? null : Nullable.GetUnderlyingType(type) ?? type;
            reason = $"the value is of the wrong kind{(value is { IsEnum: true } ? $"; it takes {Words(value)}" : "")}";
        }
        return error is JsonException { Path: { Length: > 2 } path } ? $"{path[2..]}: {reason}" : reason;
    }
}

/// <summary>
/// What JSON calls a kind of detector, method, optimizer or schedule (<c>"kind": "boxTeacher"</c>). A record that has it is read and
/// written wherever it is defined, in a user's own assembly too.
/// </summary>
/// <param name="name">Unique among those that may stand in the same place.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class RecipeKindAttribute(string name) : Attribute
{
    /// <summary>The kind's name.</summary>
    public string Name => name;
}

/// <summary>Tells System.Text.Json of the kinds.</summary>
internal sealed class RecipeKindResolver : DefaultJsonTypeInfoResolver
{
    /// <inheritdoc/>
    public override JsonTypeInfo GetTypeInfo(Type type, JsonSerializerOptions options)
    {
        var info = base.GetTypeInfo(type, options);
        if (info.Kind != JsonTypeInfoKind.Object)
        {
            return info;
        }

        // What is computed from the other values is no part of the text.
        foreach (var computed in info.Properties.Where(property => property.Set is null && property.AssociatedParameter is null).ToList())
        {
            info.Properties.Remove(computed);
        }

        if (type is { IsAbstract: true, IsSealed: false } && Of(type) is { Count: > 0 } kinds)
        {
            info.PolymorphismOptions = new JsonPolymorphismOptions { TypeDiscriminatorPropertyName = "kind" };
            foreach (var (name, kind) in kinds)
            {
                info.PolymorphismOptions.DerivedTypes.Add(new JsonDerivedType(kind, name));
            }
        }

        return info;
    }

    /// <summary>The kinds that may stand in the place of an abstract record.</summary>
    /// <exception cref="RecipeException">Two assemblies have a kind of one name.</exception>
    public static IReadOnlyList<(string Name, Type Type)> Of(Type place)
    {
        var core = place.Assembly;
        var found = from assembly in AppDomain.CurrentDomain.GetAssemblies()
                    where assembly == core || assembly.GetReferencedAssemblies().Any(other => other.FullName == core.FullName)
                    from type in Types(assembly)
                    where !type.IsAbstract && place.IsAssignableFrom(type)
                    let kind = type.GetCustomAttribute<RecipeKindAttribute>()
                    where kind is not null
                    group type by kind.Name into named
                    orderby named.Key
                    select (named.Key, One(named.Key, [.. named]));
        return [.. found];
    }

    // A cell of a notebook that is run again defines its types anew; the last ones are meant.
    private static Type One(string name, Type[] types)
    {
        var compiled = types.Count(type => !type.Assembly.IsDynamic && type.Assembly.Location.Length > 0);
        if (compiled > 1)
        {
            var where = string.Join(" and ", types.Select(type => type.AssemblyQualifiedName));
            throw new RecipeException($"two kinds are called {name}: {where}");
        }

        return types[^1];
    }

    private static Type[] Types(Assembly assembly)
    {
        try
        {
            return assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException error)
        {
            return [.. error.Types.OfType<Type>()];
        }
    }
}

/// <summary>A recipe is refused; the message names the file and the key.</summary>
public sealed class RecipeException : Exception
{
    /// <summary>With a message only.</summary>
    public RecipeException(string message)
        : base(message)
    {
    }

    /// <summary>With the error that it came from.</summary>
    public RecipeException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Without a message.</summary>
    public RecipeException()
    {
    }
}
