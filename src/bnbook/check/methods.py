r"""The methods that differentiate numerically, as a table, and what counts as an error.

A check compares directional derivatives. For an input p of f, a claimed gradient g, the
upstream gradient u of f's output and directions v,

    sum(g * v)  must equal  sum(u * Jv),    Jv = d/dt f(p + t v) at t = 0.

A method says how Jv is computed and which v are tried.
"""

from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from bnbook.norm.arguments import array, positive, shaped


class Method(NamedTuple):
    """derivative(f, p, v) is Jv; directions(p) yields each v to try, of p's shape."""

    derivative: Callable[..., np.ndarray]
    directions: Callable[[np.ndarray], Iterable[np.ndarray]]


def complex_step(f, p, v, h=1e-100):
    """Jv = Im f(p + i h v) / h, right to the last bits: nothing is subtracted.

    Only for an f that is analytic and takes complex numbers, as every graph is. Written
    with np.var, np.std or abs, f gives a wrong derivative without a word; use central
    differences for a reader's code. An f whose result is real raises TypeError.
    Source: Squire & Trapp 1998.
    """
    y = np.asarray(f(p + 1j * h * v))
    if y.dtype.kind != "c":
        raise TypeError(f"f: returned {y.dtype} for complex input, expected complex")
    return y.imag / h


def central_difference(f, p, v, h=None):
    """Jv = (f(p + h v) - f(p - h v)) / 2h, for any f; right to 8 to 10 digits.

    h balances truncation, which grows as h^2, against rounding, which grows as 1/h: the
    cube root of the machine epsilon times p's standard deviation (1 if p is constant).
    """
    if h is None:
        h = np.cbrt(np.finfo(float).eps) * (p.std() or 1)
    return (np.asarray(f(p + h * v)) - np.asarray(f(p - h * v))) / (2 * h)


def unit_vectors(p):
    """One direction an element: the whole gradient, at p.size evaluations or more."""
    for index in np.ndindex(p.shape):
        v = np.zeros_like(p)
        v[index] = 1
        yield v


def random_vectors(p, count=8, seed=0):
    """A few random directions, seeded: a cheap check however large p is."""
    return np.random.default_rng(seed).normal(size=(count, *p.shape))


MethodName: TypeAlias = Literal["complex step", "central difference", "projection"]
METHODS: dict[MethodName, Method] = {
    "complex step": Method(complex_step, unit_vectors),
    "central difference": Method(central_difference, unit_vectors),
    "projection": Method(complex_step, random_vectors),
}


def relative_error(claimed: ArrayLike, reference: ArrayLike,
                   unit: float = 1.0) -> float:
    """max |claimed - reference| / max |reference|.

    A reference below 1e-8 * unit counts as zero, where only rounding is left to compare
    (dx at N = 1, or under a constant upstream gradient): then the difference is divided
    by `unit`. NaN stays NaN. Raises TypeError or ValueError, also if the shapes differ.
    """
    reference = array("reference", reference)
    claimed = shaped("claimed", claimed, reference.shape)
    return error_of(claimed, reference, positive("unit", unit))


def error_of(claimed, reference, unit):
    """`relative_error` of what fits; a unit that is not finite has its way."""
    largest = np.max(np.abs(reference), initial=0)
    scale = unit if largest < 1e-8 * unit else largest
    return float(np.max(np.abs(np.subtract(claimed, reference)), initial=0) / scale)
