using System;
using System.Collections.Generic;
using System.Linq;

namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            public static partial class impl
            {
                /// <summary>One schedule after the other: each milestone begins the next one.</summary>
                public class SequentialLR : LRScheduler
                {
                    private readonly List<LRScheduler> _schedulers;
                    private readonly List<int> _milestones;

                    public SequentialLR(Optimizer optimizer, IEnumerable<LRScheduler> schedulers, IEnumerable<int> milestones, int last_epoch = -1)
                    {
                        _optimizer = optimizer;
                        _schedulers = schedulers.ToList();
                        _milestones = milestones.ToList();
                        if (_schedulers.Count == 0 || _milestones.Count != _schedulers.Count - 1) {
                            throw new ArgumentException($"{_schedulers.Count} schedulers need one milestone less, but got {_milestones.Count}", nameof(milestones));
                        }
                        if (_schedulers.Any(s => !ReferenceEquals(s._optimizer, optimizer))) {
                            throw new ArgumentException("All schedulers must belong to the same optimizer", nameof(schedulers));
                        }
                        _last_epoch = last_epoch + 1;
                        foreach (var group in optimizer.ParamGroups) {
                            group.LearningRate = group.InitialLearningRate;
                        }
                        // Each schedule took its first step when it was made; only the first one's counts.
                        foreach (var scheduler in _schedulers) {
                            scheduler._last_epoch--;
                        }
                        _schedulers[0].step();
                        _last_lrs = _schedulers[0]._last_lrs;
                    }

                    public override void step(int? epoch)
                    {
                        _last_epoch = epoch ?? _last_epoch + 1;
                        var active = _milestones.Count(m => m <= _last_epoch);
                        if (active > 0 && _milestones[active - 1] == _last_epoch) {
                            _schedulers[active].step(0);
                        } else {
                            _schedulers[active].step();
                        }
                        _last_lrs = _schedulers[active]._last_lrs;
                    }

                    protected override IEnumerable<double> get_lr() => _last_lrs;
                }

                /// <summary>Several schedules at once: their factors multiply.</summary>
                public class ChainedLR : LRScheduler
                {
                    private readonly List<LRScheduler> _schedulers;

                    public ChainedLR(IEnumerable<LRScheduler> schedulers)
                    {
                        _schedulers = schedulers.ToList();
                        if (_schedulers.Count == 0) {
                            throw new ArgumentException("There is no schedule to chain", nameof(schedulers));
                        }
                        _optimizer = _schedulers[0]._optimizer;
                        if (_schedulers.Any(s => !ReferenceEquals(s._optimizer, _optimizer))) {
                            throw new ArgumentException("All schedulers must belong to the same optimizer", nameof(schedulers));
                        }
                        _last_lrs = Current().ToList();
                    }

                    public override void step()
                    {
                        foreach (var scheduler in _schedulers) {
                            scheduler.step();
                        }
                        _last_lrs = Current().ToList();
                    }
                }

                /// <summary>Reduces the rate when a metric has not improved for more than patience epochs.</summary>
                public class ReduceLROnPlateau : LRScheduler
                {
                    private readonly bool _smaller;
                    private readonly bool _relative;
                    private readonly double _factor;
                    private readonly double _threshold;
                    private readonly double _eps;
                    private readonly int _patience;
                    private readonly int _cooldown;
                    private readonly List<double> _least;
                    private double _best;
                    private int _bad;
                    private int _pause;

                    /// <param name="optimizer">Whose rates change.</param>
                    /// <param name="mode">"min": a smaller metric is better; "max": a larger one.</param>
                    /// <param name="factor">The rate is multiplied by it.</param>
                    /// <param name="patience">Epochs without improvement that pass.</param>
                    /// <param name="threshold">What counts as an improvement.</param>
                    /// <param name="threshold_mode">"rel": the threshold is a share of the best value; "abs": a difference.</param>
                    /// <param name="cooldown">Epochs after a reduction that do not count.</param>
                    /// <param name="min_lr">The least rate, for all groups or for each.</param>
                    /// <param name="eps">A change that is smaller is not made.</param>
                    /// <param name="verbose">Prints changes.</param>
                    public ReduceLROnPlateau(Optimizer optimizer, string mode = "min", double factor = 0.1, int patience = 10, double threshold = 1e-4,
                        string threshold_mode = "rel", int cooldown = 0, IList<double>? min_lr = null, double eps = 1e-8, bool verbose = false)
                        : base(optimizer, -1, verbose)
                    {
                        _smaller = mode switch {
                            "min" => true,
                            "max" => false,
                            _ => throw new ArgumentException($"mode {mode} is unknown!", nameof(mode)),
                        };
                        _relative = threshold_mode switch {
                            "rel" => true,
                            "abs" => false,
                            _ => throw new ArgumentException($"threshold mode {threshold_mode} is unknown!", nameof(threshold_mode)),
                        };
                        if (factor >= 1) {
                            throw new ArgumentException("Factor should be < 1.0.", nameof(factor));
                        }
                        (_factor, _patience, _threshold, _cooldown, _eps) = (factor, patience, threshold, cooldown, eps);
                        var groups = optimizer.ParamGroups.Count();
                        _least = min_lr switch {
                            null => Enumerable.Repeat(0.0, groups).ToList(),
                            [var one] => Enumerable.Repeat(one, groups).ToList(),
                            _ => PerGroup(min_lr, optimizer),
                        };
                        _best = _smaller ? double.PositiveInfinity : double.NegativeInfinity;
                        _last_epoch = 0;
                    }

                    public override void step() => throw new InvalidOperationException("step() should not be used with the ReduceLROnPlateau scheduler, as it requires a metric.");
                    public override void step(int? epoch) => step();

                    public override void step(double current, int? epoch = null)
                    {
                        _last_epoch = epoch ?? _last_epoch + 1;
                        if (Better(current)) {
                            (_best, _bad) = (current, 0);
                        } else {
                            _bad++;
                        }
                        if (_pause > 0) {
                            (_pause, _bad) = (_pause - 1, 0);
                        }
                        if (_bad > _patience) {
                            Set(Current().Zip(_least, (lr, least) => Math.Max(lr * _factor, least) is var next && lr - next > _eps ? next : lr).ToList());
                            (_pause, _bad) = (_cooldown, 0);
                        }
                        _last_lrs = Current().ToList();
                    }

                    private bool Better(double value) => (_smaller, _relative) switch {
                        (true, true) => value < _best * (1 - _threshold),
                        (true, false) => value < _best - _threshold,
                        (false, true) => value > _best * (1 + _threshold),
                        (false, false) => value > _best + _threshold,
                    };
                }
            }
        }
    }
}
