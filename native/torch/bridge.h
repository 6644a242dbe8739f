// The C ABI between BoxTeacher.Torch and libtorch.
//
// A tensor crosses the border as its TensorImpl pointer. A pointer that is returned carries one reference, which the
// caller gives back with bt_release; a pointer that is passed in is borrowed for the call.
// No C++ exception leaves a function: it returns its failure value (a null pointer or a negative number) and keeps
// the message for bt_error on the same thread.
#pragma once

#include <ATen/ATen.h>
#include <array>
#include <cstdint>
#include <exception>
#include <string>

#define BT_API extern "C" __attribute__((visibility("default")))

namespace bt {

using Impl = c10::TensorImpl;

// Message of the last failure on this thread.
std::string& error();
// Puts the message of the exception being handled into error().
void keep_error() noexcept;

// A tensor that borrows nothing: it holds a reference of its own.
inline at::Tensor tensor(Impl* impl) {
  return at::Tensor(c10::intrusive_ptr<Impl, c10::UndefinedTensorImpl>::reclaim_copy(impl));
}
inline at::Tensor tensor_or_undefined(Impl* impl) { return impl ? tensor(impl) : at::Tensor(); }

// A tensor for the time of a call, on the caller's reference.
struct Borrowed {
  at::Tensor tensor;
  explicit Borrowed(Impl* impl) : tensor(c10::intrusive_ptr<Impl, c10::UndefinedTensorImpl>::reclaim(impl)) {}
  ~Borrowed() { tensor.unsafeReleaseTensorImpl(); }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
};

// A dense float tensor on the CPU that is not empty.
inline bool plain_float(const at::Tensor& t) {
  return t.is_cpu() && t.layout() == at::kStrided && t.scalar_type() == at::kFloat && !t.is_neg() && t.numel() > 0;
}

// One number for both directions, or one for each; false where there are others or one is too small.
inline bool read_pair(std::array<int64_t, 2>& pair, at::IntArrayRef list, int64_t least) {
  if (list.empty() || list.size() > 2) return false;
  pair = {list.front(), list.back()};
  return pair[0] >= least && pair[1] >= least;
}

// Hands the reference of a tensor to the caller; null for an undefined one.
inline Impl* release(at::Tensor&& t) { return t.defined() ? t.unsafeReleaseTensorImpl() : nullptr; }
inline Impl* release(const at::Tensor& t) { return release(at::Tensor(t)); }

// Runs f; a C++ exception becomes `failure` and a message.
template <class R, class F>
R guarded(R failure, F&& f) noexcept {
  try {
    return f();
  } catch (...) {
    keep_error();
    return failure;
  }
}

// One argument or result of an operator. The low byte of `head` is the tag, the rest the count of a list.
enum class Tag : uint8_t {
  Default = 0,  // the schema's default value
  None = 1,
  Tensor = 2,
  Int = 3,
  Double = 4,
  Bool = 5,
  IntList = 6,
  TensorList = 7,
  OptionalTensorList = 8,
  DoubleList = 9,
  String = 10,
  BoolList = 11,
  Device = 12,  // type << 16 | (index & 0xffff)
  Generator = 13,
  Complex = 14,  // pointer to two doubles
};

struct Value {
  int64_t head;
  union {
    int64_t i;
    double d;
    void* p;
  };
  Tag tag() const { return static_cast<Tag>(head & 0xff); }
  int64_t count() const { return head >> 8; }
  static Value make(Tag t, int64_t n = 0) { return Value{n << 8 | static_cast<int64_t>(t), {0}}; }
};

}  // namespace bt
