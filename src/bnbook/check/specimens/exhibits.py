"""What a specimen of the five systems is shown with."""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple


class Exhibit(NamedTuple):
    """A specimen of the five systems.

    system: "S0" to "S4", several of them, or "all". wrong and shows: what is wrong, and
    how one sees it, a line each. code: the class or function. caught_by: the name of a
    check. implementation: what checks are run on.
    """

    name: str
    system: str
    wrong: str
    shows: str
    code: Callable
    caught_by: str
    implementation: Any

    @property
    def sentence(self):
        return self.wrong

    @property
    def source(self):
        """The code as text."""
        return inspect.getsource(self.code)
