#include "cpu/parallel.h"

#include <omp.h>
#include <pthread.h>

#include <atomic>
#include <cstdlib>
#include <exception>

namespace afina {
namespace {

std::atomic<int> threads_wanted{0};     // 0: not asked yet
std::atomic<bool> pool_started{false};  // a region with several threads has run in this process
std::atomic<bool> forked_child{false};  // the pool's threads did not survive the fork: run serially

// GNU OpenMP's pool is not fork-safe: a child that enters a region waits for threads it does not have.
void after_fork_in_child() {
  if (pool_started.load(std::memory_order_relaxed)) forked_child.store(true, std::memory_order_relaxed);
}

[[maybe_unused]] const int fork_handler = pthread_atfork(nullptr, nullptr, &after_fork_in_child);

int threads_from_environment() {
  if (const char* text = std::getenv("AFINA_NUM_THREADS")) {
    const int asked = std::atoi(text);
    if (asked > 0) return asked;
  }
  return omp_get_max_threads();
}

}  // namespace

int thread_count() {
  int threads = threads_wanted.load(std::memory_order_relaxed);
  if (threads == 0) {
    threads = threads_from_environment();
    threads_wanted.store(threads, std::memory_order_relaxed);
  }
  return threads;
}

void set_thread_count(int threads) { threads_wanted.store(threads, std::memory_order_relaxed); }

void parallel_run(int64_t chunks, ParallelBody body, void* context) {
  const int threads = thread_count();
  if (threads == 1 || omp_in_parallel() || forked_child.load(std::memory_order_relaxed)) {
    body(context, 0, chunks);
    std::atomic_thread_fence(std::memory_order_seq_cst);  // as below
    return;
  }
  pool_started.store(true, std::memory_order_relaxed);
  const int team = chunks < threads ? static_cast<int>(chunks) : threads;
  // Threads take chunks as they come free: a neighbour on the machine slows one of them, not the loop. That a
  // thread's last access to `next` is atomic also lets the others see what it has written past the caches.
  std::atomic<int64_t> next{0};
  std::exception_ptr failure;  // no exception may leave a thread of the team: the first one waits here
#pragma omp parallel num_threads(team)
  {
    try {
      for (int64_t chunk = next.fetch_add(1, std::memory_order_relaxed); chunk < chunks;
           chunk = next.fetch_add(1, std::memory_order_relaxed))
        body(context, chunk, chunk + 1);
    } catch (...) {
      next.store(chunks, std::memory_order_relaxed);
#pragma omp critical(afina_parallel_failure)
      if (!failure) failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace afina
