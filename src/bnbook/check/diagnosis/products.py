"""Parts of dx that are multiplied by something: by what, in numbers and symbols."""

import numpy as np

from bnbook.check.diagnosis.probes import fits
from bnbook.check.diagnosis.rows import BOTH, OUTPUT, B, G, M, S, V
from bnbook.check.diagnosis.told import Told

TAKEN = {
    S: ("xhat", "what comes straight from xhat"),
    V: ("var", "what comes by way of the variance"),
    M: ("mu", "what comes by way of the mean"),
    G: ("gamma", "dgamma"), B: ("beta", "dbeta")}


def multiple(base, part):
    """The constant by which a part is multiplied in what was seen, or None."""
    found = coefficients(base, OUTPUT[part])
    if found is None:
        return None
    k = np.concatenate([np.ravel(c[part]) for c in found])
    return float(k.mean()) if np.ptp(k) < 1e-7 * np.abs(k).max() + 1e-12 else None


def coefficients(base, output):
    """For each probe part -> its coefficient in a channel; None if no sum of parts."""
    names = [p for p in OUTPUT if OUTPUT[p] == output]
    found = []
    for s, parts in zip(base.seen, base.parts):
        got = s.results[output]
        if got.shape != wanted_shape(s, output):
            return None
        parts = {**parts, V: parts[V] + parts[BOTH]}
        columns = [_columns(np.broadcast_to(parts[p], got.shape)) for p in names]
        if got.ndim < 1 or not np.isfinite(got).all():
            return None
        k = []
        for c, target in enumerate(_columns(got)):
            a = np.stack([column[c] for column in columns], 1)
            if not np.isfinite(a).all():
                return None
            scale = np.abs(a).max(axis=0)
            scale[scale == 0] = 1
            solution = np.linalg.lstsq(a / scale, target)[0] / scale
            if not fits(a @ solution, target, 1e-8):
                return None
            k.append(solution)
        found.append({p: np.array(k)[:, i] for i, p in enumerate(names)})
    return found


def wanted_shape(s, output):
    return s.probe.x.shape if output in ("x", "y") else s.probe.gamma.shape


def _columns(a):
    """The values of each channel, flat; one value each for a parameter's gradient."""
    return a.reshape(-1, 1) if a.ndim == 1 else np.moveaxis(a, 1, 0).reshape(
        a.shape[1], -1)


def products(base, output):
    """Each part's coefficient as a number times powers of N, gamma, std: faults."""
    found = coefficients(base, output)
    if found is None:
        return None
    words = {}
    for part in found[0]:
        k = np.concatenate([c[part] for c in found])
        words[part] = _power(k, base)
    if None in words.values():
        return None
    wrong = {part: w for part, w in words.items() if w != "1"}
    factor = next(iter(wrong.values()), None)
    if len(wrong) == len(words) > 1 and len(set(wrong.values())) == 1:
        return [_times("x", "dx", factor, "x")]
    if wrong == {V: factor, M: factor}:
        return [Told(f"means times {factor}", "mu", "what the two means send back is "
                     + _multiplied(factor))]
    return [_times(part, TAKEN[part][1], w, TAKEN[part][0])
            for part, w in wrong.items()]


def _times(part, what, factor, node):
    name = f"{'d' + part if part in ('x', G, B) else part + ' path'} times {factor}"
    if factor == "0":
        return Told(name, node, f"{what} is lost")
    return Told(name, node, f"{what} is {_multiplied(factor)}")


def _multiplied(factor):
    """A factor in words: 0.01 · N is a division by 100 where one by N should be."""
    number, _, rest = factor.partition(" · ")
    if rest == "N" and 0 < float(number) < 1:
        return f"divided by {1 / float(number):.6g}, not by N"
    return f"multiplied by {factor}"


def _power(k, base):
    """k, a coefficient a channel of every probe, in words; None if it is no product."""
    if np.abs(k).max() < 1e-9:
        return "0"
    if np.abs(k).min() < 1e-12 or abs(np.sign(k).sum()) != len(k):
        return None
    rows = [np.broadcast_arrays(q.m, q.gamma.ravel(), q.std) for _, q in base.terms]
    m, g, s = (np.concatenate([r[i] for r in rows]) for i in range(3))
    a = np.stack([np.log(m), np.log(np.abs(g)), np.log(s), np.ones_like(s)], 1)
    powers = np.linalg.lstsq(a, np.log(np.abs(k)))[0]
    powers[:3] = np.round(2 * powers[:3]) / 2
    constant = np.exp(np.mean(np.log(np.abs(k)) - a[:, :3] @ powers[:3]))
    if not fits(np.abs(k), constant * np.exp(a[:, :3] @ powers[:3]), 1e-7):
        return None
    constant *= np.sign(k[0])
    words = [f"{name}^{p:g}" if p != 1 else name
             for name, p in zip(("N", "γ", "std"), powers) if p]
    if abs(constant - 1) > 1e-8 or not words:
        words.insert(0, f"{constant:.10g}")
    return " · ".join(words) if words != ["1"] else "1"
