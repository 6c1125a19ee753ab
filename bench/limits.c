// What this machine can do at most: float32 multiply-adds per second and bytes copied per second, on THREADS threads.
// cc -O3 -march=native -pthread limits.c -o limits && ./limits THREADS      prints one JSON object
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif
typedef float vector __attribute__((vector_size(VECTOR_BYTES)));

enum { CHAINS = 12, REPEATS = 9, MAX_THREADS = 256 };  // 12 chains hide 4 cycles on 2 units and fit 16 registers
static const long kSteps = 4000000;                     // about 20 ms
static const size_t kBytes = (size_t)192 << 20;         // beyond every cache

static int threads;
static float *source, *target;
static volatile float keep;
static pthread_barrier_t barrier;
static double seconds[3][REPEATS];  // by task

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void multiply_add(void) {
  const float half = keep * 0.f + 0.5f;  // not known to the compiler
  vector a[CHAINS], x = {0}, y = {0};
  x += half;
  y += half;
  for (int c = 0; c < CHAINS; ++c) a[c] = x + (float)c;
  for (long i = 0; i < kSteps; ++i) {
#pragma GCC unroll 12
    for (int c = 0; c < CHAINS; ++c) a[c] = a[c] * x + y;
  }
  for (int c = 1; c < CHAINS; ++c) a[0] += a[c];
  keep = a[0][0];
}

static void copy_stream(char* to, const char* from, size_t bytes) {
#if defined(__AVX512F__)
  for (size_t i = 0; i < bytes; i += 64)
    _mm512_stream_ps((float*)(to + i), _mm512_load_ps((const float*)(from + i)));
  _mm_sfence();
#elif defined(__x86_64__)
  for (size_t i = 0; i < bytes; i += 16)
    _mm_stream_ps((float*)(to + i), _mm_load_ps((const float*)(from + i)));
  _mm_sfence();
#else
  memcpy(to, from, bytes);
#endif
}

static void copy_plain(char* to, const char* from, size_t bytes) {
  for (size_t i = 0; i < bytes; i += VECTOR_BYTES) {
    *(vector*)(to + i) = *(const vector*)(from + i);
    __asm__ volatile("" ::: "memory");  // stays a loop: memcpy may choose streaming stores itself
  }
}

static void* work(void* argument) {
  const size_t id = (size_t)argument, share = kBytes / (size_t)threads / 64 * 64;
  char *to = (char*)target + id * share, *from = (char*)source + id * share;
  memset(to, 0, share);  // first touch
  memset(from, 0, share);
  for (int task = 0; task < 3; ++task)
    for (int r = -1; r < REPEATS; ++r) {
      pthread_barrier_wait(&barrier);
      const double start = now();
      if (task == 0) multiply_add();
      if (task == 1) copy_plain(to, from, share);
      if (task == 2) copy_stream(to, from, share);
      pthread_barrier_wait(&barrier);
      if (id == 0 && r >= 0) seconds[task][r] = now() - start;
    }
  return NULL;
}

static int ascending(const void* a, const void* b) {
  const double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

int main(int count, char** words) {
  threads = count > 1 ? atoi(words[1]) : 1;
  if (threads < 1 || threads > MAX_THREADS) return fprintf(stderr, "threads: 1 to %d\n", MAX_THREADS), 2;
  source = aligned_alloc(64, kBytes);
  target = aligned_alloc(64, kBytes);
  if (!source || !target) return fprintf(stderr, "not enough memory\n"), 2;
  pthread_barrier_init(&barrier, NULL, (unsigned)threads);
  pthread_t others[MAX_THREADS];
  for (int t = 1; t < threads; ++t) pthread_create(&others[t], NULL, work, (void*)(size_t)t);
  work((void*)0);
  for (int t = 1; t < threads; ++t) pthread_join(others[t], NULL);
  const double share = (double)(kBytes / (size_t)threads / 64 * 64) * threads;
  const double lanes = VECTOR_BYTES / sizeof(float);
  const double flops = 2.0 * lanes * CHAINS * (double)kSteps * threads;
  for (int task = 0; task < 3; ++task) qsort(seconds[task], REPEATS, sizeof(double), ascending);
  // the best of the repeats: a limit is what was possible once, and others may be using the machine
  printf("{\"gflops\": %.1f, \"copy_gbs\": %.1f, \"stream_copy_gbs\": %.1f, \"vector_bytes\": %d}\n",
         flops / seconds[0][0] / 1e9, 2 * share / seconds[1][0] / 1e9, 2 * share / seconds[2][0] / 1e9, VECTOR_BYTES);
  return 0;
}
