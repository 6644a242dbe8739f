using System;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>A module with 1 input. Derived classes write <c>forward</c>, callers use <c>call</c>, which runs the hooks.</summary>
        public abstract class Module<T, TResult> : HookableModule<Func<Module<T, TResult>, T, T?>, Func<Module<T, TResult>, T, TResult, TResult?>>, IModule<T, TResult>
        {
            protected Module(string name) : base(name) { }

            public abstract TResult forward(T input);

            public TResult call(T input) => Plain ? forward(input) : Hooked(input);

            private TResult Hooked(T input)
            {
                foreach (var hook in pre_hooks.Values) {
                    if (hook(this, input) is { } changed) {
                        input = changed;
                    }
                }
                foreach (var hook in module_pre_hooks.Values) {
                    hook(this);
                }
                var result = forward(input);
                foreach (var hook in post_hooks.Values) {
                    if (hook(this, input, result) is { } changed) {
                        result = changed;
                    }
                }
                foreach (var hook in module_post_hooks.Values) {
                    hook(this);
                }
                return result;
            }
        }

        /// <summary>A module with 2 inputs. Derived classes write <c>forward</c>, callers use <c>call</c>, which runs the hooks.</summary>
        public abstract class Module<T1, T2, TResult> : HookableModule<Func<Module<T1, T2, TResult>, T1, T2, (T1, T2)?>, Func<Module<T1, T2, TResult>, T1, T2, TResult, TResult?>>, IModule<T1, T2, TResult>
        {
            protected Module(string name) : base(name) { }

            public abstract TResult forward(T1 input1, T2 input2);

            public TResult call(T1 input1, T2 input2) => Plain ? forward(input1, input2) : Hooked(input1, input2);

            private TResult Hooked(T1 input1, T2 input2)
            {
                foreach (var hook in pre_hooks.Values) {
                    if (hook(this, input1, input2) is { } changed) {
                        (input1, input2) = changed;
                    }
                }
                foreach (var hook in module_pre_hooks.Values) {
                    hook(this);
                }
                var result = forward(input1, input2);
                foreach (var hook in post_hooks.Values) {
                    if (hook(this, input1, input2, result) is { } changed) {
                        result = changed;
                    }
                }
                foreach (var hook in module_post_hooks.Values) {
                    hook(this);
                }
                return result;
            }
        }

        /// <summary>A module with 3 inputs. Derived classes write <c>forward</c>, callers use <c>call</c>, which runs the hooks.</summary>
        public abstract class Module<T1, T2, T3, TResult> : HookableModule<Func<Module<T1, T2, T3, TResult>, T1, T2, T3, (T1, T2, T3)?>, Func<Module<T1, T2, T3, TResult>, T1, T2, T3, TResult, TResult?>>, IModule<T1, T2, T3, TResult>
        {
            protected Module(string name) : base(name) { }

            public abstract TResult forward(T1 input1, T2 input2, T3 input3);

            public TResult call(T1 input1, T2 input2, T3 input3) => Plain ? forward(input1, input2, input3) : Hooked(input1, input2, input3);

            private TResult Hooked(T1 input1, T2 input2, T3 input3)
            {
                foreach (var hook in pre_hooks.Values) {
                    if (hook(this, input1, input2, input3) is { } changed) {
                        (input1, input2, input3) = changed;
                    }
                }
                foreach (var hook in module_pre_hooks.Values) {
                    hook(this);
                }
                var result = forward(input1, input2, input3);
                foreach (var hook in post_hooks.Values) {
                    if (hook(this, input1, input2, input3, result) is { } changed) {
                        result = changed;
                    }
                }
                foreach (var hook in module_post_hooks.Values) {
                    hook(this);
                }
                return result;
            }
        }

        /// <summary>A module with 4 inputs. Derived classes write <c>forward</c>, callers use <c>call</c>, which runs the hooks.</summary>
        public abstract class Module<T1, T2, T3, T4, TResult> : HookableModule<Func<Module<T1, T2, T3, T4, TResult>, T1, T2, T3, T4, (T1, T2, T3, T4)?>, Func<Module<T1, T2, T3, T4, TResult>, T1, T2, T3, T4, TResult, TResult?>>, IModule<T1, T2, T3, T4, TResult>
        {
            protected Module(string name) : base(name) { }

            public abstract TResult forward(T1 input1, T2 input2, T3 input3, T4 input4);

            public TResult call(T1 input1, T2 input2, T3 input3, T4 input4) => Plain ? forward(input1, input2, input3, input4) : Hooked(input1, input2, input3, input4);

            private TResult Hooked(T1 input1, T2 input2, T3 input3, T4 input4)
            {
                foreach (var hook in pre_hooks.Values) {
                    if (hook(this, input1, input2, input3, input4) is { } changed) {
                        (input1, input2, input3, input4) = changed;
                    }
                }
                foreach (var hook in module_pre_hooks.Values) {
                    hook(this);
                }
                var result = forward(input1, input2, input3, input4);
                foreach (var hook in post_hooks.Values) {
                    if (hook(this, input1, input2, input3, input4, result) is { } changed) {
                        result = changed;
                    }
                }
                foreach (var hook in module_post_hooks.Values) {
                    hook(this);
                }
                return result;
            }
        }

        /// <summary>A module with 5 inputs. Derived classes write <c>forward</c>, callers use <c>call</c>, which runs the hooks.</summary>
        public abstract class Module<T1, T2, T3, T4, T5, TResult> : HookableModule<Func<Module<T1, T2, T3, T4, T5, TResult>, T1, T2, T3, T4, T5, (T1, T2, T3, T4, T5)?>, Func<Module<T1, T2, T3, T4, T5, TResult>, T1, T2, T3, T4, T5, TResult, TResult?>>, IModule<T1, T2, T3, T4, T5, TResult>
        {
            protected Module(string name) : base(name) { }

            public abstract TResult forward(T1 input1, T2 input2, T3 input3, T4 input4, T5 input5);

            public TResult call(T1 input1, T2 input2, T3 input3, T4 input4, T5 input5) => Plain ? forward(input1, input2, input3, input4, input5) : Hooked(input1, input2, input3, input4, input5);

            private TResult Hooked(T1 input1, T2 input2, T3 input3, T4 input4, T5 input5)
            {
                foreach (var hook in pre_hooks.Values) {
                    if (hook(this, input1, input2, input3, input4, input5) is { } changed) {
                        (input1, input2, input3, input4, input5) = changed;
                    }
                }
                foreach (var hook in module_pre_hooks.Values) {
                    hook(this);
                }
                var result = forward(input1, input2, input3, input4, input5);
                foreach (var hook in post_hooks.Values) {
                    if (hook(this, input1, input2, input3, input4, input5, result) is { } changed) {
                        result = changed;
                    }
                }
                foreach (var hook in module_post_hooks.Values) {
                    hook(this);
                }
                return result;
            }
        }

        /// <summary>A module with 6 inputs. Derived classes write <c>forward</c>, callers use <c>call</c>, which runs the hooks.</summary>
        public abstract class Module<T1, T2, T3, T4, T5, T6, TResult> : HookableModule<Func<Module<T1, T2, T3, T4, T5, T6, TResult>, T1, T2, T3, T4, T5, T6, (T1, T2, T3, T4, T5, T6)?>, Func<Module<T1, T2, T3, T4, T5, T6, TResult>, T1, T2, T3, T4, T5, T6, TResult, TResult?>>, IModule<T1, T2, T3, T4, T5, T6, TResult>
        {
            protected Module(string name) : base(name) { }

            public abstract TResult forward(T1 input1, T2 input2, T3 input3, T4 input4, T5 input5, T6 input6);

            public TResult call(T1 input1, T2 input2, T3 input3, T4 input4, T5 input5, T6 input6) => Plain ? forward(input1, input2, input3, input4, input5, input6) : Hooked(input1, input2, input3, input4, input5, input6);

            private TResult Hooked(T1 input1, T2 input2, T3 input3, T4 input4, T5 input5, T6 input6)
            {
                foreach (var hook in pre_hooks.Values) {
                    if (hook(this, input1, input2, input3, input4, input5, input6) is { } changed) {
                        (input1, input2, input3, input4, input5, input6) = changed;
                    }
                }
                foreach (var hook in module_pre_hooks.Values) {
                    hook(this);
                }
                var result = forward(input1, input2, input3, input4, input5, input6);
                foreach (var hook in post_hooks.Values) {
                    if (hook(this, input1, input2, input3, input4, input5, input6, result) is { } changed) {
                        result = changed;
                    }
                }
                foreach (var hook in module_post_hooks.Values) {
                    hook(this);
                }
                return result;
            }
        }
    }
}
