using System.IO.Compression;
using System.Text;
using BoxTeacher.Files;
using static TorchSharp.torch;

namespace BoxTeacher.Torch;

/// <summary>
/// Writes named tensors as Python's torch.save writes a state dictionary: a zip archive with a pickle of protocol 2 and one entry of raw
/// elements per tensor. torch.load reads it, with or without weights_only.
/// </summary>
internal static class PthWriter
{
    /// <summary>Writes tensors of any layout and device. The file appears under its name only when it is complete and on disk.</summary>
    /// <param name="path">The file; one that exists is replaced.</param>
    /// <param name="tensors">Names and tensors, written in this order.</param>
    /// <param name="under">The key of the dictionary under which they stand, such as "model"; null: they are the dictionary.</param>
    /// <exception cref="ArgumentException">Two tensors have one name, or PyTorch has no storage for an element type.</exception>
    public static void Write(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, string? under = null)
    {
        var list = tensors.ToList();
        if (list.DistinctBy(entry => entry.Key).Count() != list.Count)
        {
            throw new ArgumentException("two tensors have one name", nameof(tensors));
        }
        var pickle = StatePickle.Of(list, under);
        AtomicFile.Write(path, stream =>
        {
            using var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
            Entry(zip, "data.pkl", entry => entry.Write(pickle));
            Entry(zip, "byteorder", entry => entry.Write("little"u8));
            for (var k = 0; k < list.Count; k++)
            {
                Entry(zip, $"data/{k}", entry => TensorBytes.Write(list[k].Value, entry));
            }
            Entry(zip, "version", entry => entry.Write("3\n"u8));
        });
    }

    private static void Entry(ZipArchive zip, string name, Action<Stream> write)
    {
        using var stream = zip.CreateEntry($"archive/{name}", CompressionLevel.NoCompression).Open();
        write(stream);
    }

    /// <summary>The pickle of an ordered dictionary of tensors, each with a storage of its own.</summary>
    private static class StatePickle
    {
        internal static byte[] Of(List<KeyValuePair<string, Tensor>> tensors, string? under)
        {
            using var buffer = new MemoryStream();
            using (var pickle = new BinaryWriter(buffer))
            {
                pickle.Write([0x80, 2]);
                if (under is not null)
                {
                    pickle.Write("}("u8);
                    Text(pickle, under);
                }
                EmptyDictionary(pickle);
                pickle.Write('(');
                for (var k = 0; k < tensors.Count; k++)
                {
                    var (name, tensor) = tensors[k];
                    Text(pickle, name);
                    Tensor(pickle, name, tensor, k);
                }
                pickle.Write('u');
                if (under is not null)
                {
                    pickle.Write('u');
                }
                pickle.Write('.');
            }
            return buffer.ToArray();
        }

        /// <summary>_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks).</summary>
        private static void Tensor(BinaryWriter pickle, string name, Tensor tensor, int key)
        {
            var storage = PickleGlobals.StorageName(tensor.dtype)
                ?? throw new ArgumentException($"tensor '{name}': PyTorch has no storage for {tensor.dtype}", nameof(tensor));
            var shape = tensor.shape;
            Global(pickle, "torch._utils", "_rebuild_tensor_v2");
            pickle.Write("(("u8);
            Text(pickle, "storage");
            Global(pickle, "torch", storage);
            Text(pickle, key.ToString(System.Globalization.CultureInfo.InvariantCulture));
            Text(pickle, "cpu");
            Integer(pickle, tensor.numel());
            pickle.Write("tQ"u8);
            Integer(pickle, 0);
            Tuple(pickle, shape);
            Tuple(pickle, Strides(shape));
            pickle.Write([0x89]);
            EmptyDictionary(pickle);
            pickle.Write("tR"u8);
        }

        private static long[] Strides(long[] shape)
        {
            var strides = new long[shape.Length];
            for (var (d, step) = (shape.Length - 1, 1L); d >= 0; d--)
            {
                strides[d] = step;
                step *= Math.Max(shape[d], 1);
            }
            return strides;
        }

        private static void EmptyDictionary(BinaryWriter pickle)
        {
            Global(pickle, "collections", "OrderedDict");
            pickle.Write(")R"u8);
        }

        private static void Tuple(BinaryWriter pickle, long[] numbers)
        {
            pickle.Write('(');
            foreach (var number in numbers)
            {
                Integer(pickle, number);
            }
            pickle.Write('t');
        }

        private static void Global(BinaryWriter pickle, string module, string name) =>
            pickle.Write(Encoding.ASCII.GetBytes($"c{module}\n{name}\n"));

        private static void Text(BinaryWriter pickle, string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            pickle.Write('X');
            pickle.Write(bytes.Length);
            pickle.Write(bytes);
        }

        /// <summary>Four bytes where they suffice, otherwise the shortest form of a long.</summary>
        private static void Integer(BinaryWriter pickle, long number)
        {
            if (number is >= int.MinValue and <= int.MaxValue)
            {
                pickle.Write('J');
                pickle.Write((int)number);
            }
            else
            {
                pickle.Write([0x8a, 8]);
                pickle.Write(number);
            }
        }
    }
}
