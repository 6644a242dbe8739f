// One-pass kernels for optimizer and teacher updates: every element is read and written once.
// Each handles dense float tensors of equal layout on the CPU; anything else goes through the _foreach operators.
#include "bridge.h"

#include <ATen/Parallel.h>
#include <cmath>
#include <vector>

using namespace bt;

namespace {

constexpr int64_t kGrain = 1 << 15;

// Elements in memory order, when all tensors are dense float of the same strides on the CPU.
bool plain(const at::Tensor& a) { return a.is_cpu() && a.scalar_type() == at::kFloat && a.is_non_overlapping_and_dense(); }
bool alike(const at::Tensor& a, const at::Tensor& b) { return plain(b) && a.sizes() == b.sizes() && a.strides() == b.strides(); }

}  // namespace

// SGD as in PyTorch: g += weight_decay * p; buf = momentum * buf + (1 - dampening) * g; p -= lr * (nesterov ? g + momentum * buf : buf).
// buffers[k] may be null when momentum is 0. `first[k]` != 0: the buffer is not set yet and becomes g.
// Returns 1 when done, 0 when a tensor is not of the plain kind (nothing is touched), negative: failed.
BT_API int32_t bt_sgd(Impl** params, Impl** grads, Impl** buffers, const uint8_t* first, int32_t n, double lr, double momentum,
                      double dampening, double weight_decay, int32_t nesterov, int32_t maximize) {
  return guarded(-1, [&] {
    for (int32_t k = 0; k < n; k++) {
      auto p = tensor(params[k]);
      if (!plain(p) || !alike(p, tensor(grads[k])) || (buffers[k] && !alike(p, tensor(buffers[k])))) return 0;
    }
    const float f_lr = lr, f_mom = momentum, f_damp = 1 - dampening, f_wd = weight_decay, sign = maximize ? -1.f : 1.f;
    for (int32_t k = 0; k < n; k++) {
      auto* p = static_cast<float*>(tensor(params[k]).data_ptr());
      auto* g = static_cast<const float*>(tensor(grads[k]).data_ptr());
      auto* b = buffers[k] ? static_cast<float*>(tensor(buffers[k]).data_ptr()) : nullptr;
      const bool fresh = first[k] != 0;
      auto step = [=](int64_t begin, int64_t end) {
        if (!b) {
          for (int64_t i = begin; i < end; i++) p[i] -= f_lr * (sign * g[i] + f_wd * p[i]);
        } else if (fresh) {
          for (int64_t i = begin; i < end; i++) {
            const float d = sign * g[i] + f_wd * p[i];
            b[i] = d;
            p[i] -= f_lr * (nesterov ? d + f_mom * d : d);
          }
        } else {
          for (int64_t i = begin; i < end; i++) {
            const float d = sign * g[i] + f_wd * p[i];
            const float m = f_mom * b[i] + f_damp * d;
            b[i] = m;
            p[i] -= f_lr * (nesterov ? d + f_mom * m : m);
          }
        }
      };
      const auto count = params[k]->numel();
      if (count < 2 * kGrain) step(0, count);
      else at::parallel_for(0, count, kGrain, step);
      params[k]->bump_version();
    }
    return 1;
  });
}

// AdamW (decoupled != 0) and Adam as in PyTorch, step counted from 1.
BT_API int32_t bt_adam(Impl** params, Impl** grads, Impl** exp_avgs, Impl** exp_avg_sqs, int32_t n, int64_t step, double lr, double beta1,
                       double beta2, double eps, double weight_decay, int32_t decoupled, int32_t maximize) {
  return guarded(-1, [&] {
    for (int32_t k = 0; k < n; k++) {
      auto p = tensor(params[k]);
      if (!plain(p) || !alike(p, tensor(grads[k])) || !alike(p, tensor(exp_avgs[k])) || !alike(p, tensor(exp_avg_sqs[k]))) return 0;
    }
    const double bias1 = 1 - std::pow(beta1, step), bias2 = 1 - std::pow(beta2, step);
    const float step_size = lr / bias1, root = std::sqrt(bias2), f_eps = eps, sign = maximize ? -1.f : 1.f;
    const float b1 = beta1, b2 = beta2, c1 = 1 - beta1, c2 = 1 - beta2;
    const float keep = decoupled ? 1 - lr * weight_decay : 1, l2 = decoupled ? 0 : weight_decay;
    for (int32_t k = 0; k < n; k++) {
      auto* p = static_cast<float*>(tensor(params[k]).data_ptr());
      auto* g = static_cast<const float*>(tensor(grads[k]).data_ptr());
      auto* m = static_cast<float*>(tensor(exp_avgs[k]).data_ptr());
      auto* v = static_cast<float*>(tensor(exp_avg_sqs[k]).data_ptr());
      auto update = [=](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++) {
          const float d = sign * g[i] + l2 * p[i];
          const float mi = b1 * m[i] + c1 * d;
          const float vi = b2 * v[i] + c2 * d * d;
          m[i] = mi;
          v[i] = vi;
          p[i] = p[i] * keep - step_size * (mi / (std::sqrt(vi) / root + f_eps));
        }
      };
      const auto count = params[k]->numel();
      if (count < 2 * kGrain) update(0, count);
      else at::parallel_for(0, count, kGrain, update);
      params[k]->bump_version();
    }
    return 1;
  });
}

// target = momentum * target + (1 - momentum) * source.
BT_API int32_t bt_ema(Impl** targets, Impl** sources, int32_t n, double momentum) {
  return guarded(-1, [&] {
    for (int32_t k = 0; k < n; k++) {
      auto t = tensor(targets[k]);
      if (!plain(t) || !alike(t, tensor(sources[k]))) return 0;
    }
    const float m = momentum, c = 1 - momentum;
    for (int32_t k = 0; k < n; k++) {
      auto* t = static_cast<float*>(tensor(targets[k]).data_ptr());
      auto* s = static_cast<const float*>(tensor(sources[k]).data_ptr());
      auto update = [=](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++) t[i] = m * t[i] + c * s[i];
      };
      const auto count = targets[k]->numel();
      if (count < 2 * kGrain) update(0, count);
      else at::parallel_for(0, count, kGrain, update);
      targets[k]->bump_version();
    }
    return 1;
  });
}
