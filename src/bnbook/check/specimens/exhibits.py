"""What a specimen of the five systems is shown with."""

import inspect
from collections.abc import Callable
from importlib import import_module
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
    def sentence(self) -> str:
        return self.wrong

    @property
    def source(self) -> str:
        """The code as text."""
        return inspect.getsource(self.code)


def exhibits(rows, of):
    """An Exhibit a row: all but the implementation, which is of(code), with | between.

    The code is named by its module here and its name; \\ goes on. ValueError for a row
    that is half there.
    """
    found = []
    for row in rows.replace("\\\n", "").strip().splitlines():
        name, *words = (part.strip() for part in row.split("|"))
        if len(words) != 5 or not all(words):
            raise ValueError(f"specimen {name}: expected a name, a system, what is "
                             "wrong, how it shows, the code and a check")
        home, _, code = words[3].partition(".")
        code = getattr(import_module(f"bnbook.check.specimens.{home}"), code)
        found.append(Exhibit(name, *words[:3], code, words[4], of(code)))
    return tuple(found)
