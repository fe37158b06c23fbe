"""From the one-liner to the kernel in four steps: arrays moved, digits kept, time.

python benchmarks/steps.py [FILE]

Each step is one training pass of (N, C) rows, forward and backward. Beside it stand the
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
from layer import EPS, THREADS, WARM, arrays, machine, one_liner, rounds, torchs

from bnbook.norm import kernel
from bnbook.show import count_passes

FILE = Path(__file__).parent / "results" / "layer.json"
SHAPES = [(256, 1024), (4096, 1024)]  # what a cache holds, and more
CACHE = 1 << 21  # bytes, of one core
ROWS = 1 << 16  # values in a block


def staged(x, gamma, beta, dy):
    """Node by node, chapters 3 and 4."""
    m = len(x)
    mu = x.sum(0) / m
    xmu = x - mu
    sq = xmu * xmu
    std = np.sqrt(sq.sum(0) / m + EPS)
    ivar = 1 / std
    xhat = xmu * ivar
    y = gamma * xhat + beta
    dxhat = gamma * dy
    divar = (dxhat * xmu).sum(0)
    dsq = np.broadcast_to(-divar * ivar**2 / (2 * std * m), x.shape)
    dxmu = dxhat * ivar + 2 * dsq * xmu
    dmu = -dxmu.sum(0)
    return y, dxmu + dmu / m, (dy * xhat).sum(0), dy.sum(0)


def in_place(x, gamma, beta, dy):
    """The one-liner with few new arrays, and sums that write no product."""
    ones, m = np.ones(len(x), x.dtype), len(x)
    d = x - ones @ x / m
    ivar = 1 / np.sqrt(np.einsum("ij,ij->j", d, d) / m + EPS)
    y = d * (gamma * ivar)
    y += beta
    dbeta, dgamma = ones @ dy, np.einsum("ij,ij->j", dy, d) * ivar
    dx = d * (-dgamma * ivar / m)
    dx += dy
    dx -= dbeta / m
    dx *= gamma * ivar
    return y, dx, dgamma, dbeta


def in_blocks(x, gamma, beta, dy):
    """The same in blocks that a cache holds; what is summed first is met last."""
    d, y, dx = (np.empty_like(x) for _ in range(3))
    m, high = len(x), max(ROWS // x.shape[1], 1)
    blocks = [slice(i, i + high) for i in range(0, m, high)]
    ones, shift = np.ones(high, x.dtype), x[0].copy()
    total = square = dbeta = product = 0
    for b in blocks:
        block = np.subtract(x[b], shift, d[b])
        total = total + ones[: len(block)] @ block
        square = square + np.einsum("ij,ij->j", block, block)
    delta = total / m
    ivar = 1 / np.sqrt(square / m - delta**2 + EPS)
    a = gamma * ivar
    for b in reversed(blocks):
        np.multiply(d[b], a, y[b])
        y[b] += beta - delta * a
    for b in blocks:
        dbeta = dbeta + ones[: len(dy[b])] @ dy[b]
        product = product + np.einsum("ij,ij->j", dy[b], d[b])
    dgamma = (product - delta * dbeta) * ivar
    q = -dgamma * ivar / m
    for b in reversed(blocks):
        np.multiply(d[b], q, dx[b])
        for add in (dy[b], -dbeta / m - delta * q):
            np.add(dx[b], add, dx[b])
        np.multiply(dx[b], a, dx[b])
    return y, dx, dgamma, dbeta


def the_kernel(x, gamma, beta, dy):
    """`bnbook.norm.kernel`, which also keeps the digits and takes any layout."""
    y, kept, *_ = kernel.forward(x, gamma.astype(float), beta.astype(float), EPS)
    return y, *kernel.backward(dy, kept)


STEPS = {"staged": staged, "one-liner": one_liner, "in place": in_place,
         "in blocks": in_blocks, "kernel": the_kernel}


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


def digits(step, mean):
    """The errors of y and dx in units in the last place, float32, N = 4096."""
    x, gamma, beta, dy = arrays((4096, 16), np.float32)
    x += np.float32(mean)
    found = step(x, gamma, beta, dy)[:2]
    x, gamma, beta, dy = (a.astype(np.longdouble) for a in (x, gamma, beta, dy))
    xmu = x - x[0] - (x - x[0]).mean(0)
    ivar = 1 / np.sqrt((xmu**2).mean(0) + EPS)
    xhat = xmu * ivar
    dx = gamma * ivar * (dy - dy.mean(0) - xhat * (dy * xhat).mean(0))
    scales = abs(gamma * xhat).max(0) + abs(beta), abs(gamma) * ivar * abs(dy).max(0)
    unit = np.finfo(np.float32).eps
    return {name: float((abs(a - b) / (unit * scale)).max()) for name, a, b, scale in
            zip(("y", "dx"), found, (gamma * xhat + beta, dx), scales)}


def counted(step):
    """The arrays that it moves, without a cache and with one, of 16 MB each."""
    a = arrays((8192, 256), np.float64)
    return {name: round(count_passes(step, *a, cache=cache).moved, 2)
            for name, cache in (("moved", 0), ("moved_beyond_a_cache", CACHE))}


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
    steps = {n: counted(f) | {"ulps_mean_0": digits(f, 0), "ulps_mean_1e4": digits(
        f, 1e4)} for n, f in STEPS.items()}
    for name, step in steps.items():
        print(name, step)
    file = Path(sys.argv[1]) if sys.argv[1:] else FILE
    file.parent.mkdir(exist_ok=True)
    today = datetime.date.today().isoformat()
    file.write_text(json.dumps(machine() | {
        "date": today, "load": [load, os.getloadavg()[0]], "allocator": "warm",
        "steps": steps, "cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    if any(os.environ.get(name) != v for name, v in (THREADS | WARM).items()):
        os.execve(sys.executable, [sys.executable, *sys.argv],
                  os.environ | THREADS | WARM)
    main()
