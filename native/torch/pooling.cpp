// Maxima of windows, where no gradient is asked for: first down the columns, which lie side by side, then along the row.
// libtorch goes through every window alone and notes where its maximum lies, which takes ten times as long.
#include "bridge.h"

#include <ATen/Parallel.h>
#include <algorithm>
#include <limits>
#include <vector>

using namespace bt;

namespace {

// A NaN stays, as in libtorch.
inline float larger(float kept, float other) { return other > kept || other != other ? other : kept; }

struct Window {
  int64_t size, stride, padding;
  int64_t outputs(int64_t inputs) const { return (inputs + 2 * padding - size) / stride + 1; }
  int64_t first(int64_t output) const { return std::max<int64_t>(output * stride - padding, 0); }
  int64_t end(int64_t output, int64_t inputs) const { return std::min(output * stride - padding + size, inputs); }
};

void pool(const float* plane, int64_t height, int64_t width, Window down, Window across, float* result, float* columns) {
  for (int64_t i = 0, rows = down.outputs(height); i < rows; i++) {
    std::copy_n(plane + down.first(i) * width, width, columns);
    for (int64_t y = down.first(i) + 1; y < down.end(i, height); y++) {
      const float* row = plane + y * width;
      for (int64_t x = 0; x < width; x++) columns[x] = larger(columns[x], row[x]);
    }
    for (int64_t j = 0, cells = across.outputs(width); j < cells; j++) {
      float most = -std::numeric_limits<float>::infinity();
      for (int64_t x = across.first(j); x < across.end(j, width); x++) most = larger(most, columns[x]);
      *result++ = most;
    }
  }
}

// A window that never lies beside the image; what is ill-formed is left to libtorch, which says so.
bool fits(const Window& w, int64_t inputs) {
  return 2 * w.padding <= w.size && inputs + 2 * w.padding >= w.size;
}

}  // namespace

// Lists have one entry for both directions, or two.
BT_API Impl* bt_max_pool2d(Impl* input, const int64_t* kernel, int32_t kernel_n, const int64_t* stride, int32_t stride_n, const int64_t* padding,
                           int32_t padding_n, const int64_t* dilation, int32_t dilation_n, int32_t ceil_mode) {
  return guarded<Impl*>(nullptr, [&] {
    const auto x = tensor(input);
    const at::IntArrayRef k(kernel, kernel_n), s(stride, stride_n), p(padding, padding_n), d(dilation, dilation_n);
    std::array<int64_t, 2> size{}, step{}, border{}, holes{};
    const bool read = read_pair(size, k, 1) && read_pair(step, s, 1) && read_pair(border, p, 0) && read_pair(holes, d, 1);
    const Window down{size[0], step[0], border[0]}, across{size[1], step[1], border[1]};
    const bool ours = read && holes[0] == 1 && holes[1] == 1 && !ceil_mode && plain_float(x) && x.dim() == 4 && x.is_contiguous() &&
                      !(at::GradMode::is_enabled() && x.requires_grad()) && fits(down, x.size(2)) && fits(across, x.size(3));
    if (!ours) return release(at::max_pool2d(x, k, s, p, d, ceil_mode != 0));
    const int64_t planes = x.size(0) * x.size(1), height = x.size(2), width = x.size(3);
    auto result = at::empty({x.size(0), x.size(1), down.outputs(height), across.outputs(width)}, x.options());
    const float* from = x.data_ptr<float>();
    float* to = result.data_ptr<float>();
    const int64_t cells = result.size(2) * result.size(3);
    at::parallel_for(0, planes, std::max<int64_t>(1, 32768 / (height * width)), [&](int64_t begin, int64_t end) {
      std::vector<float> columns(width);
      for (int64_t i = begin; i < end; i++) pool(from + i * height * width, height, width, down, across, to + i * cells, columns.data());
    });
    return release(std::move(result));
  });
}
