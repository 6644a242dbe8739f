using System;
using System.Collections.Generic;
using System.Linq;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Names of the tensor and of its dimensions. They belong to this object: libtorch's own named tensors are experimental.</content>
    public partial class Tensor
    {
        private string?[]? _names;

        public string name { get; set; } = "";

        /// <summary>A name for each dimension; null where it has none.</summary>
        public string[] names => (_names ?? new string?[(int)ndim])!;

        public bool has_names() => _names?.Any(n => n is not null) ?? false;

        public Tensor rename_(IEnumerable<string>? names)
        {
            var list = names?.ToArray();
            if (list is not null && list.Length != ndim) {
                throw new ArgumentException($"{list.Length} names for {ndim} dimensions", nameof(names));
            }
            _names = list;
            return this;
        }

        public Tensor rename(IEnumerable<string>? names) => alias().rename_(names);
    }
}
