"""This book's checks of an implementation, as data (those of others are in `peers`).

A check is a name and passed(implementation, rng) -> bool. An exception counts as a
failure (see `matrix`).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np

from bnbook.check.gradients import check_gradients
from bnbook.check.implementations import TRACE, Implementation
from bnbook.graph import BATCH_NORM, run
from bnbook.norm.textbook import EPS

NAMES = ("x", "gamma", "beta")


class Check(NamedTuple):
    """A name, one sentence, and whether an implementation passes."""

    name: str
    sentence: str
    passed: Callable[..., bool]


def as_checks(functions):
    """A Check for each name -> function; the sentence is its docstring."""
    return tuple(Check(name, " ".join((f.__doc__ or "").split()), f)
                 for name, f in functions.items())


def draw(rng: np.random.Generator,
         *shape: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Columns of different mean and spread, gamma not 1, beta not 0, random dy."""
    columns = (shape[1], *[1] * (len(shape) - 2))
    x = rng.normal(size=shape) * rng.uniform(0.5, 2, columns) + rng.normal(size=columns)
    inputs = {"x": x, "gamma": rng.uniform(0.5, 2, shape[1]),
              "beta": rng.normal(size=shape[1])}
    return inputs, rng.normal(size=shape)


def pass_through(implementation: Implementation, inputs: Mapping[str, np.ndarray],
                 dy: np.ndarray, *, eps: float = EPS) -> tuple[np.ndarray, ...]:
    """(y, dx, dgamma, dbeta) of one forward and backward; the arrays are copies."""
    y, cache = implementation.forward(*(inputs[n].copy() for n in NAMES), eps=eps)
    return (y, *implementation.backward(dy.copy(), cache))


def own_forward(implementation: Implementation) -> Callable[..., np.ndarray]:
    """The implementation's y as a function of x, gamma and beta."""
    return lambda **given: implementation.forward(*map(given.get, NAMES), eps=EPS)[0]


def claimed(implementation: Implementation, inputs: Mapping[str, np.ndarray],
            dy: np.ndarray) -> dict[str, np.ndarray]:
    """name -> the gradient that the implementation gives."""
    return dict(zip(NAMES, pass_through(implementation, inputs, dy)[1:], strict=True))


def close(got: Iterable[np.ndarray], expected: Iterable[np.ndarray],
          tolerance: float) -> bool:
    """Same shapes, and equal to within tolerance · the largest magnitude expected."""
    return all(
        g.shape == e.shape and np.abs(g - e).max() <= tolerance * np.abs(e).max()
        for g, e in zip(got, expected, strict=True))


def central_differences(implementation, rng):
    """Gradients fit the own forward: 5 by 3, random dy, gamma not
    1, beta not 0, to 1e-8.
    """
    inputs, dy = draw(rng, 5, 3)
    grads = claimed(implementation, inputs, dy)
    report = check_gradients(
        own_forward(implementation), inputs, dy, grads, "central difference")
    return report.within(1e-8)


def values(implementation, rng):
    """y equals the graph's, to 1e-12."""
    inputs, dy = draw(rng, 5, 3)
    return close(pass_through(implementation, inputs, dy)[:1],
                 pass_through(TRACE, inputs, dy)[:1], 1e-12)


def complex_step(implementation, rng):
    """Gradients equal the graph's complex step, to 1e-12."""
    inputs, dy = draw(rng, 5, 3)
    grads = claimed(implementation, inputs, dy)

    def graph(**inputs):
        return run(BATCH_NORM, {**inputs, "eps": EPS}).values["y"]

    return check_gradients(graph, inputs, dy, grads, "complex step").within(1e-12)


def images(implementation, rng):
    """All results equal the graph's on (N, C, H, W), to 1e-12."""
    inputs, dy = draw(rng, 3, 2, 4, 5)
    return close(pass_through(implementation, inputs, dy),
                 pass_through(TRACE, inputs, dy), 1e-12)


def large_mean(implementation, rng):
    """Adding 2^20 to x changes no result by more than 1e-8."""
    inputs, dy = draw(rng, 64, 3)
    # On a grid of 2^-20 the sum with 2^20 is exact, so only the mean has changed.
    inputs["x"] = np.round(inputs["x"] * 2**20) / 2**20
    shifted = {**inputs, "x": inputs["x"] + 2**20}
    return close(pass_through(implementation, shifted, dy),
                 pass_through(implementation, inputs, dy), 1e-8)


def inputs_unchanged(implementation, rng):
    """x, gamma, beta and dy are the same after the calls."""
    inputs, dy = draw(rng, 5, 3)
    arrays = [*inputs.values(), dy]
    before = [a.copy() for a in arrays]
    _, cache = implementation.forward(*inputs.values(), eps=EPS)
    implementation.backward(dy, cache)
    return all(map(np.array_equal, before, arrays))


def later_edits(implementation, rng):
    """Editing x, gamma, beta or y after the forward changes no gradient."""
    inputs, dy = draw(rng, 5, 3)
    expected = pass_through(implementation, inputs, dy)[1:]
    y, cache = implementation.forward(*inputs.values(), eps=EPS)
    for array in (*inputs.values(), y):
        array += 1
    return close(implementation.backward(dy, cache), expected, 1e-12)


def two_forwards(implementation, rng):
    """A second forward leaves the first one's backward alone, and
    backward can be repeated.
    """
    first, dy = draw(rng, 5, 3)
    second, _ = draw(rng, 5, 3)
    expected = pass_through(implementation, first, dy)[1:]
    _, cache = implementation.forward(*first.values(), eps=EPS)
    implementation.forward(*second.values(), eps=EPS)
    implementation.backward(dy.copy(), cache)
    return close(implementation.backward(dy.copy(), cache), expected, 1e-12)


OURS = as_checks({
    "own differences": central_differences,
    "right values": values,
    "right complex step": complex_step,
    "images": images,
    "large mean": large_mean,
    "inputs unchanged": inputs_unchanged,
    "later edits": later_edits,
    "two forwards": two_forwards})
