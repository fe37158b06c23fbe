"""Batch norm against PyTorch's and the textbook's one-liner, forward and backward.

python benchmarks/layer.py

Needs PyTorch, which the lock has not: python -m venv, pip install numpy torch, and
PYTHONPATH=src. One thread, in rounds in which each runs in turn; the medians of the
rounds' ratios are printed, in time of this process's own, so that a loaded machine
disturbs less. Each shape runs twice: with an allocator that keeps its pages ("warm")
and with the system's. Then the largest memory beyond x, dy and the parameters, and
what the layer adds to the functions and these to the kernel.
"""

import importlib.metadata
import os
import platform
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np

from bnbook.norm import BatchNorm, batch_norm, batch_norm_vjp, kernel, small

THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
WARM = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(10**11),
        "MALLOC_TOP_PAD_": str(2**31)}
SHAPES = [(128, 100), (256, 1024), (4096, 1024), (65536, 256), (32, 64, 32, 32),
          (16, 256, 14, 14)]
EPS = 1e-5


def arrays(shape, dtype):
    rng = np.random.default_rng(0)
    return [rng.normal(size=s).astype(dtype)
            for s in (shape, shape[1], shape[1], shape)]


def one_liner(x, gamma, beta, dy):
    axes = (0, *range(2, x.ndim))
    gamma, beta = (a.reshape(-1, *[1] * (x.ndim - 2)) for a in (gamma, beta))
    ivar = 1 / np.sqrt(x.var(axes, keepdims=True) + EPS)
    xhat = (x - x.mean(axes, keepdims=True)) * ivar
    dbeta, dgamma = (a.sum(axes, keepdims=True) for a in (dy, dy * xhat))
    m = x.size // x.shape[1]
    return gamma * xhat + beta, gamma * ivar * (dy - dbeta / m - xhat * dgamma / m)


def unchecked(x, gamma, beta, dy):
    ours = small if small.fits(x) else kernel
    y, kept, *_ = ours.forward(x, gamma.astype(float), beta.astype(float), EPS)
    return y, *ours.backward(dy, kept)


def checked(x, gamma, beta, dy):
    params = {"gamma": gamma, "beta": beta}
    y, cache, _ = batch_norm(x, params, {}, training=True, eps=EPS)
    return y, *batch_norm_vjp(dy, cache)


def torchs(x, gamma, beta, dy, threads=1):
    import torch

    torch.set_num_threads(threads)
    x, gamma, beta, dy = map(torch.from_numpy, (x, gamma, beta, dy))

    def run():
        y, mean, ivar = torch.native_batch_norm(
            x, gamma, beta, None, None, True, 0.1, EPS)
        return y, *torch.ops.aten.native_batch_norm_backward(
            dy, x, gamma, None, None, mean, ivar, True, EPS, [True] * 3)

    return run


def rounds(runs, size, clock=time.process_time, most=60):
    """name -> seconds of each round; the runs take turns."""
    repeats, seconds = max(1, min(100, 2_000_000 // size)), {name: [] for name in runs}
    for run in runs.values():
        run()
    rng, names = np.random.default_rng(0), list(runs)
    for _ in range(max(9, min(most, 300_000_000 // (size * repeats)))):
        for name in rng.permutation(names):  # who comes next finds a warm cache
            run = runs[name]
            start = clock()
            for _ in range(repeats):
                run()
            seconds[name].append((clock() - start) / repeats)
    return {name: np.array(s) for name, s in seconds.items()}


def ratios():
    """Prints a line a case, and the geometric mean."""
    found = []
    for shape in SHAPES:
        for dtype in (np.float32, np.float64):
            a = arrays(shape, dtype)
            torch, ours = torchs(*a), lambda a=a: checked(*a)
            core, one = lambda a=a: unchecked(*a), lambda a=a: one_liner(*a)
            t = rounds({"t": torch, "b": ours, "k": core, "o": one}, a[0].size)
            case = [np.median(n / d) for n, d in (
                (t["b"], t["t"]), (t["k"], t["t"]), (t["b"], t["o"]))]
            found.append(case)
            name = f"{'x'.join(map(str, shape))} {np.dtype(dtype).name}"
            print(f"{name:24} {1e6 * np.median(t['t']):9.0f} us", *(
                f"{ratio:8.2f}" for ratio in case), flush=True)
    print(f"{'geometric mean':36}", *(
        f"{ratio:8.2f}" for ratio in np.exp(np.log(found).mean(0))), flush=True)


def memory():
    for shape in SHAPES[2:5]:
        for dtype in (np.float32, np.float64):
            a = arrays(shape, dtype)
            tracemalloc.start()
            result = checked(*a)
            peak = tracemalloc.get_traced_memory()[1] / a[0].nbytes
            tracemalloc.stop()
            del result
            print(f"{shape} {np.dtype(dtype).name}: {peak:.2f} of x")


def overhead():
    x, gamma, beta, dy = arrays((16, 8), np.float64)
    bn, params, state = BatchNorm(8), {"gamma": gamma, "beta": beta}, BatchNorm(8).state

    def layer():
        bn.forward(x, training=True)
        bn.backward(dy)

    def functions():
        _, cache, _ = batch_norm(x, params, state, training=True)
        batch_norm_vjp(dy, cache)

    t = rounds({"layer": layer, "functions": functions,
                "kernel": lambda: unchecked(x, gamma, beta, dy)}, 20_000)
    for more, less in (("layer", "functions"), ("functions", "kernel")):
        print(f"{more} - {less}: {1e6 * np.median(t[more] - t[less]):.0f} us")


def machine():
    """What ran here, and of which version."""
    cpu = next((line.split(":")[1].strip()
                for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.processor())
    try:
        torch = importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        torch = None
    return {"cpu": cpu, "cores": os.cpu_count(), "python": platform.python_version(),
            "numpy": np.__version__, "torch": torch}


def main():
    if sys.argv[1:]:
        ratios()
        return
    print(", ".join(f"{name} {what}" for name, what in machine().items()),
          f"load {os.getloadavg()[0]:.1f}", flush=True)
    for name, allocator in (("warm allocator", WARM), ("default allocator", {})):
        print(f"\n{name:24} {'PyTorch':>12} batch_norm   kernel / PyTorch, "
              "batch_norm / one-liner", flush=True)
        subprocess.run([sys.executable, __file__, "ratios"],
                       env=os.environ | allocator, check=True)
        print(f"load {os.getloadavg()[0]:.1f}")
    print("\npeak memory beyond x")
    memory()
    print()
    overhead()


if __name__ == "__main__":
    if any(os.environ.get(name) != value for name, value in THREADS.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | THREADS)
    main()
