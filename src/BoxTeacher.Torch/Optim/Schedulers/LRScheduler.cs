using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            /// <summary>
            /// Changes the learning rates of an optimizer from one epoch (or iteration) to the next. Schedules multiply
            /// what they find, so that several can act on one optimizer.
            /// </summary>
            public abstract class LRScheduler
            {
                internal Optimizer _optimizer = null!;
                internal int _last_epoch = -1;
                internal bool _verbose;
                internal IList<double> _base_lrs = [];
                internal IList<double> _last_lrs = [];
                protected int _step_count;

                protected LRScheduler() { }

                protected LRScheduler(Optimizer optimizer, int last_epoch = -1, bool verbose = false)
                {
                    _optimizer = optimizer;
                    _last_epoch = last_epoch;
                    _verbose = verbose;
                    foreach (var group in optimizer.ParamGroups) {
                        if (last_epoch == -1 && group is Modules.ParamGroup { Scheduled: false } fresh) {
                            fresh.InitialLearningRate = fresh.LearningRate;
                            fresh.Scheduled = true;
                        }
                    }
                    _base_lrs = optimizer.ParamGroups.Select(g => g.InitialLearningRate).ToList();
                    _last_lrs = Current().ToList();
                }

                /// <summary>The next epoch.</summary>
                public virtual void step() => step(null);

                /// <summary>The next epoch, or the given one.</summary>
                public virtual void step(int? epoch)
                {
                    _step_count++;
                    _last_epoch = epoch ?? _last_epoch + 1;
                    Set((epoch is null ? get_lr() : get_closed_form_lr()).ToList());
                }

                /// <summary>The next epoch of a schedule that watches a metric.</summary>
                public virtual void step(double current, int? epoch = null) => step(epoch);

                /// <summary>The rates that the last step set, one per parameter group.</summary>
                public IEnumerable<double> get_last_lr() => _last_lrs;

                /// <summary>The rates of the present epoch, from those of the one before.</summary>
                protected virtual IEnumerable<double> get_lr() => Current();

                /// <summary>The rates of the present epoch, from the initial ones.</summary>
                protected virtual IEnumerable<double> get_closed_form_lr() => get_lr();

                internal void Set(IList<double> rates)
                {
                    foreach (var (group, rate) in _optimizer.ParamGroups.Zip(rates)) {
                        group.LearningRate = rate;
                    }
                    if (_verbose && !rates.SequenceEqual(_last_lrs)) {
                        Console.WriteLine($"Adjusting learning rate to {string.Join(", ", rates.Select(r => r.ToString(CultureInfo.InvariantCulture)))}");
                    }
                    _last_lrs = rates;
                }

                private protected IEnumerable<double> Current() => _optimizer.ParamGroups.Select(g => g.LearningRate);
                private protected IEnumerable<double> Scaled(double factor) => Current().Select(lr => lr * factor);
                private protected IEnumerable<double> FromBase(double factor) => _base_lrs.Select(lr => lr * factor);
            }

            /// <summary>The schedules themselves; the functions of the same names make them.</summary>
            public static partial class impl
            {
            }
        }
    }
}
