from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from bnbook.graph.types import Arrays, Axes, Graph, Ops, Steps

class Message(NamedTuple):
    step: str
    input: str
    gradient: np.ndarray
    name: str

def gradient(graph: Steps, wrt: Iterable[str], inputs: Arrays, *, of: str | None = None,
             upstream: str | None = None, prefix: str = "d", axes: Axes = 0,
             ops: Ops = ...) -> Graph: ...
def send_back(graph, wrt, values, of, upstream, prefix, axes, ops): ...
