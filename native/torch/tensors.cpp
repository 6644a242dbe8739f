// What a managed tensor reads most: its facts, its values, a single element.
#include "bridge.h"

#include <cstring>
#include <torch/serialize.h>

using namespace bt;

BT_API void bt_release(Impl* t) { c10::raw::intrusive_ptr::decref(t); }
BT_API void bt_release_all(Impl** tensors, int32_t count) {
  for (int32_t k = 0; k < count; k++) c10::raw::intrusive_ptr::decref(tensors[k]);
}
BT_API Impl* bt_retain(Impl* t) { c10::raw::intrusive_ptr::incref(t); return t; }

BT_API int64_t bt_dim(Impl* t) { return t->dim(); }
BT_API int64_t bt_numel(Impl* t) { return t->numel(); }
BT_API int32_t bt_dtype(Impl* t) { return static_cast<int32_t>(c10::typeMetaToScalarType(t->dtype())); }
BT_API int64_t bt_element_size(Impl* t) { return t->dtype().itemsize(); }
BT_API int32_t bt_device(Impl* t) {
  auto d = t->device();
  return static_cast<int32_t>(d.type()) << 16 | (static_cast<int32_t>(d.index()) & 0xffff);
}
BT_API int32_t bt_layout(Impl* t) { return static_cast<int32_t>(t->layout()); }
BT_API int64_t bt_storage_offset(Impl* t) { return guarded<int64_t>(-1, [&] { return t->storage_offset(); }); }
BT_API int32_t bt_is_contiguous(Impl* t, int32_t format) {
  return guarded(0, [&] { return t->is_contiguous(static_cast<c10::MemoryFormat>(format)) ? 1 : 0; });
}
BT_API const int64_t* bt_sizes(Impl* t) { return guarded<const int64_t*>(nullptr, [&] { return t->sizes().data(); }); }
BT_API const int64_t* bt_strides(Impl* t) { return guarded<const int64_t*>(nullptr, [&] { return t->strides().data(); }); }
// First element in memory; null for an empty tensor and for one without memory.
BT_API void* bt_data(Impl* t) { return guarded<void*>(nullptr, [&] { return tensor(t).data_ptr(); }); }

// 1, 0, or negative on failure (a tensor that is no scalar). Integers and bools go to i, floating point to d[0] (d[1]: imaginary).
// kind: 0 integer, 1 floating point, 2 bool, 3 complex.
BT_API int32_t bt_item(Impl* t, int64_t* i, double* d) {
  return guarded(-1, [&] {
    if (t->numel() == 1 && t->device().is_cpu() && t->dtype() == caffe2::TypeMeta::Make<float>() && !t->is_conj() && t->layout() == c10::kStrided) {
      *d = *static_cast<const float*>(tensor(t).data_ptr());
      return 1;
    }
    auto s = tensor(t).item();
    if (s.isBoolean()) { *i = s.toBool(); return 2; }
    if (s.isIntegral(false)) { *i = s.toLong(); return 0; }
    if (s.isComplex()) { auto c = s.toComplexDouble(); d[0] = c.real(); d[1] = c.imag(); return 3; }
    *d = s.toDouble();
    return 1;
  });
}

// t[i0, i1, ...] by integers.
BT_API Impl* bt_select(Impl* t, const int64_t* indices, int32_t n) {
  return guarded<Impl*>(nullptr, [&] {
    auto x = tensor(t);
    if (n > 1 && n <= x.dim() && x.layout() == at::kStrided && !x.requires_grad()) {
      // All at once. With a gradient to record, and for an index out of range, one by one.
      auto offset = x.storage_offset();
      bool inside = true;
      for (int32_t k = 0; k < n; k++) {
        auto size = x.size(k);
        inside = inside && indices[k] >= -size && indices[k] < size;
        offset += (indices[k] < 0 ? indices[k] + size : indices[k]) * x.stride(k);
      }
      if (inside) return release(x.as_strided(x.sizes().slice(n), x.strides().slice(n), offset));
    }
    for (int32_t k = 0; k < n; k++) x = x.select(0, indices[k]);
    return release(std::move(x));
  });
}

// A new tensor on the CPU with a copy of `bytes` bytes.
BT_API Impl* bt_from_memory(const void* data, int64_t bytes, const int64_t* sizes, int32_t n, int32_t dtype) {
  return guarded<Impl*>(nullptr, [&] {
    auto t = at::empty(at::IntArrayRef(sizes, n), at::TensorOptions(static_cast<c10::ScalarType>(dtype)));
    TORCH_CHECK(static_cast<int64_t>(t.nbytes()) == bytes, "the shape needs ", t.nbytes(), " bytes, the data has ", bytes);
    std::memcpy(t.data_ptr(), data, bytes);
    return release(std::move(t));
  });
}

// A tensor over memory of the caller's, who learns through `done(context)` that it is no longer used.
BT_API Impl* bt_from_blob(void* data, const int64_t* sizes, int32_t n, int32_t dtype, void (*done)(void*), void* context) {
  return guarded<Impl*>(nullptr, [&] {
    return release(at::from_blob(data, at::IntArrayRef(sizes, n), [done, context](void*) { done(context); },
                                 at::TensorOptions(static_cast<c10::ScalarType>(dtype))));
  });
}

BT_API int32_t bt_save(Impl* t, const char* path) {
  return guarded(-1, [&] { torch::save(tensor(t), std::string(path)); return 0; });
}
BT_API Impl* bt_load(const char* path) {
  return guarded<Impl*>(nullptr, [&] {
    at::Tensor t;
    torch::load(t, std::string(path));
    return release(std::move(t));
  });
}
