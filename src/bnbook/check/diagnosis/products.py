"""Parts of an output that are multiplied by something: by what, in words."""

from typing import NamedTuple

import numpy as np

from bnbook.check.diagnosis.probes import fits
from bnbook.check.diagnosis.told import Told
from bnbook.check.edits.programs import PROGRAMS, inputs_of, values_of
from bnbook.check.edits.table import NAMES


class Part(NamedTuple):
    """One of what an output is the sum of: its node, and what it is in words."""

    output: str
    node: str
    name: str
    words: str


PARTS = {  # by their names in the staged program
    "beta": Part("y", "mu", "shift", "y's mean"),
    "gx": Part("y", "var", "scale", "y's spread"),
    "dxmu_xhat": Part("x", "xhat", "straight path", "what comes straight from xhat"),
    "dxmu_sq": Part("x", "var", "variance path",
                    "what comes by way of the variance"),
    "dx_mu": Part("x", "mu", "mean path", "what comes by way of the mean"),
    "dgamma": Part("gamma", "gamma", "dgamma", "dgamma"),
    "dbeta": Part("beta", "beta", "dbeta", "dbeta")}
# How often each part was multiplied where every message of an op is.
TIMES = tuple((op, known, dict(zip([*PARTS][2:], times))) for op, known, times in (
    ("add", "dbeta", (0, 1, 0, 0, 1)), ("add", "dbeta", (1, 2, 1, 1, 1)),
    ("multiply", "dgamma", (2, 2, 2, 1, 0))))


class Parts:
    """What is right on each probe: all values, the outputs, and their parts."""

    def __init__(self, seen):
        self.seen = seen
        self.values = [values_of(PROGRAMS["staged"], inputs_of(*s.probe)) for s in seen]

    def right(self, output):
        return [v[NAMES[output]].reshape(s.probe.shape(output))
                for s, v in zip(self.seen, self.values)]

    def coefficients(self, output):
        """Part -> what multiplies it, in each channel of each probe; or None."""
        names, found = [n for n, p in PARTS.items() if p.output == output], []
        for s, v in zip(self.seen, self.values):
            got, shape = s.results[output], s.probe.shape(output)
            if got.shape != shape:
                return None
            columns = [_channels(np.broadcast_to(
                v[n], shape) if len(shape) > 1 else v[n].ravel()) for n in names]
            found += map(_solved, zip(*columns), _channels(got))
        return None if any(k is None for k in found) else dict(
            zip(names, np.transpose(found)))

    def factors(self):
        """Logarithms of N, gamma and std, and 1, for each channel of each probe."""
        rows = [np.broadcast_arrays(s.probe.x.size / s.probe.gamma.size, np.abs(
            s.probe.gamma), v["std"].ravel(), np.e)
            for s, v in zip(self.seen, self.values)]
        return np.log(np.concatenate(rows, axis=1)).T


def _channels(a):
    """The values of each channel, flat; one value each for a parameter's gradient."""
    return (a if a.ndim == 1 else np.moveaxis(a, 1, 0)).reshape(a.shape[a.ndim > 1], -1)


def _solved(parts, target):
    """The numbers that multiply some columns to give a target; None if none do."""
    a, target = np.stack(parts, 1).astype(float), target.astype(float)
    if not (np.isfinite(a).all() and np.isfinite(target).all()):
        return None
    scale = np.abs(a).max(axis=0)
    found = np.linalg.lstsq(a / np.where(scale, scale, 1), target)[0]
    found = np.where(scale, found / np.where(scale, scale, 1), 1)  # a part that is 0
    return found if fits(a @ found, target, 1e-8) else None


def by_op(base, wrong):
    """An op of which every message is the same factor too large: Told, or None."""
    found = [base.coefficients(o) for o in ("x", "gamma", "beta")
             if o in base.seen[0].results]
    if len(wrong) < 2 or len(found) < 3 or None in found:
        return None
    k = found[0] | found[1] | found[2]
    for op, part, times in TIMES:
        factor = k[part].mean()
        if abs(factor - 1) > 1e-9 and all(
                np.abs(k[p] - factor ** times[p]).max() < 1e-8 for p in times):
            return Told(f"{op} off", "y" if op == "add" else "gx", f"every message of "
                        f"{op} is {factor:.10g} times what it should be")
    return None


def products(base, output):
    """Each part's coefficient as a number times powers of N, gamma, std: faults."""
    found = base.coefficients(output) or {}
    words = {part: _power(k, base.factors()) for part, k in found.items()}
    wrong = {part: w for part, w in words.items() if w != "1"}
    if not wrong or None in wrong.values():
        return []
    factor, *others = wrong.values()
    if len(words) == len(wrong) > 1 and {factor} == {*others}:
        return [_times(Part(output, output, *[NAMES[output]] * 2), factor)]
    if wrong == {"dxmu_sq": factor, "dx_mu": factor}:
        return [_times(Part("x", "mu", "means", "what the two means send back"),
                       factor)]
    return [_times(PARTS[part], w) for part, w in wrong.items()]


def _times(part, factor):
    """A factor in words: 0.01 · N is a division by 100 where one by N should be."""
    number, _, rest = factor.partition(" · ")
    said = f"is multiplied by {factor}" if factor != "0" else "is lost"
    if rest == "N" and 0 < float(number) < 1:
        said = f"is divided by {1 / float(number):.6g}, not by N"
    return Told(f"{part.name} times {factor}", part.node, f"{part.words} {said}")


def _power(k, factors):
    """k, a coefficient a channel of every probe, in words; None if it is no product."""
    if np.abs(k).max() < 1e-9:
        return "0"
    if np.abs(k).min() < 1e-12 or abs(np.sign(k).sum()) != len(k):
        return None
    powers = np.linalg.lstsq(factors, np.log(np.abs(k)))[0]
    powers = np.append(np.round(2 * powers[:3]) / 2, 0)
    constant = np.exp(np.mean(np.log(np.abs(k)) - factors @ powers))
    if not fits(np.abs(k), constant * np.exp(factors @ powers), 1e-7):
        return None
    constant *= np.sign(k[0])
    words = [f"{name}^{p:g}" if p != 1 else name
             for name, p in zip(("N", "γ", "std"), powers) if p]
    if abs(constant - 1) > 1e-8 or not words:
        words.insert(0, f"{constant:.10g}")
    return " · ".join(words)
