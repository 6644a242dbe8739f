// What calls of oneDNN have in common.
#pragma once

#include "bridge.h"

#include <algorithm>
#include <array>
#include <oneapi/dnnl/dnnl.hpp>

namespace bt::onednn {

using dnnl::memory;

// Numbers of both directions, down and across.
using Pair = std::array<int64_t, 2>;

inline const dnnl::engine& engine() {
  static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

inline dnnl::stream& stream() {
  thread_local dnnl::stream own(engine());
  return own;
}

// Room for values of a layout.
struct Buffer {
  at::Tensor owner;
  memory values;
  Buffer(at::Tensor tensor, const memory::desc& layout) : owner(std::move(tensor)), values(layout, engine(), owner.data_ptr()) {}
  explicit Buffer(const memory::desc& layout) : Buffer(at::empty({static_cast<int64_t>(layout.get_size())}, at::kByte), layout) {}
};

// A contiguous tensor's layout beside the one that a pass wants, and the ways between them.
struct Layouts {
  memory::desc plain, wanted;
  bool same = true;
  dnnl::reorder there, back;

  Layouts() = default;
  Layouts(const memory::dims& sizes, const memory::desc& wanted) : plain(sizes, memory::data_type::f32, strides(sizes)), wanted(wanted) {
    same = plain == wanted;
    if (same) return;
    there = dnnl::reorder({engine(), plain, engine(), wanted});
    back = dnnl::reorder({engine(), wanted, engine(), plain});
  }

  Buffer read(const at::Tensor& t) const {
    Buffer given(t, plain);
    if (same) return given;
    Buffer copy(wanted);
    auto to = copy.values;
    there.execute(stream(), given.values, to);
    return copy;
  }
  // Where to write what `deliver` brings to the tensor.
  Buffer room(const at::Tensor& t) const { return same ? Buffer(t, plain) : Buffer(wanted); }
  void deliver(const Buffer& from, const at::Tensor& t) const {
    if (same) return;
    auto source = from.values;
    Buffer to(t, plain);
    back.execute(stream(), source, to.values);
  }

 private:
  static memory::dims strides(const memory::dims& sizes) {
    memory::dims result(sizes.size(), 1);
    for (size_t d = sizes.size() - 1; d > 0; d--) result[d - 1] = result[d] * sizes[d];
    return result;
  }
};

// A float image on the CPU that is not empty.
inline bool plain_float(const at::Tensor& t) {
  return t.is_cpu() && t.layout() == at::kStrided && t.scalar_type() == at::kFloat && !t.is_neg() && t.numel() > 0;
}

// One number for both directions, or one for each; false where there are others or one is too small.
inline bool read(Pair& pair, at::IntArrayRef list, int64_t least) {
  if (list.empty() || list.size() > 2) return false;
  pair = {list.front(), list.back()};
  return std::min(pair[0], pair[1]) >= least;
}

}  // namespace bt::onednn
