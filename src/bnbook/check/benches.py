"""The test bench: every specimen of the five systems against the checks of its kind."""

from typing import NamedTuple

from bnbook.check import adapters, layer_checks, nn_checks
from bnbook.check.implementations import RIGHT, Implementation, Specimen
from bnbook.check.matrix import CHECKS, KillMatrix, kill_matrix
from bnbook.check.specimens import catalogue
from bnbook.nn import (
    conv_backward,
    conv_backward_naive,
    conv_forward,
    conv_forward_naive,
    dropout_backward,
    dropout_forward,
    max_pool_backward,
    max_pool_backward_naive,
    max_pool_forward,
    max_pool_forward_naive,
    relu_backward,
    relu_forward,
)
from bnbook.norm.layer import BatchNorm


class Kind(NamedTuple):
    """Specimens of one kind, the checks for it, and what is right of it."""

    name: str
    specimens: tuple
    checks: tuple
    right: tuple


def _conv(forward, backward):
    return Implementation(
        lambda x, w, b, stride, pad: forward(x, w, b, stride=stride, pad=pad), backward)


def _pool(forward, backward):
    return Implementation(
        lambda x, height, width, stride: forward(
            x, height=height, width=width, stride=stride), backward)


KINDS = (
    Kind("functions", catalogue.FUNCTIONS, CHECKS, RIGHT),
    Kind("layers with state", catalogue.STATE, layer_checks.LAYER_CHECKS, (
        Specimen("BatchNorm", "The book's layer.", adapters.book(BatchNorm)),)),
    Kind("dropout", catalogue.DROPOUT, nn_checks.DROPOUT_CHECKS, (
        Specimen("dropout", "The book's.",
                 Implementation(dropout_forward, dropout_backward)),)),
    Kind("ReLU", catalogue.RELU, nn_checks.RELU_CHECKS, (
        Specimen("relu", "The book's.", Implementation(relu_forward, relu_backward)),)),
    Kind("convolution", catalogue.CONVOLUTION, nn_checks.CONV_CHECKS, (
        Specimen("naive", "In loops.", _conv(conv_forward_naive, conv_backward_naive)),
        Specimen("fast", "One product.", _conv(conv_forward, conv_backward)))),
    Kind("pooling", catalogue.POOLING, nn_checks.POOL_CHECKS, (
        Specimen("naive", "In loops.",
                 _pool(max_pool_forward_naive, max_pool_backward_naive)),
        Specimen("fast", "Views.", _pool(max_pool_forward, max_pool_backward)))),
)


class Bench(NamedTuple):
    """One KillMatrix a kind of specimen, under the kind's name."""

    matrices: dict[str, KillMatrix]

    @property
    def caught(self):
        """Specimen name -> the names of the checks that catch it."""
        return {fault.name: matrix.killers(fault.name)
                for matrix in self.matrices.values() for fault in matrix.faults}

    def __repr__(self):
        return "\n\n".join(f"{n}\n\n{m!r}" for n, m in self.matrices.items())

    def _repr_html_(self):
        return "\n".join(m._repr_html_().replace("<caption>", f"<caption>{name}: ", 1)
                         for name, m in self.matrices.items())


def bench(seed=0):
    """Run every specimen against the checks of its kind: a Bench."""
    return Bench({kind.name: kill_matrix(kind.specimens, kind.checks, seed)
                  for kind in KINDS})
