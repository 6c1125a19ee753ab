#pragma once

// What functors are written with: V is a vector on the CPU and one thread's number on a CUDA device.
#ifdef __CUDACC__
#include "cuda/math.h"
#else
#include "cpu/math.h"
#endif
