using System.Linq.Expressions;
using System.Reflection;

namespace BoxTeacher.Training;

/// <summary>Changes of records by typed keys.</summary>
public static class RecipeChange
{
    /// <summary>
    /// A copy with one value changed: <c>recipe.With(r => r.Solver.ClipNorm, 5)</c>. Every record on the way is copied; casts on the way
    /// say which kind of detector, method, ... is meant.
    /// </summary>
    /// <param name="record">A record of records.</param>
    /// <param name="key">The way to the value, properties and casts alone.</param>
    /// <param name="value">The new value.</param>
    /// <exception cref="RecipeException">A record on the way is of another kind, or is null; the message names it.</exception>
    /// <exception cref="ArgumentException">The key is no way to a value that can be set.</exception>
    public static T With<T, TValue>(this T record, Expression<Func<T, TValue>> key, TValue value) where T : class
    {
        var way = new Stack<PropertyInfo>();
        for (var at = key.Body; at is not ParameterExpression;)
        {
            (var property, at) = at switch
            {
                MemberExpression { Member: PropertyInfo found, Expression: { } owner } => (found, owner),
                UnaryExpression { NodeType: ExpressionType.Convert or ExpressionType.TypeAs, Operand: { } operand } => (null, operand),
                _ => throw new ArgumentException($"{key} is no way to a value", nameof(key)),
            };
            if (property is not null)
            {
                way.Push(property);
            }
        }

        return way.Count > 0 ? (T)Changed(record, [.. way], value) : throw new ArgumentException($"{key} is no way to a value", nameof(key));
    }

    private static object Changed(object record, ReadOnlySpan<PropertyInfo> way, object? value)
    {
        var property = way[0];
        if (!property.DeclaringType!.IsInstanceOfType(record))
        {
            throw new RecipeException($"{record.GetType().Name} has no {property.Name}; a {property.DeclaringType.Name} has");
        }

        if (!property.CanWrite)
        {
            throw new ArgumentException($"{property.Name} follows from other values of a {property.DeclaringType.Name} and cannot be set", nameof(way));
        }

        var copy = record.GetType().GetMethod("<Clone>$")?.Invoke(record, null)
            ?? throw new ArgumentException($"{record.GetType().Name} is no record", nameof(record));
        property.SetValue(copy, way.Length == 1 ? value : Changed(Part(record, property), way[1..], value));
        return copy;
    }

    private static object Part(object record, PropertyInfo property) => property.GetValue(record)
        ?? throw new RecipeException($"{property.Name} of this {record.GetType().Name} is null; nothing in it can be changed");
}
