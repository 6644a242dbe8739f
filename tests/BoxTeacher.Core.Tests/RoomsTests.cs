using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace BoxTeacher.Tests;

/// <summary>The rooms of the core: one namespace each, each of which uses only those before it.</summary>
public sealed partial class RoomsTests
{
    private const string Root = "BoxTeacher.";
    private const int Columns = 140;

    /// <summary>In the order in which they may use each other, those before only.</summary>
    private static readonly string[] Rooms =
    [
        "Files", "Processes", "Structures", "Masks", "Torch", "Kernels", "Layers", "Losses", "Data", "Augmentation", "Backbones", "Detectors", "Methods",
        "Evaluation", "Training",
    ];

    // .NET looks for a class of this name outside of all namespaces.
    private const string Hook = "StartupHook.cs";

    // What the Kernels room shows to the others.
    private static readonly string[] Doors = ["FusedKernels", "KnownGradient"];

    private static readonly IReadOnlyList<SourceFile> Core = SourceFile.Below("src/BoxTeacher.Core", "*.cs");

    [Fact]
    public void Every_file_lies_in_the_folder_of_its_namespace()
    {
        Assert.True(Core.Count > 100);
        Assert.Equal(Rooms.Order(), Core.Select(file => file.Folder).Distinct().Order());
        None(
            from file in Core
            where file.Namespace != Root + file.Folder && System.IO.Path.GetFileName(file.Path) != Hook
            select $"{file.Path}: {file.Namespace}");
    }

    [Fact]
    public void A_room_uses_only_those_before_it()
    {
        var names = $"(?<![.\\w]){Regex.Escape(Root)}({string.Join('|', Rooms)})\\b";
        var types = Rooms.ToDictionary(room => room, room => Core.Where(file => file.Folder == room).SelectMany(file => file.Types).ToHashSet());
        var partly = $"(?<![.\\w])({string.Join('|', Rooms)})\\.(\\w+)";
        var wrong = from file in Core
                    let named = Regex.Matches(file.Code, names).Select(match => match.Groups[1].Value)
                        .Concat(Regex.Matches(file.Code, partly)
                            .Where(match => types[match.Groups[1].Value].Contains(match.Groups[2].Value))
                            .Select(match => match.Groups[1].Value))
                    from room in named.Distinct()
                    where Array.IndexOf(Rooms, room) > Array.IndexOf(Rooms, file.Folder)
                    select $"{file.Path} uses {room}";

        None(wrong);
    }

    /// <summary>Extension methods and types of the own parent namespace need no using; that no type stands there closes this way.</summary>
    [Fact]
    public void No_type_stands_outside_of_the_rooms() => Assert.DoesNotContain(Core, file => file.Namespace == Root.TrimEnd('.'));

    [Fact]
    public void Fused_code_is_reached_through_its_door_alone()
    {
        var inside = Core.Where(file => file.Folder == "Kernels").SelectMany(file => file.Types).Except(Doors).ToHashSet();
        Assert.Contains("PairKernel", inside);

        None(
            from file in Core
            where file.Folder != "Kernels"
            from name in file.Identifiers.Where(inside.Contains).Distinct()
            select $"{file.Path} names {name}");
    }

    /// <summary>Texts in a line do not count: a message is easier to find in one piece.</summary>
    [Fact]
    public void No_line_is_longer_than_the_page_is_wide() => None(
        from file in AllSources()
        from line in WithoutTexts(file.Text).Split('\n').Index()
        where line.Item.Length > Columns
        select $"{file.Path}:{line.Index + 1}: {line.Item.Length} columns");

    [Fact]
    public void Names_are_spelled_in_American_English()
    {
        var british = new Regex("colour|centre|normalis|neighbour|grey", RegexOptions.IgnoreCase);

        None(
            from file in AllSources()
            from name in file.Identifiers.Where(name => british.IsMatch(name)).Distinct()
            select $"{file.Path}: {name}");
    }

    [Fact]
    public void The_reader_of_sources_leaves_texts_and_comments_out()
    {
        const string Source = """"
            namespace A.B; // Losses.One
            /* Losses.Two */
            public sealed class C<T> { class Inner; string s = "Losses.Three \" {"; string t = $"a {Name.Four:F2} {{Five}}"; char c = '"'; /// <see cref="Six"/>
            string u = @"Seven""Eight"; string v = """Nine "Ten" """; }
            public delegate int? Eleven(int x);
            """";

        var file = new SourceFile("src/Core/B/C.cs", Source);

        Assert.Equal("A.B", file.Namespace);
        Assert.Equal(["C", "Eleven"], file.Types);
        Assert.DoesNotContain("Losses", file.Code, StringComparison.Ordinal);
        Assert.Contains("Four", file.Identifiers);
        Assert.Empty(file.Identifiers.Intersect(["Two", "Three", "Five", "Six", "Seven", "Eight", "Nine", "Ten"]));
    }

    private static string WithoutTexts(string source)
    {
        var brief = Regex.Replace(source, "\"\"\"[\\s\\S]*?\"\"\"", text => new string('\n', text.Value.Count(letter => letter == '\n')));
        return Regex.Replace(brief, "\"(?:\\\\.|[^\"\\\\\n])*\"", "");
    }

    private static void None(IEnumerable<string> offenders) =>
        Assert.True(!offenders.Any(), string.Join('\n', offenders.Prepend("there are some:")));

    private static IEnumerable<SourceFile> AllSources() => SourceFile.Below("src", "*.cs").Concat(SourceFile.Below("src", "*.fs"));

    /// <summary>A source file and what can be read off it without a compiler.</summary>
    private sealed partial class SourceFile(string path, string text)
    {
        /// <summary>Relative to the repository.</summary>
        public string Path => path;

        public string Text => text;

        /// <summary>The folder within the project.</summary>
        public string Folder => path.Split('/') is { Length: > 3 } parts ? parts[2] : "";

        /// <summary>The text without comments and without what stands in strings; holes of interpolated strings are code.</summary>
        public string Code { get; } = Strip(text, path.EndsWith(".fs", StringComparison.Ordinal));

        public string Namespace => NamespaceLine().Match(Code).Groups[1].Value;

        /// <summary>Those that stand in no other type.</summary>
        public IEnumerable<string> Types => TypeDeclaration().Matches(Code).Concat(DelegateDeclaration().Matches(Code)).Select(match => match.Groups[1].Value);

        public IEnumerable<string> Identifiers => Word().Matches(Code).Select(match => match.Value);

        public static IReadOnlyList<SourceFile> Below(string folder, string pattern) =>
        [
            .. from file in Directory.EnumerateFiles(System.IO.Path.Combine(Repository.Folder, folder), pattern, SearchOption.AllDirectories)
               let relative = System.IO.Path.GetRelativePath(Repository.Folder, file).Replace('\\', '/')
               where !relative.Contains("/obj/", StringComparison.Ordinal) && !relative.Contains("/bin/", StringComparison.Ordinal)
               orderby relative
               select new SourceFile(relative, File.ReadAllText(file)),
        ];

        private static string Strip(string text, bool isFSharp)
        {
            var code = new StringBuilder();
            for (var i = 0; i < text.Length;)
            {
                var rest = text.AsSpan(i);
                if (rest.StartsWith("//"))
                {
                    i = End(text, "\n", i);
                }
                else if (!isFSharp && rest.StartsWith("/*"))
                {
                    i = End(text, "*/", i + 2) + 2;
                }
                else if (isFSharp && rest.StartsWith("(*") && !rest.StartsWith("(*)"))
                {
                    i = End(text, "*)", i + 2) + 2;
                }
                else if (Character().Match(text, i) is { Success: true } character && character.Index == i)
                {
                    i += character.Length;
                }
                else if (StringStart().Match(text, i) is { Success: true } start && start.Index == i)
                {
                    i = SkipString(text, i, start, code);
                }
                else
                {
                    code.Append(text[i++]);
                }
            }

            return code.ToString();
        }

        /// <summary>Goes to the end of a string; the code in its holes is kept.</summary>
        private static int SkipString(string text, int i, Match start, StringBuilder code)
        {
            var (marks, quotes) = (start.Groups[1].Value, start.Groups[2].Value);
            var (isRaw, isVerbatim, holes) = (quotes.Length > 2, marks.Contains('@'), marks.Count(mark => mark == '$'));
            i += start.Length;
            code.Append("\"\"");
            while (i < text.Length)
            {
                if (isRaw ? text.AsSpan(i).StartsWith(quotes) : text[i] == '"' && !(isVerbatim && text.AsSpan(i).StartsWith("\"\"")))
                {
                    return i + quotes.Length;
                }

                if (holes > 0 && !isRaw && text.AsSpan(i).StartsWith("{{"))
                {
                    i += 2;
                }
                else if (holes > 0 && text.AsSpan(i).StartsWith(new string('{', isRaw ? holes : 1)))
                {
                    var end = HoleEnd(text, i);
                    code.Append(' ').Append(text, i, end - i).Append(' ');
                    i = end;
                }
                else
                {
                    i += !isRaw && text[i] == (isVerbatim ? '"' : '\\') ? 2 : 1;
                }
            }

            return i;
        }

        private static int HoleEnd(string text, int i)
        {
            for (var depth = 0; i < text.Length; i++)
            {
                depth += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
                if (depth == 0)
                {
                    return i + 1;
                }
            }

            return i;
        }

        private static int End(string text, string mark, int from) => text.IndexOf(mark, from, StringComparison.Ordinal) is >= 0 and var end ? end : text.Length;

        [GeneratedRegex(@"^\s*namespace\s+([\w.]+)", RegexOptions.Multiline)]
        private static partial Regex NamespaceLine();

        [GeneratedRegex(@"^(?:(?:public|internal|file|static|sealed|abstract|partial|readonly|ref|unsafe) +)*(?:class|record struct|record class|record|struct|interface|enum) +([A-Z]\w*)", RegexOptions.Multiline)]
        private static partial Regex TypeDeclaration();

        [GeneratedRegex(@"^(?:public|internal) +delegate +[\w<>\[\],.? ]+? (\w+)(?:<[^>]*>)?\(", RegexOptions.Multiline)]
        private static partial Regex DelegateDeclaration();

        [GeneratedRegex(@"\b[A-Za-z_]\w*")]
        private static partial Regex Word();

        [GeneratedRegex("'(?:\\\\.[^']*|[^'\\\\\\n])'")]
        private static partial Regex Character();

        [GeneratedRegex("([$@]*)(\"\"\"+|\")")]
        private static partial Regex StringStart();
    }
}
