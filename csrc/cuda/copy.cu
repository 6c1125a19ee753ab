#include "core/cuda.h"
#include "cuda/launch.h"
#include "cuda/recorder.h"
#include "cuda/staging.h"

namespace afina {
namespace {

template <class Word>
__global__ void fill_words(Word* target, Word value, int64_t count) {
  for (int64_t i = first_element(); i < count; i += element_step()) target[i] = value;
}

template <class Word>
void fill_with(void* target, const void* element, int64_t count, const Stream& stream) {
  Word value;
  __builtin_memcpy(&value, element, sizeof(Word));
  launch_kernel("fill", stream, {grid_for(count), kThreads}, fill_words<Word>, static_cast<Word*>(target),
                value, count);
}

}  // namespace

void copy_to_cuda(void* to, Device device, const void* from, size_t bytes) {
  if (Recorder::current != nullptr) [[unlikely]]
    return Recorder::current->copy_table(to, from, bytes);
  const Stream& stream = stream_of(device);
  copy_staged(to, from, bytes, device, stream.handle());
  stream.note_work();
}

void copy_from_cuda(void* to, const void* from, Device device, size_t bytes) {
  refuse_recording("copy");
  Stream& stream = stream_of(device);
  check_cuda("copy", cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream.handle()));
  stream.synchronize();
}

void copy_within_cuda(void* to, const void* from, Device device, size_t bytes) {
  if (Recorder::current != nullptr && Recorder::current->skips_launch()) return;
  const Stream& stream = stream_of(device);
  check_cuda("copy", cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream.handle()));
  stream.note_work();
}

void fill_cuda(void* target, Device device, const void* element, size_t element_bytes, int64_t count) {
  const Stream& stream = stream_of(device);
  switch (element_bytes) {
    case 1: return fill_with<uint8_t>(target, element, count, stream);
    case 4: return fill_with<uint32_t>(target, element, count, stream);
    default: return fill_with<uint64_t>(target, element, count, stream);
  }
}

}  // namespace afina
