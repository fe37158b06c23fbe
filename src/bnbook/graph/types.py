"""Names for what functions take and give, for a type checker and for a reader."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from numpy.typing import ArrayLike

from bnbook.graph.ops import Op
from bnbook.graph.steps import Step

Arrays: TypeAlias = Mapping[str, ArrayLike]
Axes: TypeAlias = int | list[int] | tuple[int, ...]
Edges: TypeAlias = Iterable[tuple[str, str]]
Graph: TypeAlias = tuple[Step, ...]
Ops: TypeAlias = Mapping[str, Op]
Steps: TypeAlias = Iterable[Step]
Tree: TypeAlias = str | tuple[Any, ...]  # a name, a number or (op, tree, …)
State: TypeAlias = Mapping[str, Any]
"""Arrays and counts by name. A union of the two would have every reader say which."""
States: TypeAlias = Mapping[str, State]
