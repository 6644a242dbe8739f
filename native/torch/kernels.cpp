// One-pass kernels for optimizer and teacher updates: every element is read and written once.
// Each handles dense float tensors of equal layout on the CPU; anything else goes through the _foreach operators.
#include "bridge.h"

#include <ATen/Parallel.h>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

using namespace bt;

namespace {

constexpr int64_t kGrain = 1 << 15;

// Elements in memory order, when all tensors are dense float of the same strides on the CPU.
bool plain(const at::Tensor& a) { return a.is_cpu() && a.scalar_type() == at::kFloat && a.is_non_overlapping_and_dense(); }
bool alike(const at::Tensor& a, const at::Tensor& b) { return plain(b) && a.sizes() == b.sizes() && a.strides() == b.strides(); }

// Gradients of n parameters; undefined ones stay undefined.
std::vector<at::Tensor> gradients(Impl** params, int32_t n) {
  std::vector<at::Tensor> grads;
  grads.reserve(n);
  for (int32_t k = 0; k < n; k++) grads.push_back(tensor(params[k]).grad());
  return grads;
}

template <class F>
void over(int64_t count, const F& update) {
  if (count < 2 * kGrain) update(0, count);
  else at::parallel_for(0, count, kGrain, update);
}

}  // namespace

// Fills the gradients with zeros and cuts them from their history.
BT_API int32_t bt_zero_grads(Impl** params, int32_t n) {
  return guarded(-1, [&] {
    at::NoGradGuard off;
    for (int32_t k = 0; k < n; k++) {
      auto g = tensor(params[k]).grad();
      if (!g.defined()) continue;
      if (!g.is_leaf()) g.detach_();
      g.requires_grad_(false);
      if (plain(g)) std::memset(g.data_ptr(), 0, g.nbytes()), g.unsafeGetTensorImpl()->bump_version();
      else g.zero_();
    }
    return 0;
  });
}

// SGD as in PyTorch: g += weight_decay * p; buf = momentum * buf + (1 - dampening) * g; p -= lr * (nesterov ? g + momentum * buf : buf).
// A parameter without gradient is left alone; with a momentum every other one needs a buffer. `first[k]` != 0: the buffer
// has no value yet and becomes g.
// Returns 1 when done, 0 when a tensor is not of the plain kind (nothing is touched), negative: failed.
BT_API int32_t bt_sgd(Impl** params, Impl** buffers, const uint8_t* first, int32_t n, double lr, double momentum, double dampening,
                      double weight_decay, int32_t nesterov, int32_t maximize) {
  return guarded(-1, [&] {
    auto grads = gradients(params, n);
    for (int32_t k = 0; k < n; k++) {
      if (!grads[k].defined()) continue;
      auto p = tensor(params[k]);
      if (!plain(p) || !alike(p, grads[k]) || (momentum != 0 && (!buffers[k] || !alike(p, tensor(buffers[k]))))) return 0;
    }
    const float f_lr = lr, f_mom = momentum, f_damp = 1 - dampening, f_wd = weight_decay, sign = maximize ? -1.f : 1.f;
    for (int32_t k = 0; k < n; k++) {
      if (!grads[k].defined()) continue;
      auto* p = static_cast<float*>(tensor(params[k]).data_ptr());
      auto* g = static_cast<const float*>(grads[k].data_ptr());
      auto* b = momentum != 0 ? static_cast<float*>(tensor(buffers[k]).data_ptr()) : nullptr;
      const bool fresh = first[k] != 0;
      over(params[k]->numel(), [=](int64_t begin, int64_t end) {
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
      });
      params[k]->bump_version();
    }
    return 1;
  });
}

// AdamW (decoupled != 0) and Adam as in PyTorch; steps[k] counts the updates so far, this one is added to it. A parameter
// without gradient is left alone.
// max_exp_avg_sqs is null, or holds the running maxima of the AMSGrad variant.
BT_API int32_t bt_adam(Impl** params, Impl** exp_avgs, Impl** exp_avg_sqs, Impl** max_exp_avg_sqs, int64_t* steps, int32_t n, double lr,
                       double beta1, double beta2, double eps, double weight_decay, int32_t decoupled, int32_t maximize) {
  return guarded(-1, [&] {
    auto grads = gradients(params, n);
    for (int32_t k = 0; k < n; k++) {
      if (!grads[k].defined()) continue;
      auto p = tensor(params[k]);
      if (!plain(p) || !alike(p, grads[k]) || !alike(p, tensor(exp_avgs[k])) || !alike(p, tensor(exp_avg_sqs[k]))) return 0;
      if (max_exp_avg_sqs && !alike(p, tensor(max_exp_avg_sqs[k]))) return 0;
    }
    const float f_eps = eps, sign = maximize ? -1.f : 1.f;
    const float b1 = beta1, b2 = beta2, c1 = 1 - beta1, c2 = 1 - beta2;
    const float keep = decoupled ? 1 - lr * weight_decay : 1, l2 = decoupled ? 0 : weight_decay;
    for (int32_t k = 0; k < n; k++) {
      if (!grads[k].defined()) continue;
      steps[k]++;
      const double bias1 = 1 - std::pow(beta1, steps[k]), bias2 = 1 - std::pow(beta2, steps[k]);
      const float step_size = lr / bias1, root = std::sqrt(bias2);
      auto* p = static_cast<float*>(tensor(params[k]).data_ptr());
      auto* g = static_cast<const float*>(grads[k].data_ptr());
      auto* m = static_cast<float*>(tensor(exp_avgs[k]).data_ptr());
      auto* v = static_cast<float*>(tensor(exp_avg_sqs[k]).data_ptr());
      auto* x = max_exp_avg_sqs ? static_cast<float*>(tensor(max_exp_avg_sqs[k]).data_ptr()) : nullptr;
      over(params[k]->numel(), [=](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++) {
          const float d = sign * g[i] + l2 * p[i];
          const float mi = b1 * m[i] + c1 * d;
          float vi = b2 * v[i] + c2 * d * d;
          m[i] = mi;
          v[i] = vi;
          if (x) x[i] = vi = std::max(x[i], vi);
          p[i] = p[i] * keep - step_size * (mi / (std::sqrt(vi) / root + f_eps));
        }
      });
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
      over(targets[k]->numel(), [=](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++) t[i] = m * t[i] + c * s[i];
      });
      targets[k]->bump_version();
    }
    return 1;
  });
}
