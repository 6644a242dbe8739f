// Calls any ATen operator by its schema name through libtorch's dispatcher, with boxed values.
#include "bridge.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/stack.h>
#include <cstring>
#include <vector>

using namespace bt;

namespace {

c10::Device device_of(int64_t packed) {
  return c10::Device(static_cast<c10::DeviceType>(packed >> 16), static_cast<c10::DeviceIndex>(static_cast<int16_t>(packed & 0xffff)));
}

c10::IValue to_ivalue(const Value& v, const c10::Argument& argument) {
  switch (v.tag()) {
    case Tag::Default:
      TORCH_CHECK(argument.default_value().has_value(), "argument '", argument.name(), "' has no default value");
      return *argument.default_value();
    case Tag::None:
      return c10::IValue();
    case Tag::Tensor:
      return tensor(static_cast<Impl*>(v.p));
    case Tag::Int:
      // C# callers write 1 where the schema wants a float.
      return argument.type()->kind() == c10::TypeKind::FloatType ? c10::IValue(static_cast<double>(v.i)) : c10::IValue(v.i);
    case Tag::Double:
      return v.d;
    case Tag::Bool:
      return v.i != 0;
    case Tag::IntList: {
      auto* p = static_cast<const int64_t*>(v.p);
      return c10::IValue(at::IntArrayRef(p, v.count()));
    }
    case Tag::DoubleList: {
      auto* p = static_cast<const double*>(v.p);
      return c10::IValue(c10::ArrayRef<double>(p, v.count()));
    }
    case Tag::BoolList: {
      auto* p = static_cast<const uint8_t*>(v.p);
      c10::List<bool> list;
      for (int64_t k = 0; k < v.count(); k++) list.push_back(p[k] != 0);
      return list;
    }
    case Tag::TensorList: {
      auto** p = static_cast<Impl**>(v.p);
      auto list_type = argument.type()->cast<c10::ListType>();
      if (list_type && list_type->getElementType()->kind() == c10::TypeKind::OptionalType) {
        c10::List<c10::optional<at::Tensor>> optionals;
        for (int64_t k = 0; k < v.count(); k++) optionals.push_back(tensor(p[k]));
        return optionals;
      }
      c10::List<at::Tensor> list;
      list.reserve(v.count());
      for (int64_t k = 0; k < v.count(); k++) list.push_back(tensor(p[k]));
      return list;
    }
    case Tag::OptionalTensorList: {
      auto** p = static_cast<Impl**>(v.p);
      c10::List<c10::optional<at::Tensor>> list;
      list.reserve(v.count());
      for (int64_t k = 0; k < v.count(); k++) list.push_back(p[k] ? c10::optional<at::Tensor>(tensor(p[k])) : c10::nullopt);
      return list;
    }
    case Tag::String:
      return std::string(static_cast<const char*>(v.p), v.count());
    case Tag::Device:
      return device_of(v.i);
    case Tag::Generator:
      return *static_cast<at::Generator*>(v.p);
    case Tag::Complex: {
      auto* p = static_cast<const double*>(v.p);
      return c10::complex<double>(p[0], p[1]);
    }
  }
  TORCH_CHECK(false, "unknown argument tag");
}

// Lists of results are handed over in memory that the caller frees with bt_free.
template <class T>
Value list(Tag tag, const std::vector<T>& items) {
  Value v = Value::make(tag, static_cast<int64_t>(items.size()));
  auto bytes = items.size() * sizeof(T);
  v.p = std::malloc(bytes ? bytes : 1);
  std::memcpy(v.p, items.data(), bytes);
  return v;
}

Value from_ivalue(c10::IValue&& value) {
  if (value.isTensor()) {
    auto t = std::move(value).toTensor();
    Value v = Value::make(t.defined() ? Tag::Tensor : Tag::None);
    v.p = release(std::move(t));
    return v;
  }
  if (value.isInt()) { Value v = Value::make(Tag::Int); v.i = value.toInt(); return v; }
  if (value.isDouble()) { Value v = Value::make(Tag::Double); v.d = value.toDouble(); return v; }
  if (value.isBool()) { Value v = Value::make(Tag::Bool); v.i = value.toBool(); return v; }
  if (value.isNone()) return Value::make(Tag::None);
  if (value.isTensorList()) {
    std::vector<Impl*> items;
    for (auto& t : value.toTensorVector()) items.push_back(release(t));
    return list(Tag::TensorList, items);
  }
  if (value.isIntList()) return list(Tag::IntList, std::vector<int64_t>(value.toIntVector()));
  if (value.isDoubleList()) return list(Tag::DoubleList, std::vector<double>(value.toDoubleVector()));
  if (value.isString()) {
    auto& s = value.toStringRef();
    return list(Tag::String, std::vector<char>(s.begin(), s.end()));
  }
  if (value.isComplexDouble()) {
    auto c = value.toComplexDouble();
    return list(Tag::Complex, std::vector<double>{c.real(), c.imag()});
  }
  TORCH_CHECK(false, "an operator result of type ", value.tagKind(), " is not supported");
}

void push_arguments(const c10::OperatorHandle& op, const Value* args, int32_t n, torch::jit::Stack& stack) {
  auto& declared = op.schema().arguments();
  TORCH_CHECK(static_cast<size_t>(n) <= declared.size(), op.schema().name(), " takes ", declared.size(), " arguments, not ", n);
  stack.reserve(declared.size());
  for (int32_t k = 0; k < n; k++) stack.push_back(to_ivalue(args[k], declared[k]));
  for (size_t k = n; k < declared.size(); k++) stack.push_back(to_ivalue(Value::make(Tag::Default), declared[k]));
}

}  // namespace

// The operator `name` ("aten::add") with `overload` ("Tensor", or empty); null when there is none.
BT_API void* bt_operator(const char* name, const char* overload) {
  return guarded<void*>(nullptr, [&]() -> void* {
    return new c10::OperatorHandle(c10::Dispatcher::singleton().findSchemaOrThrow(name, overload));
  });
}

// 1 when libtorch has that operator.
BT_API int32_t bt_has_operator(const char* name, const char* overload) {
  return guarded(0, [&] { return c10::Dispatcher::singleton().findSchema({name, overload}).has_value() ? 1 : 0; });
}

// Calls an operator whose only result is a tensor. Null: failed.
BT_API Impl* bt_call_tensor(const c10::OperatorHandle* op, const Value* args, int32_t n) {
  return guarded<Impl*>(nullptr, [&] {
    torch::jit::Stack stack;
    push_arguments(*op, args, n, stack);
    op->callBoxed(&stack);
    return release(std::move(stack.front()).toTensor());
  });
}

// Calls an operator; writes at most `capacity` results and returns their number. Negative: failed.
// `check` compares every argument with the schema first: for callers that are not generated from it.
BT_API int32_t bt_call(const c10::OperatorHandle* op, const Value* args, int32_t n, Value* results, int32_t capacity, int32_t check) {
  return guarded(-1, [&] {
    torch::jit::Stack stack;
    push_arguments(*op, args, n, stack);
    if (check) op->schema().checkAndNormalizeInputs(stack, {});
    op->callBoxed(&stack);
    auto count = static_cast<int32_t>(stack.size());
    TORCH_CHECK(count <= capacity, op->schema().name(), " returns ", count, " values");
    for (int32_t k = 0; k < count; k++) results[k] = from_ivalue(std::move(stack[k]));
    return count;
  });
}

// The schema as text, into memory to be freed with bt_free.
BT_API char* bt_schema(const c10::OperatorHandle* op) {
  return guarded<char*>(nullptr, [&] { return strdup(toString(op->schema()).c_str()); });
}

BT_API void bt_free(void* p) { std::free(p); }
