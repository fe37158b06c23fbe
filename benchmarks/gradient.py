"""The time of batch norm's gradient as a graph, and of the gradient of that.

python benchmarks/gradient.py

Each is made by `gradient`, from a batch of 8 rows and 4 columns, since the shapes alone
count; then the two graphs are run. Medians of many runs, on one thread. The bars are
2 ms for the gradient and 10 ms for its gradient.
"""

import os
import platform
import statistics
import sys
import time

import numpy as np

from bnbook.graph import BATCH_NORM, gradient, run

THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
BARS = {"gradient of batch norm": 2.0, "gradient of that gradient": 10.0}
RUNS = 200


def median_ms(function):
    """(median of many runs in ms, result)"""
    function()
    spent = []
    for _ in range(RUNS):
        start = time.perf_counter()
        result = function()
        spent.append(time.perf_counter() - start)
    return 1e3 * statistics.median(spent), result


def machine():
    """The processor as the system names it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":")[1].strip() for line in file
                     if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.machine()


def main():
    rng = np.random.default_rng(0)
    x, dy, u = rng.normal(size=(3, 8, 4))
    inputs = {"x": x, "gamma": rng.normal(size=4), "beta": rng.normal(size=4),
              "eps": 1e-5}
    given = inputs | {"dy": dy}
    print(f"{machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
          f"NumPy {np.__version__}; median of {RUNS}")
    first_ms, first = median_ms(
        lambda: gradient(BATCH_NORM, ("x", "gamma", "beta"), inputs))
    second_ms, second = median_ms(
        lambda: gradient(first, ("x", "gamma", "dy"), given, of="dx", upstream="u",
                         prefix="h"))
    made = len(first) - len(BATCH_NORM), len(second) - len(first)
    for (what, bar), ms, steps in zip(BARS.items(), (first_ms, second_ms), made):
        verdict = "within" if ms <= bar else "OVER"
        print(f"{what:26} {ms:6.2f} ms, {steps} steps; {verdict} the bar of {bar:g} ms")
    for what, graph, values in (("run of the first", first, given),
                                ("run of the second", second, given | {"u": u})):
        ms, _ = median_ms(lambda graph=graph, values=values: run(graph, values))
        print(f"{what:26} {ms:6.2f} ms")


if __name__ == "__main__":
    if any(os.environ.get(name) != value for name, value in THREADS.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | THREADS)
    main()
