// Convolutions of float images on the CPU, by oneDNN. libtorch takes the same library, but prepares every call anew, and always
// the direct algorithm; here a call's preparation is kept, and a 3x3 kernel of stride 1 goes by Winograd's minimal filtering
// F(4x4, 3x3) (Lavin and Gray 2016, section 4) where that is faster. Everything else is left to libtorch.
#include "bridge.h"

#ifdef BT_ONEDNN
#include "onednn.h"

#include <algorithm>
#include <map>
#include <memory>
#include <torch/csrc/autograd/custom_function.h>
#include <tuple>
#include <unordered_map>
#endif

using namespace bt;

namespace {

using Bias = c10::optional<at::Tensor>;

// The dilation to call libtorch with. With one thread, stride 1 and fewer than 16 images it turns an undilated 1x1 kernel into a
// product by BLAS, and a dilated one, which means the same, goes to oneDNN. Where BLAS is the reference library that is 20 times
// as fast.
at::IntArrayRef for_libtorch(at::IntArrayRef dilation, const at::Tensor& x, const at::Tensor& weight) {
  static constexpr int64_t two[] = {2, 2};
  std::array<int64_t, 2> given;
  return plain_float(x) && weight.dim() == 4 && weight.size(2) == 1 && weight.size(3) == 1 && read_pair(given, dilation, 1) ? at::IntArrayRef(two) : dilation;
}

}  // namespace

#ifdef BT_ONEDNN

namespace {

using namespace bt::onednn;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Geometry {
  int64_t images, inputs, outputs, groups;
  Pair size, kernel, stride, padding, dilation;

  Geometry(const at::Tensor& x, const at::Tensor& weight, Pair stride, Pair padding, Pair dilation, int64_t groups)
      : images(x.size(0)), inputs(x.size(1)), outputs(weight.size(0)), groups(groups), size{x.size(2), x.size(3)},
        kernel{weight.size(2), weight.size(3)}, stride(stride), padding(padding), dilation(dilation) {
    // A kernel of one cell means the same at any dilation.
    for (int side = 0; side < 2; side++) {
      if (kernel[side] == 1) this->dilation[side] = 1;
    }
  }

  int64_t output_size(int side) const {
    return (size[side] + 2 * padding[side] - dilation[side] * (kernel[side] - 1) - 1) / stride[side] + 1;
  }
  // What the last window reaches beyond the image; less than the padding where the stride does not divide.
  int64_t far_padding(int side) const {
    return (output_size(side) - 1) * stride[side] + dilation[side] * (kernel[side] - 1) + 1 - size[side] - padding[side];
  }
  memory::dims x() const { return {images, inputs, size[0], size[1]}; }
  memory::dims y() const { return {images, outputs, output_size(0), output_size(1)}; }
  memory::dims weight() const {
    return groups == 1 ? memory::dims{outputs, inputs, kernel[0], kernel[1]}
                       : memory::dims{groups, outputs / groups, inputs / groups, kernel[0], kernel[1]};
  }

  auto key() const { return std::tie(images, inputs, outputs, groups, size, kernel, stride, padding, dilation); }
  bool operator<(const Geometry& other) const { return key() < other.key(); }
};

// The transforms cost as much per channel for few channels as for many, and those of the kernels as much for a small map as
// for a large one: below 32 channels or 40 tiles of 4x4 cells the direct way is as fast.
bool winograd_pays(const Geometry& g) {
  constexpr int64_t least_tiles = 40, least_channels = 32, lanes = 16;
  constexpr Pair one{1, 1}, three{3, 3};
  const int64_t tiles = g.images * ((g.size[0] + 3) / 4) * ((g.size[1] + 3) / 4);
  return g.groups == 1 && g.kernel == three && g.stride == one && g.padding == one && g.dilation == one && tiles >= least_tiles &&
         std::min(g.inputs, g.outputs) >= least_channels && g.inputs % lanes == 0 && g.outputs % lanes == 0;
}

// A 1x1 kernel of stride 1 is a product of matrices, which needs no other layout; an image of a few pixels is too small a one.
bool is_product(const Geometry& g) {
  constexpr Pair one{1, 1}, none{0, 0};
  constexpr int64_t least_pixels = 16;
  return g.groups == 1 && g.kernel == one && g.stride == one && g.padding == none && g.size[0] * g.size[1] >= least_pixels;
}

enum class Pass { Forward, Data, Weights };

// A prepared pass; without a primitive where the processor has none.
struct Plan {
  dnnl::primitive primitive;
  memory::desc scratch;
  Layouts x, weight, y;

  void execute(std::unordered_map<int, memory> arguments) const {
    Buffer room(scratch);
    arguments.emplace(DNNL_ARG_SCRATCHPAD, room.values);
    primitive.execute(stream(), arguments);
    stream().wait();
  }
};

memory::desc numbers(int64_t count) { return {{count}, memory::data_type::f32, memory::format_tag::x}; }

Plan prepare(Pass pass, const Geometry& g, bool bias, dnnl::algorithm way) {
  const auto layout = is_product(g) ? memory::format_tag::abcd : memory::format_tag::any;
  const auto in = [&](const memory::dims& sizes) { return memory::desc(sizes, memory::data_type::f32, layout); };
  const auto x = in(g.x()), weight = in(g.weight()), y = in(g.y());
  const auto shift = bias ? numbers(g.outputs) : memory::desc();
  const memory::dims stride(g.stride.begin(), g.stride.end()), near(g.padding.begin(), g.padding.end()), far{g.far_padding(0), g.far_padding(1)},
      holes{g.dilation[0] - 1, g.dilation[1] - 1};
  dnnl::primitive_attr own_scratch;
  own_scratch.set_scratchpad_mode(dnnl::scratchpad_mode::user);

  const dnnl::convolution_forward::desc forward(dnnl::prop_kind::forward_training, way, x, weight, shift, y, stride, holes, near, far);
  const dnnl::convolution_forward::primitive_desc ahead(forward, own_scratch, engine(), true);
  if (!ahead.get(true)) return {};
  if (pass == Pass::Forward) {
    return {dnnl::convolution_forward(ahead), ahead.scratchpad_desc(), {g.x(), ahead.src_desc(), false},
            {g.weight(), ahead.weights_desc(), false}, {g.y(), ahead.dst_desc(), true}};
  }
  if (pass == Pass::Data) {
    const dnnl::convolution_backward_data::desc data(way, x, weight, y, stride, holes, near, far);
    const dnnl::convolution_backward_data::primitive_desc back(data, own_scratch, engine(), ahead, true);
    if (!back.get(true)) return {};
    return {dnnl::convolution_backward_data(back), back.scratchpad_desc(), {g.x(), back.diff_src_desc(), true},
            {g.weight(), back.weights_desc(), false}, {g.y(), back.diff_dst_desc(), false}};
  }
  const dnnl::convolution_backward_weights::desc weights(way, x, weight, shift, y, stride, holes, near, far);
  const dnnl::convolution_backward_weights::primitive_desc back(weights, own_scratch, engine(), ahead, true);
  if (!back.get(true)) return {};
  return {dnnl::convolution_backward_weights(back), back.scratchpad_desc(), {g.x(), back.src_desc(), false},
          {g.weight(), back.diff_weights_desc(), true}, {g.y(), back.diff_dst_desc(), false}};
}

Plan choose(Pass pass, const Geometry& g, bool bias) {
  // Winograd's intermediate values of 16 images of COCO's size would take gigabytes.
  constexpr size_t most_scratch = size_t{256} << 20;
  try {
    if (winograd_pays(g)) {
      auto made = prepare(pass, g, bias, dnnl::algorithm::convolution_winograd);
      if (made.primitive && made.scratch.get_size() <= most_scratch) return made;
    }
    return prepare(pass, g, bias, dnnl::algorithm::convolution_direct);
  } catch (const dnnl::error&) {
    return {};  // Numbers that oneDNN has no description for.
  }
}

// The plan for a shape, which the caller keeps alive: the next one may take its place.
std::shared_ptr<const Plan> plan(Pass pass, const Geometry& g, bool bias) {
  // Photos come in many sizes; a training does not need the plans of all of them at once.
  constexpr size_t most = 1024;
  thread_local std::map<std::tuple<Pass, Geometry, bool, int>, std::shared_ptr<const Plan>> plans;
  // A plan is made for a number of threads.
  std::tuple<Pass, Geometry, bool, int> key(pass, g, bias, at::get_num_threads());
  const auto found = plans.find(key);
  if (found != plans.end()) return found->second;
  if (plans.size() >= most) plans.clear();
  return plans.emplace(std::move(key), std::make_shared<const Plan>(choose(pass, g, bias))).first->second;
}

at::Tensor convolve(const Plan& p, const at::Tensor& x, const at::Tensor& weight, const Bias& bias) {
  auto y = at::empty(p.y.plain.dims(), x.options());
  const auto source = p.x.read(x), kernels = p.weight.read(weight), result = p.y.room(y);
  std::unordered_map<int, memory> arguments{{DNNL_ARG_SRC, source.values}, {DNNL_ARG_WEIGHTS, kernels.values}, {DNNL_ARG_DST, result.values}};
  if (bias) arguments.emplace(DNNL_ARG_BIAS, Buffer(*bias, numbers(bias->size(0))).values);
  p.execute(std::move(arguments));
  p.y.deliver(result, y);
  return y;
}

struct Convolution : public torch::autograd::Function<Convolution> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& weight, const Bias& bias, const Geometry& g) {
    ctx->save_for_backward({x, weight});
    ctx->saved_data["bias"] = bias.has_value();
    ctx->saved_data["stride"] = at::IntArrayRef(g.stride);
    ctx->saved_data["padding"] = at::IntArrayRef(g.padding);
    ctx->saved_data["dilation"] = at::IntArrayRef(g.dilation);
    ctx->saved_data["groups"] = g.groups;
    return convolve(*plan(Pass::Forward, g, bias.has_value()), x, weight, bias);
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const auto &x = saved[0], &weight = saved[1];
    const auto pair = [&](const char* name) {
      const auto list = ctx->saved_data[name].toIntVector();
      return Pair{list[0], list[1]};
    };
    const Geometry g(x, weight, pair("stride"), pair("padding"), pair("dilation"), ctx->saved_data["groups"].toInt());
    const bool want_x = ctx->needs_input_grad(0), want_weight = ctx->needs_input_grad(1);
    const bool want_bias = ctx->saved_data["bias"].toBool() && ctx->needs_input_grad(2);
    const auto to_x = want_x ? plan(Pass::Data, g, false) : nullptr;
    const auto to_weight = want_weight || want_bias ? plan(Pass::Weights, g, want_bias) : nullptr;
    if (at::GradMode::is_enabled() || (to_x && !to_x->primitive) || (to_weight && !to_weight->primitive)) {
      // A gradient that is to be differentiated itself comes from libtorch.
      auto all = at::convolution_backward(grads[0], x, weight, want_bias ? at::OptionalIntArrayRef(g.outputs) : c10::nullopt, g.stride, g.padding,
                                          for_libtorch(g.dilation, x, weight), false, Pair{0, 0}, g.groups, {want_x, want_weight, want_bias});
      return {std::get<0>(all), std::get<1>(all), std::get<2>(all), at::Tensor()};
    }
    variable_list results(4);
    const auto grad = grads[0].resolve_neg().contiguous();
    c10::optional<Buffer> arriving;
    if (to_x) {
      results[0] = at::empty_like(x);
      arriving = to_x->y.read(grad);
      const auto kernels = to_x->weight.read(weight), result = to_x->x.room(results[0]);
      to_x->execute({{DNNL_ARG_DIFF_DST, arriving->values}, {DNNL_ARG_WEIGHTS, kernels.values}, {DNNL_ARG_DIFF_SRC, result.values}});
      to_x->x.deliver(result, results[0]);
    }
    if (to_weight) {
      results[1] = at::empty_like(weight);
      if (!arriving || to_weight->y.wanted != to_x->y.wanted) arriving = to_weight->y.read(grad);
      const auto source = to_weight->x.read(x), result = to_weight->weight.room(results[1]);
      std::unordered_map<int, memory> arguments{
          {DNNL_ARG_SRC, source.values}, {DNNL_ARG_DIFF_DST, arriving->values}, {DNNL_ARG_DIFF_WEIGHTS, result.values}};
      if (want_bias) {
        results[2] = at::empty({g.outputs}, weight.options());
        arguments.emplace(DNNL_ARG_DIFF_BIAS, Buffer(results[2], numbers(g.outputs)).values);
      }
      to_weight->execute(std::move(arguments));
      to_weight->weight.deliver(result, results[1]);
    }
    return results;
  }
};

// The convolution by oneDNN, or nothing: libtorch has other ways for it, or a message if it is ill-formed.
at::Tensor try_onednn(const at::Tensor& x, const at::Tensor& weight, const Bias& bias, at::IntArrayRef strides, at::IntArrayRef paddings,
                      at::IntArrayRef dilations, int64_t groups) {
  Pair stride, padding, dilation;
  const bool well_formed = x.dim() == 4 && weight.dim() == 4 && plain_float(x) && plain_float(weight) &&
                           (!bias || (plain_float(*bias) && bias->dim() == 1 && bias->size(0) == weight.size(0))) && groups >= 1 &&
                           weight.size(1) * groups == x.size(1) && weight.size(0) % groups == 0 && read_pair(stride, strides, 1) &&
                           read_pair(padding, paddings, 0) && read_pair(dilation, dilations, 1);
  // Channels that lie last stay so in libtorch's result.
  const auto last = at::MemoryFormat::ChannelsLast;
  if (!well_formed || x.suggest_memory_format() == last || weight.suggest_memory_format() == last || !at::globalContext().userEnabledMkldnn()) return {};
  // What a single cell passes over is left out first: the rest is a product of matrices.
  if (weight.size(2) == 1 && weight.size(3) == 1 && std::max(stride[0], stride[1]) > 1 && padding == Pair{0, 0}) {
    return try_onednn(x.slice(2, 0, c10::nullopt, stride[0]).slice(3, 0, c10::nullopt, stride[1]).contiguous(), weight, bias, 1, 0, 1, groups);
  }
  const Geometry g(x, weight, stride, padding, dilation, groups);
  if (g.size[0] + 2 * padding[0] <= dilation[0] * (g.kernel[0] - 1) || g.size[1] + 2 * padding[1] <= dilation[1] * (g.kernel[1] - 1)) return {};
  const auto p = plan(Pass::Forward, g, bias.has_value());
  if (!p->primitive) return {};
  const auto pixels = x.contiguous(), kernels = weight.contiguous();
  const auto shift = bias ? c10::make_optional(bias->contiguous()) : c10::nullopt;
  const bool recorded = at::GradMode::is_enabled() && (x.requires_grad() || weight.requires_grad() || (bias && bias->requires_grad()));
  return recorded ? Convolution::apply(pixels, kernels, shift, g) : convolve(*p, pixels, kernels, shift);
}

}  // namespace

#endif

// A null bias is none; lists have one entry for both directions, or two.
BT_API Impl* bt_conv2d(Impl* input, Impl* weight, Impl* bias, const int64_t* strides, int32_t strides_n, const int64_t* padding, int32_t padding_n,
                       const int64_t* dilation, int32_t dilation_n, int64_t groups) {
  return guarded<Impl*>(nullptr, [&] {
    const auto x = tensor(input), w = tensor(weight);
    const Bias b = bias ? Bias(tensor(bias)) : c10::nullopt;
    const at::IntArrayRef s(strides, strides_n), p(padding, padding_n), d(dilation, dilation_n);
#ifdef BT_ONEDNN
    if (auto result = try_onednn(x, w, b, s, p, d, groups); result.defined()) return release(std::move(result));
#endif
    return release(at::conv2d(x, w, b, s, p, for_libtorch(d, x, w), groups));
  });
}
