using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Random numbers.</content>
    public partial class Tensor
    {
        private static readonly Operator s_bernoulli = new("bernoulli");
        public Tensor bernoulli(Generator? generator = null) => s_bernoulli.Tensor(this, generator);
        private static readonly Operator s_bernoulliTensorInPlace = new("bernoulli_", "Tensor");
        public Tensor bernoulli_(Tensor p, Generator? generator = null) => s_bernoulliTensorInPlace.InPlace(this, this, p, generator);
        private static readonly Operator s_bernoulliFloatInPlace = new("bernoulli_", "float");
        public Tensor bernoulli_(double p = 0.5, Generator? generator = null) => s_bernoulliFloatInPlace.InPlace(this, this, p, generator);

        private static readonly Operator s_cauchyInPlace = new("cauchy_");
        public Tensor cauchy_(double median = 0, double sigma = 1, Generator? generator = null)
            => s_cauchyInPlace.InPlace(this, this, median, sigma, generator);

        private static readonly Operator s_exponentialInPlace = new("exponential_");
        public Tensor exponential_(double @lambda = 1, Generator? generator = null)
            => s_exponentialInPlace.InPlace(this, this, @lambda, generator);

        private static readonly Operator s_geometricInPlace = new("geometric_");
        public Tensor geometric_(double p, Generator? generator = null) => s_geometricInPlace.InPlace(this, this, p, generator);

        private static readonly Operator s_logNormalInPlace = new("log_normal_");
        public Tensor log_normal_(double mean = 0, double std = 1, Generator? generator = null)
            => s_logNormalInPlace.InPlace(this, this, mean, std, generator);

        private static readonly Operator s_multinomial = new("multinomial");
        public Tensor multinomial(long num_samples, bool replacement = false, Generator? generator = null)
            => s_multinomial.Tensor(this, num_samples, replacement, generator);

        private static readonly Operator s_normalInPlace = new("normal_");
        public Tensor normal_(double mean = 0, double std = 1, Generator? generator = null)
            => s_normalInPlace.InPlace(this, this, mean, std, generator);

        private static readonly Operator s_poisson = new("poisson");
        public Tensor poisson(Generator? generator = null) => s_poisson.Tensor(this, generator);

        private static readonly Operator s_uniformInPlace = new("uniform_");
        public Tensor uniform_(double from, double to, Generator? generator = null)
            => s_uniformInPlace.InPlace(this, this, from, to, generator);
    }
}
