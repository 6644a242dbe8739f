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
                /// <summary>The rate goes up and down between two bounds (Smith 2017); the momentum, if wanted, the other way.</summary>
                public class CyclicLR : LRScheduler
                {
                    /// <summary>How the height changes from cycle to cycle: not, halved, or by a power of gamma.</summary>
                    public enum Mode { Triangular = 0, Triangular2 = 1, ExpRange = 2 }

                    /// <summary>What the scale function is given: the number of the cycle, or of the iteration.</summary>
                    public enum ScaleMode { Cycle = 0, Iterations = 1 }

                    private readonly List<double> _low;
                    private readonly List<double> _high;
                    private readonly List<double>? _lowMomentum;
                    private readonly List<double>? _highMomentum;
                    private readonly double _size;
                    private readonly double _rise;
                    private readonly Func<double, double> _scale;
                    private readonly bool _byCycle;

                    public CyclicLR(Optimizer optimizer, double base_lr, double max_lr, int step_size_up = 2000, int step_size_down = -1, Mode mode = Mode.Triangular, double gamma = 1,
                        Func<double, double>? scale_fn = null, ScaleMode scale_mode = ScaleMode.Cycle, bool cycle_momentum = true, double base_momentum = 0.8, double max_momentum = 0.9,
                        int last_epoch = -1, bool verbose = false)
                        : this(optimizer, Same(optimizer, base_lr), Same(optimizer, max_lr), step_size_up, step_size_down, mode, gamma, scale_fn, scale_mode, cycle_momentum,
                            Same(optimizer, base_momentum), Same(optimizer, max_momentum), last_epoch, verbose) { }

                    public CyclicLR(Optimizer optimizer, IEnumerable<double> base_lr, IEnumerable<double> max_lr, int step_size_up = 2000, int step_size_down = -1, Mode mode = Mode.Triangular,
                        double gamma = 1, Func<double, double>? scale_fn = null, ScaleMode scale_mode = ScaleMode.Cycle, bool cycle_momentum = true, IEnumerable<double>? base_momentum = null,
                        IEnumerable<double>? max_momentum = null, int last_epoch = -1, bool verbose = false) : base(optimizer, last_epoch, verbose)
                    {
                        _low = PerGroup(base_lr, optimizer);
                        _high = PerGroup(max_lr, optimizer);
                        var down = step_size_down < 0 ? step_size_up : step_size_down;
                        _size = step_size_up + down;
                        _rise = step_size_up / _size;
                        _byCycle = scale_fn is null ? mode != Mode.ExpRange : scale_mode == ScaleMode.Cycle;
                        _scale = scale_fn ?? (mode switch {
                            Mode.Triangular2 => cycle => Math.Pow(2, 1 - cycle),
                            Mode.ExpRange => iteration => Math.Pow(gamma, iteration),
                            _ => _ => 1,
                        });
                        if (last_epoch == -1) {
                            foreach (var (group, low) in optimizer.ParamGroups.Zip(_low)) {
                                group.LearningRate = low;
                            }
                        }
                        _base_lrs = _low;
                        if (cycle_momentum) {
                            DemandMomentum(optimizer);
                            _lowMomentum = PerGroup(base_momentum ?? Same(optimizer, 0.8), optimizer);
                            _highMomentum = PerGroup(max_momentum ?? Same(optimizer, 0.9), optimizer);
                        }
                        step();
                    }

                    protected override IEnumerable<double> get_lr()
                    {
                        var cycle = Math.Floor(1 + _last_epoch / _size);
                        var x = 1 + _last_epoch / _size - cycle;
                        var place = x <= _rise ? x / _rise : (x - 1) / (_rise - 1);
                        var height = place * _scale(_byCycle ? cycle : _last_epoch);
                        if (_lowMomentum is not null) {
                            SetMomentum(_optimizer, _highMomentum!.Zip(_lowMomentum, (high, low) => high - (high - low) * height));
                        }
                        return _low.Zip(_high, (low, high) => low + (high - low) * height).ToList();
                    }
                }

                /// <summary>One rise to max_lr and one fall far below it (Smith and Topin 2018); the momentum, if wanted, the other way.</summary>
                public class OneCycleLR : LRScheduler
                {
                    public enum AnnealStrategy { Cos = 0, Linear = 1 }

                    private readonly record struct Phase(double End, double From, double To);

                    private readonly List<double> _high;
                    private readonly double _total;
                    private readonly double _div;
                    private readonly double _finalDiv;
                    private readonly double _share;
                    private readonly bool _threePhases;
                    private readonly bool _cosine;
                    private readonly List<double>? _lowMomentum;
                    private readonly List<double>? _highMomentum;

                    public OneCycleLR(Optimizer optimizer, double max_lr, int total_steps = -1, int epochs = -1, int steps_per_epoch = -1, double pct_start = 0.3,
                        AnnealStrategy anneal_strategy = AnnealStrategy.Cos, bool cycle_momentum = true, double base_momentum = 0.85, double max_momentum = 0.95, double div_factor = 25,
                        double final_div_factor = 1e4, bool three_phase = false, int last_epoch = -1, bool verbose = false)
                        : this(optimizer, Same(optimizer, max_lr), total_steps, epochs, steps_per_epoch, pct_start, anneal_strategy, cycle_momentum, Same(optimizer, base_momentum),
                            Same(optimizer, max_momentum), div_factor, final_div_factor, three_phase, last_epoch, verbose) { }

                    public OneCycleLR(Optimizer optimizer, IEnumerable<double> max_lr, int total_steps = -1, int epochs = -1, int steps_per_epoch = -1, double pct_start = 0.3,
                        AnnealStrategy anneal_strategy = AnnealStrategy.Cos, bool cycle_momentum = true, IEnumerable<double>? base_momentum = null, IEnumerable<double>? max_momentum = null,
                        double div_factor = 25, double final_div_factor = 1e4, bool three_phase = false, int last_epoch = -1, bool verbose = false) : base(optimizer, last_epoch, verbose)
                    {
                        if (total_steps <= 0 && (epochs <= 0 || steps_per_epoch <= 0)) {
                            throw new ArgumentException("You must define either total_steps OR (epochs AND steps_per_epoch)", nameof(total_steps));
                        }
                        _total = total_steps > 0 ? total_steps : (double)epochs * steps_per_epoch;
                        _high = PerGroup(max_lr, optimizer);
                        (_div, _finalDiv, _share, _threePhases, _cosine) = (div_factor, final_div_factor, pct_start, three_phase, anneal_strategy == AnnealStrategy.Cos);
                        if (last_epoch == -1) {
                            foreach (var (group, high) in optimizer.ParamGroups.Zip(_high)) {
                                group.InitialLearningRate = high / div_factor;
                            }
                        }
                        if (cycle_momentum) {
                            DemandMomentum(optimizer);
                            _lowMomentum = PerGroup(base_momentum ?? Same(optimizer, 0.85), optimizer);
                            _highMomentum = PerGroup(max_momentum ?? Same(optimizer, 0.95), optimizer);
                        }
                        step();
                    }

                    protected override IEnumerable<double> get_lr()
                    {
                        if (_last_epoch > _total) {
                            throw new InvalidOperationException($"Tried to step {_last_epoch} times. The specified number of total steps is {_total}");
                        }
                        if (_lowMomentum is not null) {
                            SetMomentum(_optimizer, _lowMomentum.Zip(_highMomentum!, (low, high) => At(_threePhases
                                ? [new(_share * _total - 1, high, low), new(2 * _share * _total - 2, low, high), new(_total - 1, high, high)]
                                : [new(_share * _total - 1, high, low), new(_total - 1, low, high)])));
                        }
                        return _high.Select(high => {
                            var (first, last) = (high / _div, high / _div / _finalDiv);
                            return At(_threePhases
                                ? [new(_share * _total - 1, first, high), new(2 * _share * _total - 2, high, first), new(_total - 1, first, last)]
                                : [new(_share * _total - 1, first, high), new(_total - 1, high, last)]);
                        }).ToList();
                    }

                    private double At(Phase[] phases)
                    {
                        var start = 0.0;
                        foreach (var (end, from, to) in phases) {
                            if (_last_epoch <= end || end == phases[^1].End) {
                                var share = (_last_epoch - start) / (end - start);
                                return _cosine ? to + (from - to) / 2 * (1 + Math.Cos(Math.PI * share)) : from + (to - from) * share;
                            }
                            start = end;
                        }
                        return phases[^1].To;
                    }
                }

                private static IEnumerable<double> Same(Optimizer optimizer, double value) => Enumerable.Repeat(value, optimizer.ParamGroups.Count());

                private static void DemandMomentum(Optimizer optimizer)
                {
                    if (optimizer.ParamGroups.Any(g => g is not (IMomentum or IBetas))) {
                        throw new ArgumentException("optimizer must support momentum with `cycle_momentum` option enabled", nameof(optimizer));
                    }
                }

                private static void SetMomentum(Optimizer optimizer, IEnumerable<double> values)
                {
                    foreach (var (group, value) in optimizer.ParamGroups.Zip(values)) {
                        switch (group) {
                            case IMomentum m:
                                m.Momentum = value;
                                break;
                            case IBetas b:
                                b.Betas = (value, b.Betas.Item2);
                                break;
                        }
                    }
                }
            }
        }
    }
}
