"""The time of the fast convolution against the naive one's, and that they agree.

python benchmarks/convolution.py

Forward and backward of a batch of 32 with 8 channels of 8 by 8, 16 filters of 3 by 3,
padded by 1; then of the two convolutions of a small net, batch 100 in float32. The best
of several runs, on one thread.
"""

import os
import sys
import time

import numpy as np

from bnbook import nn

THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def arguments(n, channels, filters, dtype):
    rng = np.random.default_rng(0)
    shapes = [(n, channels, 8, 8), (filters, channels, 3, 3), (filters,),
              (n, filters, 8, 8)]
    return [rng.normal(size=shape).astype(dtype) for shape in shapes]


def both_ways(forward, backward, x, w, b, dy):
    y, cache = forward(x, w, b, pad=1)
    return y, *backward(dy, cache)


def timed(runs, function, *args):
    """(least seconds, result)"""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        result = function(*args)
        seconds.append(time.perf_counter() - start)
    return min(seconds), result


def main():
    args = arguments(32, 8, 16, float)
    naive, slow = timed(
        3, both_ways, nn.conv_forward_naive, nn.conv_backward_naive, *args)
    fast, ours = timed(50, both_ways, nn.conv_forward, nn.conv_backward, *args)
    error = max(abs(a - b).max() / abs(b).max() for a, b in zip(ours, slow))
    print(f"naive {1e3 * naive:8.2f} ms   fast {1e3 * fast:6.2f} ms   "
          f"{naive / fast:.0f} times faster")
    print(f"largest difference, relative to the largest value: {error:.1e}")
    for channels, filters in ((1, 16), (16, 32)):
        seconds, _ = timed(50, both_ways, nn.conv_forward, nn.conv_backward,
                           *arguments(100, channels, filters, np.float32))
        print(f"{channels:2} -> {filters} channels, batch 100, float32: "
              f"{1e3 * seconds:.2f} ms")


if __name__ == "__main__":
    if any(os.environ.get(name) != value for name, value in THREADS.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | THREADS)
    main()
