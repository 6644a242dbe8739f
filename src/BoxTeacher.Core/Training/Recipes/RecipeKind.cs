using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace BoxTeacher.Training;

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
    public static IReadOnlyList<(string Name, Type Type)> Of(Type place) =>
    [
        .. from assembly in AppDomain.CurrentDomain.GetAssemblies()
           where assembly == place.Assembly || assembly.GetReferencedAssemblies().Any(other => other.FullName == place.Assembly.FullName)
           from type in Types(assembly)
           where !type.IsAbstract && place.IsAssignableFrom(type)
           let kind = type.GetCustomAttribute<RecipeKindAttribute>()
           where kind is not null
           orderby kind.Name
           select (kind.Name, type),
    ];

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
