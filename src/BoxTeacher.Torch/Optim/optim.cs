using System;
using System.Collections.Generic;
using System.Linq;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Optimizers and learning rate schedules, as PyTorch's torch.optim.</summary>
    public static partial class optim
    {
        /// <summary>What a schedule changes.</summary>
        public interface ILearningRateController
        {
            double LearningRate { get; set; }
            double InitialLearningRate { get; set; }
        }

        /// <summary>What has a momentum that a cyclic schedule may change.</summary>
        public interface IMomentum
        {
            double Momentum { get; set; }
        }

        /// <summary>What has betas that a cyclic schedule may change.</summary>
        public interface IBetas
        {
            (double, double) Betas { get; set; }
        }

        /// <summary>Changes parameters by their gradients.</summary>
        public abstract class Optimizer : IDisposable
        {
            protected IList<ParamGroup> _parameter_groups = new List<ParamGroup>();

            private protected Optimizer() { }

            public virtual IEnumerable<ILearningRateController> ParamGroups => _parameter_groups;

            public virtual IEnumerable<Parameter> parameters() => _parameter_groups.SelectMany(g => g.Parameters);

            public virtual void add_param_group(ParamGroup param_group) => throw new NotImplementedException(nameof(add_param_group));

            /// <summary>Fills the gradients with zeros.</summary>
            public virtual void zero_grad()
            {
                foreach (var p in parameters()) {
                    BoxTeacher.Torch.Interop.Gradients.Clear(p, false);
                }
            }

            /// <summary>One update. The closure, if there is one, computes the loss and the gradients first; its loss is returned.</summary>
            public virtual Tensor? step(Func<Tensor>? closure = null) => throw new NotImplementedException(nameof(step));

            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            protected virtual void Dispose(bool disposing) { }

            /// <summary>Options of the groups, states of the parameters, and which group has which parameters.</summary>
            public class StateDictionary
            {
                internal StateDictionary() { }

                public List<OptimizerOptions> Options { get; } = [];
                public List<List<int>> StateIndexRef { get; } = [];
                public List<OptimizerState> State { get; } = [];
            }
        }
    }
}
