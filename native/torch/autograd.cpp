// Gradients: modes, leaves, backward, functions written in managed code.
#include "bridge.h"

#include <c10/core/InferenceMode.h>
#include <memory>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/anomaly_mode.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/saved_variable.h>
#include <torch/csrc/autograd/variable.h>

using namespace bt;
using torch::autograd::variable_list;

BT_API int32_t bt_grad_enabled() { return at::GradMode::is_enabled(); }
BT_API void bt_set_grad_enabled(int32_t on) { at::GradMode::set_enabled(on); }
BT_API void* bt_inference_mode_new(int32_t on) { return guarded<void*>(nullptr, [&] { return new c10::InferenceMode(on); }); }
BT_API void bt_inference_mode_delete(void* p) { delete static_cast<c10::InferenceMode*>(p); }
BT_API int32_t bt_inference_mode_enabled() { return c10::InferenceMode::is_enabled(); }
BT_API int32_t bt_anomaly_enabled() { return torch::autograd::AnomalyMode::is_enabled(); }
BT_API int32_t bt_anomaly_checks_nan() {
#if defined(TORCH_VERSION_MAJOR) && TORCH_VERSION_MAJOR < 2
  return 1;
#else
  return torch::autograd::AnomalyMode::should_check_nan();
#endif
}
BT_API void bt_set_anomaly(int32_t on, int32_t check_nan) { torch::autograd::AnomalyMode::set_enabled(on, check_nan); }

BT_API int32_t bt_requires_grad(Impl* t) { return t->requires_grad(); }
BT_API int32_t bt_set_requires_grad(Impl* t, int32_t on) {
  return guarded(-1, [&] { tensor(t).requires_grad_(on); return 0; });
}
BT_API int32_t bt_is_leaf(Impl* t) { return guarded(0, [&] { return tensor(t).is_leaf() ? 1 : 0; }); }
// The gradient, or null: none.
BT_API Impl* bt_grad(Impl* t) { return guarded<Impl*>(nullptr, [&] { return release(tensor(t).grad()); }); }
BT_API int32_t bt_set_grad(Impl* t, Impl* grad) {
  return guarded(-1, [&] { tensor(t).mutable_grad() = tensor_or_undefined(grad); return 0; });
}
BT_API int32_t bt_retain_grad(Impl* t) { return guarded(-1, [&] { tensor(t).retain_grad(); return 0; }); }

namespace {
variable_list variables(Impl** p, int32_t n) {
  variable_list list;
  list.reserve(n);
  for (int32_t k = 0; k < n; k++) list.push_back(tensor_or_undefined(p[k]));
  return list;
}
}  // namespace

// grads may be null (ones for scalars), inputs may be null (all leaves).
BT_API int32_t bt_backward(Impl** outputs, int32_t n, Impl** grads, int32_t retain, int32_t create, Impl** inputs, int32_t inputs_n) {
  return guarded(-1, [&] {
    torch::autograd::backward(variables(outputs, n), grads ? variables(grads, n) : variable_list{}, retain != 0, create != 0,
                              inputs ? variables(inputs, inputs_n) : variable_list{});
    return 0;
  });
}

// Writes inputs_n gradients (null: unused) to result.
BT_API int32_t bt_autograd_grad(Impl** outputs, int32_t n, Impl** inputs, int32_t inputs_n, Impl** grads, int32_t retain, int32_t create,
                                int32_t allow_unused, Impl** result) {
  return guarded(-1, [&] {
    auto list = torch::autograd::grad(variables(outputs, n), variables(inputs, inputs_n), grads ? variables(grads, n) : variable_list{},
                                      retain != 0, create != 0, allow_unused != 0);
    for (int32_t k = 0; k < inputs_n; k++) result[k] = release(std::move(list[k]));
    return 0;
  });
}

namespace {

// Calls managed backward: gradients in (null: none), gradients out. A return value other than 0 says that bt_set_error holds a message.
using Backward = int32_t (*)(void* context, void* node, Impl** grads, int32_t n, Impl** results, int32_t results_n);
using Done = void (*)(void* context);

struct ManagedNode : public torch::autograd::Node {
  Backward backward;
  Done done;
  void* context;
  std::string title;
  int32_t inputs = 0;
  bool materialize = true;
  std::vector<torch::autograd::SavedVariable> saved;
  std::vector<torch::autograd::VariableInfo> output_info;

  variable_list apply(variable_list&& grads) override {
    std::vector<at::Tensor> held(std::move(grads));
    if (materialize) {
      c10::OptionalDeviceGuard guard;
      for (size_t k = 0; k < held.size() && k < output_info.size(); k++)
        if (!held[k].defined()) held[k] = output_info[k].zeros(guard);
    }
    std::vector<Impl*> in, out(inputs, nullptr);
    for (auto& g : held) in.push_back(g.defined() ? g.unsafeGetTensorImpl() : nullptr);
    if (backward(context, this, in.data(), static_cast<int32_t>(in.size()), out.data(), inputs) != 0) {
      for (auto* p : out)
        if (p) c10::raw::intrusive_ptr::decref(p);
      throw std::runtime_error(error());
    }
    variable_list result;
    for (int32_t k = 0; k < inputs; k++)
      result.push_back(out[k] ? at::Tensor(c10::intrusive_ptr<Impl, c10::UndefinedTensorImpl>::reclaim(out[k])) : at::Tensor());
    return result;
  }
  void release_variables() override { saved.clear(); }
  std::string name() const override { return title; }
  ~ManagedNode() override { if (done) done(context); }
};

std::shared_ptr<ManagedNode>* shared(void* p) { return static_cast<std::shared_ptr<ManagedNode>*>(p); }

}  // namespace

// A node for a function with these inputs; null without error when no input needs a gradient (then nothing is recorded).
// The caller owns one share of it (bt_node_release).
BT_API void* bt_node_new(const char* name, Impl** inputs, int32_t n, Backward backward, Done done, void* context) {
  error().clear();
  return guarded<void*>(nullptr, [&]() -> void* {
    auto list = variables(inputs, n);
    bool any = false;
    for (auto& v : list) any = any || (v.defined() && v.requires_grad());
    if (!any || !at::GradMode::is_enabled()) return nullptr;
    std::shared_ptr<ManagedNode> node(new ManagedNode(), torch::autograd::deleteNode);
    node->backward = backward;
    node->done = done;
    node->context = context;
    node->title = name;
    node->inputs = n;
    node->set_next_edges(torch::autograd::collect_next_edges(list));
    return new std::shared_ptr<ManagedNode>(node);
  });
}

// Records that `outputs` came from the node, and keeps `saved` for backward.
// Kinds of outputs: 0 without gradient, 1 a result, 3 an input changed in place.
BT_API int32_t bt_node_finish(void* p, Impl** outputs, const uint8_t* kinds, int32_t n, Impl** saved, int32_t saved_n, int32_t materialize) {
  return guarded(-1, [&] {
    auto node = *shared(p);
    node->materialize = materialize;
    auto list = variables(outputs, n);
    for (int32_t k = 0; k < n; k++) {
      node->output_info.emplace_back(list[k]);
      if (kinds[k] == 0) {
        node->add_input_metadata(list[k]);
      } else if (kinds[k] == 3) {
        TORCH_CHECK(!list[k].is_leaf() || !list[k].requires_grad(), "a leaf Variable that requires grad has been used in an in-place operation.");
        auto nr = node->add_input_metadata(list[k]);
        torch::autograd::impl::rebase_history(list[k], {node, nr});
      } else {
        torch::autograd::set_history(list[k], node);
      }
    }
    for (auto& v : variables(saved, saved_n)) {
      bool is_output = false;
      for (auto& o : list) is_output = is_output || o.unsafeGetTensorImpl() == v.unsafeGetTensorImpl();
      node->saved.emplace_back(v, is_output);
    }
    return 0;
  });
}

// The tensors kept by bt_node_finish; `node` is what backward was given.
BT_API int32_t bt_node_saved(void* node, Impl** result, int32_t capacity) {
  return guarded(-1, [&] {
    auto self = static_cast<ManagedNode*>(node);
    auto count = static_cast<int32_t>(self->saved.size());
    for (int32_t k = 0; k < count && k < capacity; k++) result[k] = release(self->saved[k].unpack(self->shared_from_this()));
    return count;
  });
}

BT_API void bt_node_release(void* p) { delete shared(p); }
