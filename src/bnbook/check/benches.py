"""The test bench: every specimen of the five systems against the checks of its kind."""

from functools import partial
from typing import NamedTuple

import bnbook.nn as nn
from bnbook.check import adapters, layer_checks, nn_checks
from bnbook.check.checks import Check
from bnbook.check.implementations import RIGHT, Implementation, Specimen
from bnbook.check.matrix import CHECKS, KillMatrix, kill_matrix
from bnbook.check.specimens import catalogue
from bnbook.check.specimens.exhibits import Exhibit
from bnbook.norm.layer import BatchNorm


class BenchKind(NamedTuple):
    """Specimens of one kind, the checks for it, and what is right of it."""

    name: str
    specimens: tuple[Specimen | Exhibit, ...]
    checks: tuple[Check, ...]
    right: tuple[Specimen, ...]


def _pair(name, sentence, forward, backward):
    return Specimen(name, sentence, Implementation(forward, backward))


def _book(name, it):
    return (Specimen(name, "The book's.", it),)


KINDS = (
    BenchKind("functions", catalogue.FUNCTIONS, CHECKS, RIGHT),
    BenchKind("layers with state", catalogue.STATE, layer_checks.LAYER_CHECKS, (
        Specimen("BatchNorm", "The book's layer.", adapters.book(BatchNorm)),)),
    BenchKind("dropout", catalogue.DROPOUT, nn_checks.DROPOUT_CHECKS, _book(
        "dropout", Implementation(
            partial(nn.dropout_forward, training=True), nn.dropout_backward))),
    BenchKind("ReLU", catalogue.RELU, nn_checks.RELU_CHECKS, _book(
        "relu", Implementation(nn.relu_forward, nn.relu_backward))),
    BenchKind("convolution", catalogue.CONVOLUTION, nn_checks.CONV_CHECKS, (
        _pair("naive", "In loops.", nn.conv_forward_naive, nn.conv_backward_naive),
        _pair("fast", "One product.", nn.conv_forward, nn.conv_backward))),
    BenchKind("pooling", catalogue.POOLING, nn_checks.POOL_CHECKS, (
        _pair("naive", "In loops.", nn.max_pool_forward_naive,
              nn.max_pool_backward_naive),
        _pair("fast", "Views.", nn.max_pool_forward, nn.max_pool_backward))),
)


class Bench(NamedTuple):
    """One KillMatrix a kind of specimen, under the kind's name."""

    matrices: dict[str, KillMatrix]

    @property
    def caught(self) -> dict[str, tuple[str, ...]]:
        """Specimen name -> the names of the checks that catch it."""
        return {fault.name: matrix.killers(fault.name)
                for matrix in self.matrices.values() for fault in matrix.faults}

    def __repr__(self):
        return "\n\n".join(f"{n}\n\n{m!r}" for n, m in self.matrices.items())

    def _repr_html_(self):
        return "\n".join(m._repr_html_().replace("<caption>", f"<caption>{name}: ", 1)
                         for name, m in self.matrices.items())


def bench(seed: int = 0) -> Bench:
    """Run every specimen against the checks of its kind: a Bench."""
    return Bench({kind.name: kill_matrix(kind.specimens, kind.checks, seed)
                  for kind in KINDS})
