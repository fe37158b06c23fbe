r"""The family of batch normalization as graphs of the op table.

Layer norm and instance norm are BATCH_NORM itself, run over other axes. RMS norm keeps
the mean where it is: it divides by the root of the mean square, so that it has four
names of its own, `ms`, `mseps`, `rms` and `irms`, and no shift. Group norm splits the
channel axis into (groups, channels of a group), does what batch norm does with the
split array, and merges the two axes again; there, `xg` to `xhatg` are split.

Sources: Ba, Kiros & Hinton 2016 (layer), Ulyanov et al. 2016 (instance), Wu & He 2018
(group), Zhang & Sennrich 2019 (RMS).
"""

from collections.abc import Callable
from typing import NamedTuple

from bnbook.graph.arguments import count
from bnbook.graph.normalization import BATCH_NORM
from bnbook.graph.ops import OPS, Op
from bnbook.graph.steps import Step

RMS_NORM = (
    Step("sq", "square", ("x",)),
    Step("ms", "mean", ("sq",)),
    Step("mseps", "add", ("ms", "eps")),
    Step("rms", "sqrt", ("mseps",)),
    Step("irms", "reciprocal", ("rms",)),
    Step("xhat", "multiply", ("x", "irms")),
    Step("y", "multiply", ("gamma", "xhat")),
)

GROUP_NORM = (
    Step("xg", "split", ("x",)),
    Step("mu", "mean", ("xg",)),
    Step("xmu", "subtract", ("xg", "mu")),
    Step("sq", "square", ("xmu",)),
    Step("var", "mean", ("sq",)),
    Step("vareps", "add", ("var", "eps")),
    Step("std", "sqrt", ("vareps",)),
    Step("ivar", "reciprocal", ("std",)),
    Step("xhatg", "multiply", ("xmu", "ivar")),
    Step("xhat", "merge", ("xhatg",)),
    Step("gx", "multiply", ("gamma", "xhat")),
    Step("y", "add", ("gx", "beta")),
)


class Member(NamedTuple):
    """One of the family: its graph, and axes(x.ndim), what its means go over."""

    graph: tuple[Step, ...]
    axes: Callable[[int], tuple[int, ...]]


FAMILY = {
    "batch": Member(BATCH_NORM, lambda ndim: (0, *range(2, ndim))),
    "layer": Member(BATCH_NORM, lambda ndim: tuple(range(1, ndim))),
    "instance": Member(BATCH_NORM, lambda ndim: tuple(range(2, ndim))),
    "group": Member(GROUP_NORM, lambda ndim: tuple(range(2, ndim + 1))),  # when split
    "rms": Member(RMS_NORM, lambda ndim: tuple(range(1, ndim))),
}


def split(a, groups):
    """(N, C, *spatial) as (N, groups, C / groups, *spatial): neighbours together."""
    n, c, *spatial = a.shape
    return a.reshape(n, groups, c // groups, *spatial)


def merge(a):
    """(N, groups, C / groups, *spatial) as (N, C, *spatial)."""
    n, groups, c, *spatial = a.shape
    return a.reshape(n, groups * c, *spatial)


def grouped(groups: int) -> dict[str, Op]:
    """The op table with the two rows that GROUP_NORM needs beside the others.

    Each is the other's rule: values that only change places send their gradients back
    to the places they came from. `groups` must divide the channels, or the run says so.
    """
    count("groups", groups)
    return OPS | {
        "split": Op(lambda axes, a: split(a, groups), ("merge(g)",),
                    r"\mathrm{split}($a)"),
        "merge": Op(lambda axes, a: merge(a), ("split(g)",), r"\mathrm{merge}($a)"),
    }
