from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bnbook.graph.gradient import Message
from bnbook.graph.types import Arrays, Axes, Graph, Ops, Steps

@dataclass(frozen=True, eq=False)
class Trace:
    graph: Graph
    values: dict[str, np.ndarray]
    axes: int | tuple[int, ...]
    ops: Ops
    back: Graph = ...
    sums: dict[str, np.ndarray] = ...
    messages: tuple[Message, ...] = ...

    @property
    def grads(self) -> dict[str, np.ndarray]: ...
    def into(self, name: str) -> list[Message]: ...
    def backward(self, upstream: ArrayLike) -> Trace: ...

def run(graph: Steps, inputs: Arrays, upstream: ArrayLike | None = None, *,
        axes: Axes = 0, ops: Ops = ...) -> Trace: ...
