// Random number generators.
#include "bridge.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/utils.h>

using namespace bt;

namespace {
at::Generator& generator(void* p) { return *static_cast<at::Generator*>(p); }
}  // namespace

// A new CPU generator.
BT_API void* bt_generator_new(uint64_t seed) {
  return guarded<void*>(nullptr, [&] { return new at::Generator(at::detail::createCPUGenerator(seed)); });
}
// A handle on the CPU's default generator.
BT_API void* bt_generator_default() {
  return guarded<void*>(nullptr, [&] { return new at::Generator(at::detail::getDefaultCPUGenerator()); });
}
BT_API void bt_generator_delete(void* p) { delete &generator(p); }
BT_API int32_t bt_generator_manual_seed(void* p, uint64_t seed) {
  return guarded(-1, [&] {
    std::lock_guard<std::mutex> lock(generator(p).mutex());
    generator(p).set_current_seed(seed);
    return 0;
  });
}
BT_API uint64_t bt_generator_seed(void* p) {
  return guarded<uint64_t>(0, [&] {
    std::lock_guard<std::mutex> lock(generator(p).mutex());
    return generator(p).seed();
  });
}
BT_API uint64_t bt_generator_initial_seed(void* p) { return guarded<uint64_t>(0, [&] { return generator(p).current_seed(); }); }
BT_API Impl* bt_generator_get_state(void* p) { return guarded<Impl*>(nullptr, [&] { return release(generator(p).get_state()); }); }
BT_API int32_t bt_generator_set_state(void* p, Impl* state) {
  return guarded(-1, [&] { generator(p).set_state(tensor(state)); return 0; });
}
// Seeds the default generators of every device.
BT_API int32_t bt_manual_seed(uint64_t seed) { return guarded(-1, [&] { torch::manual_seed(seed); return 0; }); }
