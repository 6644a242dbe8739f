using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            private static readonly Operator s_copy = new("copy_");

            /// <summary>All parameters, then all persistent buffers, under their dotted names. The values are the module's own tensors.</summary>
            public virtual Dictionary<string, Tensor> state_dict(Dictionary<string, Tensor>? destination = null, string? prefix = null)
            {
                destination ??= [];
                var start = string.IsNullOrEmpty(prefix) ? "" : prefix + ".";
                foreach (var (key, p) in named_parameters()) {
                    destination.TryAdd(start + key, p);
                }
                foreach (var (key, b) in named_buffers(true, false)) {
                    destination.TryAdd(start + key, b);
                }
                return destination;
            }

            /// <summary>Copies values in place; the type of the module's own tensors stays. Nothing changes when names or shapes do not fit.</summary>
            /// <returns>Names that the source lacks, and names that the module lacks.</returns>
            /// <exception cref="InvalidOperationException">Strict, and the names differ; or a shape differs.</exception>
            public virtual (IList<string> missing_keys, IList<string> unexpected_keyes) load_state_dict(
                Dictionary<string, Tensor> source, bool strict = true, IList<string>? skip = null)
            {
                ArgumentNullException.ThrowIfNull(source);
                var own = state_dict();
                var missing = own.Keys.Where(k => !source.ContainsKey(k) && !Skips(skip, k)).ToList();
                var unexpected = source.Keys.Where(k => !own.ContainsKey(k) && !Skips(skip, k)).ToList();
                if (strict && missing.Count + unexpected.Count > 0) {
                    throw new InvalidOperationException(
                        $"The loaded state_dict is not identical to the target dictionary. Missing: {List(missing)}; unexpected: {List(unexpected)}.");
                }
                var copies = own.Where(o => source.ContainsKey(o.Key) && !Skips(skip, o.Key)).ToList();
                foreach (var (key, target) in copies) {
                    if (!target.shape.AsSpan().SequenceEqual(source[key].shape)) {
                        throw new InvalidOperationException(
                            $"Shape mismatch for '{key}': the module has [{string.Join(',', target.shape)}], the source has [{string.Join(',', source[key].shape)}].");
                    }
                }
                using var off = GradGuard.Off();
                foreach (var (key, target) in copies) {
                    s_copy.InPlace(target, target, source[key]);
                }
                return (missing, unexpected);
            }

            private static bool Skips(IList<string>? skip, string key) => skip is not null && skip.Contains(key);
            private static string List(List<string> names) => names.Count == 0 ? "none" : string.Join(", ", names);

            /// <summary>Writes the state to a file: beside it first, and then over it.</summary>
            public Module save(string location, IList<string>? skip = null)
            {
                var temporary = location + ".tmp";
                try {
                    using (var stream = File.Create(temporary)) {
                        save(stream, skip);
                        stream.Flush(true);
                    }
                    File.Move(temporary, location, true);
                } catch {
                    File.Delete(temporary);
                    throw;
                }
                return this;
            }

            public Module save(Stream stream, IList<string>? skip = null)
            {
                using var writer = new BinaryWriter(stream, Encoding.UTF8, true);
                return save(writer, skip);
            }

            public Module save(BinaryWriter writer, IList<string>? skip = null)
            {
                save_state_dict(writer, state_dict(), skip);
                return this;
            }

            /// <summary>The number of entries, then per entry its name and its tensor (<see cref="TensorFormat"/>).</summary>
            public static void save_state_dict(BinaryWriter writer, Dictionary<string, Tensor> sd, IList<string>? skip = null)
            {
                var kept = sd.Where(e => !Skips(skip, e.Key)).ToList();
                TensorFormat.WriteNumber(writer, kept.Count);
                foreach (var (key, tensor) in kept) {
                    writer.Write(key);
                    TensorFormat.Write(writer, tensor);
                }
            }

            /// <exception cref="FileNotFoundException">There is no such file.</exception>
            /// <exception cref="ArgumentException">Strict, and the names differ.</exception>
            public virtual Module load(string location, bool strict = true, IList<string>? skip = null, Dictionary<string, bool>? loadedParameters = null)
            {
                if (!File.Exists(location)) {
                    throw new FileNotFoundException($"There is no file '{location}' to load a module from.", location);
                }
                using var stream = File.OpenRead(location);
                return load(stream, strict, skip, loadedParameters);
            }

            public Module load(Stream stream, bool strict = true, IList<string>? skip = null, Dictionary<string, bool>? loadedParameters = null)
            {
                using var reader = new BinaryReader(stream, Encoding.UTF8, true);
                return load(reader, strict, skip, loadedParameters);
            }

            /// <summary>Reads what <see cref="save(BinaryWriter, IList{string})"/> wrote. Nothing changes when names or shapes do not fit.</summary>
            /// <param name="reader">Source.</param>
            /// <param name="strict">Names must be the same on both sides.</param>
            /// <param name="skip">Names that are neither read nor expected.</param>
            /// <param name="loadedParameters">Filled with each name of the module: whether it was read.</param>
            public virtual Module load(BinaryReader reader, bool strict = true, IList<string>? skip = null, Dictionary<string, bool>? loadedParameters = null)
            {
                using var scope = NewDisposeScope();
                var own = state_dict();
                var count = TensorFormat.ReadNumber(reader);
                var source = new Dictionary<string, Tensor>();
                for (long k = 0; k < count; k++) {
                    var key = reader.ReadString();
                    if (Skips(skip, key) || !own.ContainsKey(key)) {
                        if (strict && !Skips(skip, key)) {
                            throw new ArgumentException($"Mismatched module state names: the target modules does not have a submodule or buffer named '{key}'");
                        }
                        TensorFormat.Skip(reader);
                        continue;
                    }
                    source[key] = TensorFormat.Read(reader, key);
                }
                if (strict && own.Keys.FirstOrDefault(k => !source.ContainsKey(k) && !Skips(skip, k)) is { } lacking) {
                    throw new ArgumentException($"Mismatched state_dict sizes: expected {own.Count}, but found {count} entries; '{lacking}' is missing.");
                }
                load_state_dict(source, false, skip);
                if (loadedParameters is not null) {
                    foreach (var key in own.Keys) {
                        loadedParameters[key] = source.ContainsKey(key);
                    }
                }
                return this;
            }

            /// <summary>A module of type <typeparamref name="T"/> (with a constructor without arguments) with the state of a file.</summary>
            public static Module Create<T>(string path) where T : Module, new() => new T().load(path);
        }
    }
}
