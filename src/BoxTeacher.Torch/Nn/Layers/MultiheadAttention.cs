using System;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Modules;

/// <summary>Attention with several heads (Vaswani et al. 2017) over [L, N, E], or [L, E] without a batch; parameters are named as in PyTorch.</summary>
public sealed class MultiheadAttention : torch.nn.Module<torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor?, bool, torch.Tensor?, Tuple<torch.Tensor, torch.Tensor>>
{
    private readonly long _dim;
    private readonly long _heads;
    private readonly double _dropout;
    private readonly bool _addZero;
    private readonly bool _hasBias;

    internal MultiheadAttention(long embedded_dim, long num_heads, double dropout, bool bias, bool add_bias_kv, bool add_zero_attn, long? kdim, long? vdim) : base(nameof(MultiheadAttention))
    {
        if (embedded_dim % num_heads != 0) {
            throw new ArgumentException("embed_dim must be divisible by num_heads", nameof(num_heads));
        }
        (_dim, _heads, _dropout, _addZero, _hasBias) = (embedded_dim, num_heads, dropout, add_zero_attn, bias);
        var together = (kdim ?? embedded_dim) == embedded_dim && (vdim ?? embedded_dim) == embedded_dim;
        if (together) {
            register_parameter("in_proj_weight", new Parameter(torch.empty(3 * embedded_dim, embedded_dim)));
        } else {
            register_parameter("q_proj_weight", new Parameter(torch.empty(embedded_dim, embedded_dim)));
            register_parameter("k_proj_weight", new Parameter(torch.empty(embedded_dim, kdim ?? embedded_dim)));
            register_parameter("v_proj_weight", new Parameter(torch.empty(embedded_dim, vdim ?? embedded_dim)));
        }
        if (bias) {
            register_parameter("in_proj_bias", new Parameter(torch.zeros(3 * embedded_dim)));
        }
        var output = torch.nn.Linear(embedded_dim, embedded_dim, bias);
        register_module("out_proj", output);
        if (add_bias_kv) {
            register_parameter("bias_k", new Parameter(torch.empty(1, 1, embedded_dim)));
            register_parameter("bias_v", new Parameter(torch.empty(1, 1, embedded_dim)));
        }
        foreach (var key in together ? (string[])["in_proj_weight"] : ["q_proj_weight", "k_proj_weight", "v_proj_weight"]) {
            torch.nn.init.xavier_uniform_(_internal_params[key]).Dispose();
        }
        if (bias) {
            torch.nn.init.zeros_(output.bias!).Dispose();
        }
        if (add_bias_kv) {
            torch.nn.init.xavier_normal_(_internal_params["bias_k"]).Dispose();
            torch.nn.init.xavier_normal_(_internal_params["bias_v"]).Dispose();
        }
    }

    public new Tuple<torch.Tensor, torch.Tensor> call(torch.Tensor query, torch.Tensor key, torch.Tensor value, torch.Tensor? key_padding_mask = null, bool need_weights = true,
        torch.Tensor? attn_mask = null) => base.call(query, key, value, key_padding_mask, need_weights, attn_mask);

    /// <returns>The result [L, N, E], and the weights [N, L, S] averaged over the heads (null when they are not needed).</returns>
    public override Tuple<torch.Tensor, torch.Tensor> forward(torch.Tensor query, torch.Tensor key, torch.Tensor value, torch.Tensor? key_padding_mask, bool need_weights, torch.Tensor? attn_mask)
    {
        using var scope = torch.NewDisposeScope();
        var batched = query.ndim == 3;
        if (!batched) {
            (query, key, value, key_padding_mask) = (query.unsqueeze(1), key.unsqueeze(1), value.unsqueeze(1), key_padding_mask?.unsqueeze(0));
        }
        var (length, batch) = (query.shape[0], query.shape[1]);
        var (q, k, v) = (Projected(query, 0, "q_proj_weight"), Projected(key, 1, "k_proj_weight"), Projected(value, 2, "v_proj_weight"));
        var mask = Additive(attn_mask, q.dtype);
        var padding = Additive(key_padding_mask, q.dtype);
        if (_internal_params.TryGetValue("bias_k", out var biasK)) {
            k = torch.cat([k, biasK.expand(1, batch, _dim)]);
            v = torch.cat([v, _internal_params["bias_v"].expand(1, batch, _dim)]);
            (mask, padding) = (Wider(mask), Wider(padding));
        }
        if (_addZero) {
            k = torch.cat([k, torch.zeros([1, batch, _dim], k.dtype, k.device)]);
            v = torch.cat([v, torch.zeros([1, batch, _dim], v.dtype, v.device)]);
            (mask, padding) = (Wider(mask), Wider(padding));
        }
        (q, k, v) = (ByHead(q), ByHead(k), ByHead(v));
        var sources = k.shape[2];
        var scores = (q / Math.Sqrt((double)_dim / _heads)).matmul(k.transpose(-2, -1));
        if (mask is not null) {
            scores = scores + (mask.ndim == 3 ? mask.reshape(batch, _heads, length, sources) : mask);
        }
        if (padding is not null) {
            scores = scores + padding.reshape(batch, 1, 1, sources);
        }
        var weights = scores.softmax(-1);
        if (training && _dropout > 0) {
            weights = F.dropout(weights, _dropout);
        }
        var joined = weights.matmul(v).permute(2, 0, 1, 3).reshape(length, batch, _dim);
        var result = ((Linear)_internal_submodules["out_proj"]).forward(joined);
        var average = need_weights ? weights.mean([1]) : null;
        if (!batched) {
            (result, average) = (result.squeeze(1), average?.squeeze(0));
        }
        return Tuple.Create(result.MoveToOuterDisposeScope(), average?.MoveToOuterDisposeScope()!);
    }

    private torch.Tensor Projected(torch.Tensor x, int part, string own)
    {
        var weight = _internal_params.TryGetValue("in_proj_weight", out var all) ? all.narrow(0, part * _dim, _dim) : _internal_params[own];
        return F.linear(x, weight, _hasBias ? _internal_params["in_proj_bias"].narrow(0, part * _dim, _dim) : null);
    }

    /// <summary>[L, N, E] as [N, heads, L, E / heads].</summary>
    private torch.Tensor ByHead(torch.Tensor x) => x.reshape(x.shape[0], x.shape[1], _heads, _dim / _heads).permute(1, 2, 0, 3);

    /// <summary>A mask of booleans (true: left out) as numbers to add.</summary>
    private static torch.Tensor? Additive(torch.Tensor? mask, torch.ScalarType type)
        => mask is null ? null : mask.dtype == torch.ScalarType.Bool ? torch.zeros(mask.shape, type, mask.device).masked_fill(mask, double.NegativeInfinity) : mask;

    private static torch.Tensor? Wider(torch.Tensor? mask) => mask is null ? null : F.pad(mask, (0, 1));
}
