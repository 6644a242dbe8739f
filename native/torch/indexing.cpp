// Indexing as in Python: integers, slices, new dimensions, ellipses, truth values and tensors side by side.
#include "bridge.h"

#include <ATen/TensorIndexing.h>
#include <vector>

using namespace bt;

namespace {

enum class Kind : int32_t { None, Ellipsis, Single, Slice, Bool, Tensor };

// The bits of `given`: start, stop, step.
struct Index {
  Kind kind;
  int32_t given;
  int64_t start, stop, step;
  Impl* tensor;
};

std::vector<at::indexing::TensorIndex> lower(const Index* indices, int32_t n) {
  using namespace at::indexing;
  std::vector<TensorIndex> result;
  result.reserve(n);
  for (int32_t k = 0; k < n; k++) {
    auto& i = indices[k];
    switch (i.kind) {
      case Kind::None: result.emplace_back(at::indexing::None); break;
      case Kind::Ellipsis: result.emplace_back(at::indexing::Ellipsis); break;
      case Kind::Single: result.emplace_back(i.start); break;
      case Kind::Bool: result.emplace_back(i.start != 0); break;
      case Kind::Tensor: result.emplace_back(tensor(i.tensor)); break;
      case Kind::Slice: {
        auto step = i.given & 4 ? i.step : 1;
        TORCH_CHECK_VALUE(step > 0, "slice step must be positive");
        auto start = i.given & 1 ? i.start : 0;
        auto stop = i.given & 2 ? i.stop : INDEX_MAX;
        result.emplace_back(Slice(start, stop, step));
        break;
      }
    }
  }
  return result;
}

}  // namespace

BT_API Impl* bt_index(Impl* t, const Index* indices, int32_t n) {
  return guarded<Impl*>(nullptr, [&] { return release(tensor(t).index(lower(indices, n))); });
}

BT_API int32_t bt_index_put(Impl* t, const Index* indices, int32_t n, Impl* value) {
  return guarded(-1, [&] {
    tensor(t).index_put_(lower(indices, n), tensor(value));
    return 0;
  });
}
