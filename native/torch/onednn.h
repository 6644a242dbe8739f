// What calls of oneDNN have in common.
#pragma once

#include "bridge.h"

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

// A contiguous tensor's layout beside the one that a pass wants, and the way between them.
struct Layouts {
  memory::desc plain, wanted;
  dnnl::reorder way;

  Layouts() = default;
  // What a pass reads comes to its layout, what it writes goes back.
  Layouts(const memory::dims& sizes, const memory::desc& wanted, bool written) : plain(sizes, memory::data_type::f32, strides(sizes)), wanted(wanted) {
    if (plain == wanted) return;
    way = written ? dnnl::reorder({engine(), wanted, engine(), plain}) : dnnl::reorder({engine(), plain, engine(), wanted});
  }

  Buffer read(const at::Tensor& t) const {
    Buffer given(t, plain);
    if (!way) return given;
    Buffer copy(wanted);
    way.execute(stream(), given.values, copy.values);
    return copy;
  }
  // Where to write what `deliver` brings to the tensor.
  Buffer room(const at::Tensor& t) const { return way ? Buffer(wanted) : Buffer(t, plain); }
  void deliver(Buffer from, const at::Tensor& t) const {
    if (!way) return;
    Buffer to(t, plain);
    way.execute(stream(), from.values, to.values);
  }

 private:
  static memory::dims strides(const memory::dims& sizes) {
    memory::dims result(sizes.size(), 1);
    for (size_t d = sizes.size() - 1; d > 0; d--) result[d - 1] = result[d] * sizes[d];
    return result;
  }
};

}  // namespace bt::onednn
