// The four operations of arithmetic, which scripts and losses call most, without boxing.
#include "bridge.h"

#include <ATen/ScalarOps.h>
#include <c10/core/InferenceMode.h>
#include <cstring>
#include <memory>

using namespace bt;

namespace {

enum Kind : int32_t { kAdd, kSub, kMul, kDiv };

at::Tensor apply(int32_t kind, const at::Tensor& a, const at::Tensor& b) {
  switch (kind) {
    case kAdd: return at::add(a, b);
    case kSub: return at::sub(a, b);
    case kMul: return at::mul(a, b);
    default: return at::div(a, b);
  }
}

at::Tensor apply(int32_t kind, const at::Tensor& a, const at::Scalar& b) {
  switch (kind) {
    case kAdd: return at::add(a, b);
    case kSub: return at::sub(a, b);
    case kMul: return at::mul(a, b);
    default: return at::div(a, b);
  }
}

// Numbers as tensors without dimensions, made once. libtorch makes one at every call, as a double that is then
// converted to the other operand's type; here it has that type from the start. The numbers are the same.
class Numbers {
 public:
  const at::Tensor& get(double value, at::ScalarType type) {
    int64_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    auto hash = static_cast<uint64_t>(bits) * 0x9E3779B97F4A7C15u + static_cast<uint64_t>(type);
    auto& entry = entries_[hash >> 58];
    if (!entry.number.defined() || entry.bits != bits || entry.type != type) {
      // A tensor made in inference mode could not be kept for a backward pass later.
      c10::InferenceMode off(false);
      entry = {bits, type, at::scalar_tensor(value, at::TensorOptions(type))};
      entry.number.unsafeGetTensorImpl()->set_wrapped_number(true);
    }
    return entry.number;
  }

 private:
  struct Entry {
    int64_t bits = 0;
    at::ScalarType type = at::kFloat;
    at::Tensor number;
  };
  Entry entries_[64];
};

Numbers& numbers() {
  thread_local std::unique_ptr<Numbers> numbers(new Numbers());
  return *numbers;
}

}  // namespace

// a + b, a - b, a * b or a / b.
BT_API Impl* bt_arithmetic(int32_t kind, Impl* a, Impl* b) {
  return guarded<Impl*>(nullptr, [&] {
    Borrowed x(a), y(b);
    return release(apply(kind, x.tensor, y.tensor));
  });
}

// The same with a number: an integer in i, or else d.
BT_API Impl* bt_arithmetic_number(int32_t kind, Impl* a, int32_t is_integer, int64_t i, double d) {
  return guarded<Impl*>(nullptr, [&] {
    Borrowed x(a);
    auto type = x.tensor.scalar_type();
    if ((type == at::kFloat || type == at::kDouble) && x.tensor.layout() == at::kStrided)
      return release(apply(kind, x.tensor, numbers().get(is_integer ? static_cast<double>(i) : d, type)));
    return release(apply(kind, x.tensor, is_integer ? at::Scalar(i) : at::Scalar(d)));
  });
}
