"""The live graph as a cell has it: in a notebook its batch can be read back."""

from typing import Any

import numpy as np

from bnbook.graph import graph_inputs, grouped, parse, run
from bnbook.graph.trace import Trace
from bnbook.show.explorer_graphs import GRAPHS, shaped_inputs
from bnbook.show.live import Live


class LiveGraph(Live):
    """A live graph. What a reader changes in a notebook is read back here."""

    def _opening(self) -> dict[str, Any]:
        start = self.data["start"]
        given = self.data["graphs"][start["graph"]]["presets"][start["preset"]]
        return given | {name: start[name] for name in ("graph", "path", "cut")}

    @property
    def x(self) -> np.ndarray:
        """The batch as it stands: (N, 1), or (1, C) where a row is normalized."""
        return self.trace.values["x"]

    @property
    def dy(self) -> np.ndarray:
        """The upstream gradient as it stands, of the same shape."""
        return self.trace.grads[self.trace.graph[-1].name]

    @property
    def trace(self) -> Trace:
        """The run on the batch as it stands, without a cut."""
        state = self.state
        own = parse(state["text"]) if state.get("text") else None
        kind = "batch" if own else state["graph"]
        entry = GRAPHS[kind]
        read = graph_inputs(own or entry.graph)
        given, upstream = shaped_inputs(kind, state)
        given = {name: a for name, a in given.items() if name in read}
        return run(own or entry.graph, given, upstream, axes=entry.axes,
                   ops=grouped(entry.groups))
