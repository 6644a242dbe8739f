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
                /// <summary>The rate times gamma every step_size epochs.</summary>
                public class StepLR : LRScheduler
                {
                    private readonly int _stepSize;
                    private readonly double _gamma;

                    public StepLR(Optimizer optimizer, int step_size, double gamma = 0.1, int last_epoch = -1, bool verbose = false) : base(optimizer, last_epoch, verbose)
                    {
                        (_stepSize, _gamma) = (step_size, gamma);
                        step();
                    }

                    protected override IEnumerable<double> get_lr() => Scaled(_last_epoch > 0 && _last_epoch % _stepSize == 0 ? _gamma : 1);
                    protected override IEnumerable<double> get_closed_form_lr() => FromBase(Math.Pow(_gamma, _last_epoch / _stepSize));
                }

                /// <summary>The rate times gamma at each milestone; a milestone that occurs twice counts twice.</summary>
                public class MultiStepLR : LRScheduler
                {
                    private readonly IList<int> _milestones;
                    private readonly double _gamma;

                    public MultiStepLR(Optimizer optimizer, IList<int> milestones, double gamma = 0.1, int last_epoch = -1, bool verbose = false) : base(optimizer, last_epoch, verbose)
                    {
                        (_milestones, _gamma) = (milestones, gamma);
                        step();
                    }

                    protected override IEnumerable<double> get_lr() => Scaled(Math.Pow(_gamma, _milestones.Count(m => m == _last_epoch)));
                    protected override IEnumerable<double> get_closed_form_lr() => FromBase(Math.Pow(_gamma, _milestones.Count(m => m <= _last_epoch)));
                }

                /// <summary>The rate times gamma every epoch.</summary>
                public class ExponentialLR : LRScheduler
                {
                    private readonly double _gamma;

                    public ExponentialLR(Optimizer optimizer, double gamma = 0.1, int last_epoch = -1, bool verbose = false) : base(optimizer, last_epoch, verbose)
                    {
                        _gamma = gamma;
                        step();
                    }

                    protected override IEnumerable<double> get_lr() => Scaled(_last_epoch == 0 ? 1 : _gamma);
                    protected override IEnumerable<double> get_closed_form_lr() => FromBase(Math.Pow(_gamma, _last_epoch));
                }

                /// <summary>The initial rate times a function of the epoch.</summary>
                public class LambdaLR : LRScheduler
                {
                    private readonly IList<Func<int, double>> _lambdas;

                    public LambdaLR(Optimizer optimizer, Func<int, double> lr_lambda, int last_epoch = -1, bool verbose = false)
                        : this(optimizer, Enumerable.Repeat(lr_lambda, optimizer.ParamGroups.Count()), last_epoch, verbose) { }

                    public LambdaLR(Optimizer optimizer, IEnumerable<Func<int, double>> lr_lambdas, int last_epoch = -1, bool verbose = false) : base(optimizer, last_epoch, verbose)
                    {
                        _lambdas = PerGroup(lr_lambdas, optimizer);
                        step();
                    }

                    protected override IEnumerable<double> get_lr() => _base_lrs.Zip(_lambdas, (lr, f) => lr * f(_last_epoch));
                }

                /// <summary>The rate times a function of the epoch.</summary>
                public class MultiplicativeLR : LRScheduler
                {
                    private readonly IList<Func<int, double>> _lambdas;

                    public MultiplicativeLR(Optimizer optimizer, Func<int, double> lr_lambda, int last_epoch = -1, bool verbose = false)
                        : this(optimizer, Enumerable.Repeat(lr_lambda, optimizer.ParamGroups.Count()), last_epoch, verbose) { }

                    public MultiplicativeLR(Optimizer optimizer, IEnumerable<Func<int, double>> lr_lambdas, int last_epoch = -1, bool verbose = false) : base(optimizer, last_epoch, verbose)
                    {
                        _lambdas = PerGroup(lr_lambdas, optimizer);
                        step();
                    }

                    protected override IEnumerable<double> get_lr() => _last_epoch > 0 ? Current().Zip(_lambdas, (lr, f) => lr * f(_last_epoch)) : Current();
                }

                /// <exception cref="ArgumentException">There are not as many values as parameter groups.</exception>
                private static List<T> PerGroup<T>(IEnumerable<T> values, Optimizer optimizer)
                {
                    var list = values.ToList();
                    var groups = optimizer.ParamGroups.Count();
                    return list.Count == groups ? list : throw new ArgumentException($"Expected {groups} values, one per parameter group, but got {list.Count}");
                }

                /// <summary>The rate times a factor for the first total_iters epochs.</summary>
                public class ConstantLR : LRScheduler
                {
                    private readonly double _factor;
                    private readonly int _total;

                    public ConstantLR(Optimizer optimizer, double factor = 1.0 / 3, int total_iters = 5, int last_epoch = -1, bool verbose = false) : base(optimizer, last_epoch, verbose)
                    {
                        (_factor, _total) = (factor, total_iters);
                        step();
                    }

                    protected override IEnumerable<double> get_lr() => Scaled(_last_epoch == 0 ? _factor : _last_epoch == _total ? 1 / _factor : 1);
                    protected override IEnumerable<double> get_closed_form_lr() => FromBase(_last_epoch >= _total ? 1 : _factor);
                }

                /// <summary>The rate times a factor that grows evenly from start_factor to end_factor in total_iters epochs: a warm-up.</summary>
                public class LinearLR : LRScheduler
                {
                    private readonly double _start;
                    private readonly double _end;
                    private readonly int _total;

                    public LinearLR(Optimizer optimizer, double start_factor = 1.0 / 3, double end_factor = 1, int total_iters = 5, int last_epoch = -1, bool verbose = false)
                        : base(optimizer, last_epoch, verbose)
                    {
                        (_start, _end, _total) = (start_factor, end_factor, total_iters);
                        step();
                    }

                    protected override IEnumerable<double> get_lr() => _last_epoch switch {
                        0 => Scaled(_start),
                        _ when _last_epoch > _total => Current(),
                        _ => Scaled(1 + (_end - _start) / (_total * _start + (_last_epoch - 1) * (_end - _start))),
                    };

                    protected override IEnumerable<double> get_closed_form_lr() => FromBase(_start + (_end - _start) * Math.Min(_total, _last_epoch) / _total);
                }

                /// <summary>The rate falls to zero in total_iters epochs as a power of what is left.</summary>
                public class PolynomialLR : LRScheduler
                {
                    private readonly int _total;
                    private readonly double _power;

                    public PolynomialLR(Optimizer optimizer, int total_iters = 5, double power = 1, int last_epoch = -1, bool verbose = false) : base(optimizer, last_epoch, verbose)
                    {
                        (_total, _power) = (total_iters, power);
                        step();
                    }

                    protected override IEnumerable<double> get_lr() => _last_epoch == 0 || _last_epoch > _total
                        ? Current()
                        : Scaled(Math.Pow((1 - (double)_last_epoch / _total) / (1 - (_last_epoch - 1.0) / _total), _power));

                    protected override IEnumerable<double> get_closed_form_lr() => FromBase(Math.Pow(1 - (double)Math.Min(_total, _last_epoch) / _total, _power));
                }

                /// <summary>Half a cosine from the initial rate to eta_min in T_max epochs (Loshchilov and Hutter 2017), and back.</summary>
                public class CosineAnnealingLR : LRScheduler
                {
                    private readonly double _period;
                    private readonly double _least;

                    public CosineAnnealingLR(Optimizer optimizer, double T_max, double eta_min = 0, int last_epoch = -1, bool verbose = false) : base(optimizer, last_epoch, verbose)
                    {
                        (_period, _least) = (T_max, eta_min);
                        step();
                    }

                    protected override IEnumerable<double> get_lr()
                    {
                        var e = _last_epoch;
                        if (e == 0) {
                            return Current();
                        }
                        if (_step_count == 1) {
                            return get_closed_form_lr();
                        }
                        if ((e - 1 - _period) % (2 * _period) == 0) {
                            return Current().Zip(_base_lrs, (lr, first) => lr + (first - _least) * (1 - Math.Cos(Math.PI / _period)) / 2);
                        }
                        return Current().Select(lr => (1 + Math.Cos(Math.PI * e / _period)) / (1 + Math.Cos(Math.PI * (e - 1) / _period)) * (lr - _least) + _least);
                    }

                    protected override IEnumerable<double> get_closed_form_lr()
                        => _base_lrs.Select(lr => _least + (lr - _least) * (1 + Math.Cos(Math.PI * _last_epoch / _period)) / 2);
                }
            }
        }
    }
}
