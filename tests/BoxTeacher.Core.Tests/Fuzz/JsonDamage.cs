using System.Text;
using System.Text.Json.Nodes;

namespace BoxTeacher.Tests.Fuzz;

/// <summary>Changes what valid JSON says, in the ways of people and of other programs: it stays valid, but is no longer true.</summary>
internal static class JsonDamage
{
    private static readonly string[] Values = ["null", "0", "-1", "1.0", "2.5", "1e2", "65535", "\"7\"", "\"sub\\\\a.jpg\"", "\"../a.jpg\"", "\"\"", "[]", "[[]]", "{}", "true"];

    public static byte[] Change(byte[] sample, Random random)
    {
        var root = JsonNode.Parse(sample)!;
        for (int rounds = 1 + random.Next(3); rounds > 0; rounds--)
        {
            var parents = Below(root).Where(node => node is JsonObject { Count: > 0 } or JsonArray { Count: > 0 }).ToList();
            Change(parents[random.Next(parents.Count)], random);
        }
        return Encoding.UTF8.GetBytes(root.ToJsonString());
    }

    private static void Change(JsonNode parent, Random random)
    {
        switch (parent)
        {
            case JsonObject fields:
                string[] keys = [.. fields.Select(field => field.Key)];
                string key = keys[random.Next(keys.Length)], other = keys[random.Next(keys.Length)];
                switch (random.Next(4))
                {
                    case 0:
                        (fields[key], fields[other]) = (fields[other]?.DeepClone(), fields[key]?.DeepClone());
                        break;
                    case 1:
                        fields.Remove(key);
                        break;
                    case 2:
                        // Another case, as between two tools.
                        fields[key] = fields[key] is JsonValue value && value.TryGetValue(out string? text) ? text.ToUpperInvariant() : JsonNode.Parse("1.0");
                        break;
                    default:
                        fields[key] = JsonNode.Parse(Values[random.Next(Values.Length)]);
                        break;
                }
                break;
            case JsonArray elements:
                int at = random.Next(elements.Count);
                switch (random.Next(3))
                {
                    case 0:
                        elements.Add(elements[at]?.DeepClone());
                        break;
                    case 1:
                        elements.RemoveAt(at);
                        break;
                    default:
                        elements[at] = JsonNode.Parse(Values[random.Next(Values.Length)]);
                        break;
                }
                break;
        }
    }

    private static IEnumerable<JsonNode> Below(JsonNode node) => node switch
    {
        JsonObject fields => fields.Select(field => field.Value).OfType<JsonNode>().SelectMany(Below).Prepend(node),
        JsonArray elements => elements.OfType<JsonNode>().SelectMany(Below).Prepend(node),
        _ => [node],
    };
}
