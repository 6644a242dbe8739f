// Errors, threads, devices, versions.
#include "bridge.h"

#include <ATen/Parallel.h>
#include <cstdlib>
#include <malloc.h>
#include <torch/cuda.h>
#include <torch/version.h>

using namespace bt;

std::string& bt::error() {
  thread_local std::string message;
  return message;
}

void bt::keep_error() noexcept {
  try {
    throw;
  } catch (const c10::Error& e) {
    error() = e.what_without_backtrace();
  } catch (const std::exception& e) {
    error() = e.what();
  } catch (...) {
    error() = "unknown native exception";
  }
}

// The message of the last failure on this thread; valid until the next failure on it.
BT_API const char* bt_error() { return error().c_str(); }
BT_API void bt_set_error(const char* message) { error() = message; }

BT_API const char* bt_torch_version() { return TORCH_VERSION; }
BT_API int32_t bt_get_num_threads() { return at::get_num_threads(); }
BT_API int32_t bt_set_num_threads(int32_t n) { return guarded(-1, [&] { at::set_num_threads(n); return 0; }); }
BT_API int32_t bt_get_num_interop_threads() { return at::get_num_interop_threads(); }
BT_API int32_t bt_set_num_interop_threads(int32_t n) { return guarded(-1, [&] { at::set_num_interop_threads(n); return 0; }); }

BT_API int32_t bt_cuda_device_count() { return guarded(0, [] { return static_cast<int32_t>(torch::cuda::device_count()); }); }
BT_API int32_t bt_cudnn_is_available() { return guarded(0, [] { return torch::cuda::cudnn_is_available() ? 1 : 0; }); }
BT_API int32_t bt_cuda_synchronize(int64_t device) { return guarded(-1, [&] { torch::cuda::synchronize(device); return 0; }); }

BT_API int32_t bt_get_flag(int32_t flag) {
  auto& c = at::globalContext();
  switch (flag) {
    case 0: return c.allowTF32CuBLAS();
    case 1: return c.allowTF32CuDNN();
    case 2: return c.deterministicAlgorithms();
    case 3: return c.allowFP16ReductionCuBLAS() ? 1 : 0;
    case 4: return c.deterministicAlgorithmsWarnOnly();
    default: return 0;
  }
}
BT_API int32_t bt_set_flag(int32_t flag, int32_t value) {
  return guarded(-1, [&] {
    auto& c = at::globalContext();
    switch (flag) {
      case 0: c.setAllowTF32CuBLAS(value); break;
      case 1: c.setAllowTF32CuDNN(value); break;
      case 2: c.setDeterministicAlgorithms(value & 1, value & 2); break;
      case 3: c.setAllowFP16ReductionCuBLAS(value); break;
    }
    return 0;
  });
}

BT_API int32_t bt_get_default_dtype() { return static_cast<int32_t>(c10::typeMetaToScalarType(at::get_default_dtype())); }
BT_API int32_t bt_set_default_dtype(int32_t dtype) {
  return guarded(-1, [&] { at::set_default_dtype(c10::scalarTypeToTypeMeta(static_cast<c10::ScalarType>(dtype))); return 0; });
}

#ifdef __GLIBC__
namespace {
// The tensors of a training step are freed and made again at every step. By default glibc gives their pages back to the
// system in between, and the next step faults them in one by one: a sixth of the time of a small network. Whoever sets
// glibc's own variables has the last word.
__attribute__((constructor)) void keep_freed_pages() {
  if (std::getenv("MALLOC_TRIM_THRESHOLD_") || std::getenv("MALLOC_MMAP_THRESHOLD_") || std::getenv("GLIBC_TUNABLES")) return;
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
}
}  // namespace
#endif

// Gives freed heap pages back to the system.
BT_API void bt_trim_heap() { malloc_trim(0); }
