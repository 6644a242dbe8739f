using System.IO.Compression;
using System.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Torch;

/// <summary>
/// Reads the weights in files that Python wrote: torch.save's zip archives and its older form, and pickles of numpy arrays
/// (.pkl). Only tensors and plain containers are read. A pickle that asks for anything else is refused by name, and
/// nothing in it is executed.
/// </summary>
internal static class PthReader
{
    private const int DeepestNesting = 64;
    private const int MostEntries = 1 << 20;
    private const long LongestPickle = 1L << 30;
    private static readonly BigInteger Magic =
        BigInteger.Parse("119547037146038801333356", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>
    /// Reads the tensors of a file by name: names of nested dictionaries are joined by dots, other values are left out.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <returns>Tensors on the CPU, in the caller's dispose scope. None requires a gradient.</returns>
    /// <exception cref="InvalidDataException">The file is broken, or holds what is neither a tensor nor a plain container.</exception>
    public static Dictionary<string, Tensor> ReadTensors(string path)
    {
        using var scope = NewDisposeScope();
        var result = new Dictionary<string, Tensor>();
        var visited = 0;
        Flatten(ReadTree(path), "", 0, ref visited, result, [], path);
        foreach (var tensor in result.Values)
        {
            tensor.MoveToOuterDisposeScope();
        }
        return result;
    }

    private static void Flatten(
        object? value, string name, int depth, ref int visited, Dictionary<string, Tensor> result, HashSet<Tensor> seen, string path)
    {
        // A dictionary may stand in a dictionary twice, and in that one again: few bytes, and more ways through them than can be walked.
        if (depth > DeepestNesting || ++visited > MostEntries)
        {
            throw new InvalidDataException($"{path}: nested too deeply, or too many entries");
        }
        if (value is Tensor tensor)
        {
            // An object that stands under two names becomes two objects over the same elements.
            result[name] = seen.Add(tensor) ? tensor : tensor.alias();
        }
        else if (value is OrderedDictionary<object, object?> dictionary)
        {
            foreach (var (key, item) in dictionary)
            {
                Flatten(item, name.Length == 0 ? $"{key}" : $"{name}.{key}", depth + 1, ref visited, result, seen, path);
            }
        }
    }

    private static object? ReadTree(string path)
    {
        using var guard = no_grad();
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        var first = file.ReadByte();
        var second = file.ReadByte();
        file.Position = 0;
        return (first, second) switch
        {
            ('P', 'K') => OfArchive(path, () => ReadZip(file, path)),
            (0x80, _) or ('(' or '}' or ']' or 'c', _) => ReadPickles(file, path),
            _ => throw new InvalidDataException($"{path}: neither a zip archive nor a pickle"),
        };
    }

    private static object? ReadZip(FileStream file, string path)
    {
        using var zip = new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true);
        var pickle = zip.Entries.FirstOrDefault(e => e.Name == "data.pkl")
            ?? throw new InvalidDataException($"{path}: a zip archive without data.pkl");
        var root = pickle.FullName[..^"data.pkl".Length];
        if (zip.GetEntry(root + "byteorder") is { } order)
        {
            using var reader = new StreamReader(order.Open());
            if (reader.ReadToEnd().Trim() is not "little" and var other)
            {
                throw new InvalidDataException($"{path}: byte order '{other}' is not supported");
            }
        }
        var storages = new Dictionary<string, PickledStorage>();
        object? Persistent(object? id)
        {
            var (type, key, count, _) = PickleGlobals.Storage(id, path);
            if (!storages.TryGetValue(key, out var storage))
            {
                storages[key] = storage = new PickledStorage(ReadStorage(zip, $"{root}data/{key}", type, count, path));
            }
            return storage.Elements.dtype == type
                ? storage : throw new InvalidDataException($"{path}: storage '{key}' is used with two element types");
        }
        if (pickle.Length > LongestPickle || IsBomb(pickle))
        {
            throw new InvalidDataException($"{path}: a pickle of {pickle.Length} bytes is too large");
        }
        using var stream = new BufferedStream(pickle.Open(), 1 << 16);
        return new PickleReader(stream, pickle.Length, path, (module, name) => PickleGlobals.Find(module, name, path), Persistent).Read();
    }

    /// <summary>What reading gives; what the archive itself says is said of the file.</summary>
    private static object? OfArchive(string path, Func<object?> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (
            e is InvalidDataException or (IOException and not (FileNotFoundException or DirectoryNotFoundException))
            && !e.Message.StartsWith(path, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"{path}: broken zip archive (is the file complete?): {e.Message}", e);
        }
    }

    /// <summary>Deflate shrinks at most 1032 times; an entry that claims more is a lie.</summary>
    private static bool IsBomb(ZipArchiveEntry entry) => entry.Length > entry.CompressedLength * 1032 + 1024;

    private static Tensor ReadStorage(ZipArchive zip, string name, ScalarType type, long count, string path)
    {
        var entry = zip.GetEntry(name) ?? throw new InvalidDataException($"{path}: entry '{name}' is missing");
        if ((Int128)count * type.ElementSize() != entry.Length || IsBomb(entry))
        {
            throw new InvalidDataException($"{path}: entry '{name}' has {entry.Length} bytes, {count} elements of {type} were announced");
        }
        var elements = empty((long[])[count], type, CPU);
        using var stream = entry.Open();
        Fill(elements, stream, path);
        return elements;
    }

    private static void Fill(Tensor elements, Stream stream, string path)
    {
        try
        {
            TensorBytes.Read(elements, stream);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new InvalidDataException($"{path}: the file ends too early, or is broken", e);
        }
    }

    /// <summary>A lone pickle, or torch.save's older form: magic number, version, system, data, storage keys, storages.</summary>
    private static object? ReadPickles(FileStream file, string path)
    {
        var storages = new Dictionary<string, PickledStorage>();
        object? Persistent(object? id)
        {
            var (type, key, count, view) = PickleGlobals.Storage(id, path);
            if (!storages.TryGetValue(key, out var storage))
            {
                if ((Int128)count * type.ElementSize() > file.Length)
                {
                    throw new InvalidDataException($"{path}: a storage of {count} elements in a file of {file.Length} bytes");
                }
                storages[key] = storage = new PickledStorage(empty((long[])[count], type, CPU));
            }
            if (storage.Elements.dtype != type)
            {
                throw new InvalidDataException($"{path}: storage '{key}' is used with two element types");
            }
            return view is null ? storage : throw new InvalidDataException($"{path}: views of storages are not supported");
        }
        object? Next() => new PickleReader(file, file.Length - file.Position, path, (module, name) =>
            PickleGlobals.Find(module, name, path), Persistent).Read();

        var first = Next();
        if (first is not BigInteger number || number != Magic)
        {
            return first;
        }
        if (Next() is not 1001L)
        {
            throw new InvalidDataException($"{path}: unknown version of torch.save's older form");
        }
        if (Next() is OrderedDictionary<object, object?> system && system.TryGetValue("little_endian", out var little) && little is false)
        {
            throw new InvalidDataException($"{path}: byte order 'big' is not supported");
        }
        var root = Next();
        ReadStorages(file, Next(), storages, path);
        return root;
    }

    private static void ReadStorages(FileStream file, object? keys, Dictionary<string, PickledStorage> storages, string path)
    {
        Span<byte> count = stackalloc byte[8];
        foreach (var key in keys as List<object?> ?? throw new InvalidDataException($"{path}: the list of storages is missing"))
        {
            if (!storages.TryGetValue($"{key}", out var storage))
            {
                throw new InvalidDataException($"{path}: storage '{key}' belongs to no tensor");
            }
            if (file.ReadAtLeast(count, 8, throwOnEndOfStream: false) < 8
                || BitConverter.ToInt64(count) != storage.Elements.NumberOfElements)
            {
                throw new InvalidDataException($"{path}: storage '{key}' is not of the announced length");
            }
            Fill(storage.Elements, file, path);
            storages.Remove($"{key}");
        }
        if (storages.Count > 0)
        {
            throw new InvalidDataException($"{path}: storage '{storages.Keys.First()}' is missing");
        }
    }
}
