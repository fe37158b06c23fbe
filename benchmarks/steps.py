"""What the steps of chapter 24 take, from the one line to the kernel, and the roof.

python benchmarks/steps.py [FILE]

Each step is one training pass of (N, C) rows, forward and backward, as the chapter has
it; the chapter counts the arrays that each moves, and its digits. Beside it stand the
machine's roof, the eight arrays that any must move (x twice and y; x and dy twice, and
dx) at the speed of copies and dots in the same rounds, and PyTorch's kernel, if it can
be imported, on one thread, and on two where nothing else runs. Each runs in turn; one
thread is told in time of this process's own, two by the wall's clock. Writes
benchmarks/results/layer.json, or FILE.
"""

import datetime
import importlib.util
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
from layer import EPS, THREADS, WARM, arrays, machine, rounds, torchs

from bnbook.norm import kernel

FILE = Path(__file__).parent / "results" / "layer.json"
SHAPES = [(256, 1024), (4096, 1024), (16384, 1024)]  # from 1 to 128 MB an array
BLOCK = 1 << 17  # values


def ten_nodes(x, gamma, beta, dy):
    m, ones = len(x), np.ones_like(x)
    xmu = x - x.sum(0) / m
    std = np.sqrt((xmu * xmu).sum(0) / m + EPS)
    ivar = 1 / std
    xhat = xmu * ivar
    y = gamma * xhat + beta
    dxhat = gamma * dy
    divar = (dxhat * xmu).sum(0)
    dvar = -divar * ivar**2 / (2 * std)
    dsq = ones / m * dvar
    dxmu = dxhat * ivar + 2 * xmu * dsq
    dmu = -dxmu.sum(0)
    dx = dxmu + ones / m * dmu
    return y, dx, (dy * xhat).sum(0), dy.sum(0)


def one_line(x, gamma, beta, dy):
    m = len(x)
    ivar = 1 / np.sqrt(x.var(0) + EPS)
    xhat = (x - x.mean(0)) * ivar
    y = gamma * xhat + beta
    dbeta, dgamma = dy.sum(0), (dy * xhat).sum(0)
    dx = gamma * ivar * (dy - dbeta / m - xhat * dgamma / m)
    return y, dx, dgamma, dbeta


def folded(x, gamma, beta, dy):
    m, d = len(x), x - x.mean(0)
    ivar = 1 / np.sqrt((d * d).sum(0) / m + EPS)
    a = gamma * ivar
    y = d * a
    y += beta
    dbeta, dgamma = dy.sum(0), (dy * d).sum(0) * ivar
    dx = d * (-ivar * dgamma / m)
    dx += dy
    dx -= dbeta / m
    dx *= a
    return y, dx, dgamma, dbeta


def sums(a, b):
    """The sums of each column of a, and of a b."""
    return np.ones(len(a), a.dtype) @ a, np.einsum("ij,ij->j", a, b)


def no_products(x, gamma, beta, dy):
    m = len(x)
    d = x - np.ones(m, x.dtype) @ x / m
    ivar = 1 / np.sqrt(np.einsum("ij,ij->j", d, d) / m + EPS)
    a = gamma * ivar
    y = d * a
    y += beta
    dbeta, dgamma = sums(dy, d)
    dgamma = dgamma * ivar
    dx = d * (-ivar * dgamma / m)
    dx += dy
    dx -= dbeta / m
    dx *= a
    return y, dx, dgamma, dbeta


def forward_in_blocks(x, gamma, beta, blocks):
    d, y, m = np.empty_like(x), np.empty_like(x), len(x)
    total = np.zeros((2, x.shape[1]), x.dtype)
    for b in blocks:
        np.subtract(x[b], x[0], d[b])
        total += sums(d[b], d[b])
    delta, square = total / m
    ivar = 1 / np.sqrt(square - delta**2 + EPS)
    a = gamma * ivar
    for b in reversed(blocks):
        np.multiply(d[b], a, y[b])
        y[b] += beta - delta * a
    return y, (d, delta, ivar, a)


def backward_in_blocks(dy, kept, blocks):
    (d, delta, ivar, a), dx = kept, np.empty_like(dy)
    total = np.zeros((2, dy.shape[1]), dy.dtype)
    for b in blocks:
        total += sums(dy[b], d[b])
    dbeta, dgamma = total[0], (total[1] - delta * total[0]) * ivar
    q = -ivar * dgamma / len(dy)
    for b in reversed(blocks):
        np.multiply(d[b], q, dx[b])
        dx[b] += dy[b]
        dx[b] += -dbeta / len(dy) - delta * q
        dx[b] *= a
    return dx, dgamma, dbeta


def in_blocks(x, gamma, beta, dy):
    m, high = len(x), max(BLOCK // x.shape[1], 1)
    blocks = [slice(i, i + high) for i in range(0, m, high)]
    y, kept = forward_in_blocks(x, gamma, beta, blocks)
    return y, *backward_in_blocks(dy, kept, blocks)


def the_kernel(x, gamma, beta, dy):
    gamma, beta = gamma.astype(float), beta.astype(float)
    y, kept, *_ = kernel.forward(x, gamma, beta, EPS)
    return y, *kernel.backward(dy, kept)


STEPS = {"ten nodes": ten_nodes, "one line": one_line, "folded": folded,
         "no products": no_products, "in blocks": in_blocks, "kernel": the_kernel}


def roof(x, gamma, beta, dy):
    """Runs what moves eight arrays and computes next to nothing."""
    x, dy = x.reshape(-1), dy.reshape(-1)
    y, dx = np.empty_like(x), np.empty_like(x)

    def run():
        np.dot(x, x)
        np.copyto(y, x)
        np.dot(dy, x)
        np.add(dy, x, dx)

    return run


def timed(shape, dtype):
    """Microseconds of each, the median and the least of the rounds."""
    a = arrays(shape, dtype)
    runs = {name: lambda f=f: f(*a) for name, f in STEPS.items()} | {"roof": roof(*a)}
    quiet = os.getloadavg()[0] < os.cpu_count()
    torch = importlib.util.find_spec("torch")
    if torch:
        runs["PyTorch, 1 thread"] = torchs(*a)
    found = rounds(runs, a[0].size, most=20)
    if torch and quiet:  # two threads wait for each other: others' load shows as theirs
        found |= rounds({"PyTorch, 2 threads": torchs(*a, threads=2)}, a[0].size,
                        clock=time.perf_counter, most=20)
    return found


def caches():
    """What the caches of the first core hold, as Linux says it: {"L2": "512K"}."""
    folder = Path("/sys/devices/system/cpu/cpu0/cache")
    read = [[(i / name).read_text().strip() for name in ("level", "type", "size")]
            for i in sorted(folder.glob("index*"))]
    return {f"L{level}": size for level, kind, size in read if kind != "Instruction"}


def main():
    cases, load = [], os.getloadavg()[0]
    for shape in SHAPES:
        for dtype in (np.float32, np.float64):
            found = timed(shape, dtype)
            over = {n: float(np.median(s[: len(found["roof"])] / found["roof"]))
                    for n, s in found.items()}
            cases.append({
                "shape": shape, "dtype": np.dtype(dtype).name,
                "roof_gb_per_s": 8 * np.dtype(dtype).itemsize * np.prod(shape)
                / found["roof"].min() / 1e9,
                "us": {n: 1e6 * float(np.median(s)) for n, s in found.items()},
                "least_us": {n: 1e6 * float(s.min()) for n, s in found.items()},
                "over_roof": over})
            print(shape, np.dtype(dtype).name, *(
                f"{n} {r:.1f}" for n, r in over.items()), sep="  ", flush=True)
    file = Path(sys.argv[1]) if sys.argv[1:] else FILE
    file.parent.mkdir(exist_ok=True)
    today = datetime.date.today().isoformat()
    file.write_text(json.dumps(machine() | {
        "date": today, "load": [load, os.getloadavg()[0]], "allocator": "warm",
        "caches": caches(), "cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    if any(os.environ.get(name) != v for name, v in (THREADS | WARM).items()):
        os.execve(sys.executable, [sys.executable, *sys.argv],
                  os.environ | THREADS | WARM)
    main()
