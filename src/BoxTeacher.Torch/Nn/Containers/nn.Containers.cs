using System;
using System.Collections.Generic;
using System.Linq;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static Modules.Sequential Sequential() => new(Array.Empty<Module<Tensor, Tensor>>());
        public static Modules.Sequential Sequential(params Module<Tensor, Tensor>[] modules) => new(modules);
        public static Modules.Sequential Sequential(IEnumerable<Module<Tensor, Tensor>> modules) => new(modules.ToArray());
        public static Modules.Sequential Sequential(params (string name, Module<Tensor, Tensor> submodule)[] modules) => new(modules);
        public static Modules.Sequential Sequential(IEnumerable<(string name, Module<Tensor, Tensor> submodule)> modules) => new(modules.ToArray());

        public static Modules.Sequential Sequential(params Tuple<string, Module<Tensor, Tensor>>[] modules)
            => Sequential((IEnumerable<Tuple<string, Module<Tensor, Tensor>>>)modules);

        public static Modules.Sequential Sequential(IEnumerable<Tuple<string, Module<Tensor, Tensor>>> modules)
            => new(modules.Select(t => (t.Item1, t.Item2)).ToArray());

        public static Modules.ModuleList<T> ModuleList<T>(params T[] modules) where T : Module => new(modules);
        public static Modules.ModuleList<Module> ModuleList(params Module[] modules) => new(modules);
        public static Modules.ModuleDict<T> ModuleDict<T>(params (string, T)[] modules) where T : Module => Filled<Modules.ModuleDict<T>, (string, T)>(new(), modules);
        public static Modules.ModuleDict<Module> ModuleDict(params (string, Module)[] modules) => ModuleDict<Module>(modules);
        public static Modules.ParameterList ParameterList(params Modules.Parameter[] parameters) => new(parameters);
        public static Modules.ParameterDict ParameterDict(params (string, Modules.Parameter)[] parameters) => Filled<Modules.ParameterDict, (string, Modules.Parameter)>(new(), parameters);

        private static TCollection Filled<TCollection, TItem>(TCollection collection, TItem[] items) where TCollection : ICollection<TItem>
        {
            foreach (var item in items) {
                collection.Add(item);
            }
            return collection;
        }
    }
}
