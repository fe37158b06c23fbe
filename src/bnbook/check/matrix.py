"""Faults by checks: which check kills which fault."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from string import ascii_letters

import numpy as np

from bnbook.check.checks import OURS, Check
from bnbook.check.faults import FAULTS
from bnbook.check.implementations import Specimen
from bnbook.check.peers import PEERS
from bnbook.check.specimens.exhibits import Exhibit
from bnbook.graph import arguments

CHECKS = PEERS + OURS


def passes(check: Check, implementation: object, seed: int = 0) -> bool:
    """Whether an implementation passes a check; an exception is a failure."""
    arguments.instance("check", check, Check, "a Check")
    seed = arguments.count("seed", seed, least=0)
    if not callable(getattr(implementation, "forward", None)):
        raise TypeError(f"implementation: {arguments.shown(implementation)}, "
                        "expected one with a forward")
    with np.errstate(all="ignore"):
        try:
            return bool(check.passed(implementation, np.random.default_rng(seed)))
        except Exception:
            return False


@dataclass(frozen=True, eq=False, repr=False)
class KillMatrix:
    """killed[i, j]: whether check j fails the implementation of fault i."""

    faults: tuple[Specimen | Exhibit, ...]
    checks: tuple[Check, ...]
    killed: np.ndarray

    @property
    def survivors(self) -> tuple[str, ...]:
        """The names of the faults that no check kills."""
        alive = ~np.asarray(self.killed.any(axis=1))
        return tuple(f.name for f, a in zip(self.faults, alive, strict=True) if a)

    @property
    def counts(self) -> dict[str, int]:
        """Check name -> how many of the faults it kills, in the checks' order."""
        kills = self.killed.sum(axis=0).tolist()
        return {c.name: n for c, n in zip(self.checks, kills, strict=True)}

    def only(self, *names: str) -> "KillMatrix":
        """The matrix of these checks alone, in this order."""
        known = [c.name for c in self.checks]
        index = [known.index(name) for name in arguments.names("names", names, known)]
        checks = tuple(self.checks[i] for i in index)
        return replace(self, checks=checks, killed=self.killed[:, index])

    def killers(self, fault: str) -> tuple[str, ...]:
        """The names of the checks that kill the fault of this name."""
        known = [f.name for f in self.faults]
        row = self.killed[known.index(arguments.choice("fault", fault, known))]
        return tuple(c.name for c, k in zip(self.checks, row, strict=True) if k)

    def __repr__(self):
        width = max(len(f.name) for f in self.faults)
        keys = [f"{ascii_letters[j]}  {c.name}: {n} of {len(self.faults)} killed"
                for j, (c, n) in enumerate(zip(self.checks, self.counts.values(),
                                               strict=True))]
        head = " " * width + "  " + " ".join(ascii_letters[:len(keys)])
        rows = [f"{f.name:{width}}  " + " ".join("x" if k else "." for k in row)
                for f, row in zip(self.faults, self.killed, strict=True)]
        return "\n".join([head, *rows, "", "x killed, . passes", *keys])

    def _repr_html_(self):
        head = "".join(f'<th scope="col" title="{escape(c.sentence)}">'
                       f"{escape(c.name)}</th>" for c in self.checks)
        body = "".join(map(_html_row, self.faults, self.killed))
        counts = "".join(f"<td>{n}</td>" for n in self.counts.values())
        return (
            '<table class="bn-table">\n<caption>Which check kills which fault: '
            f"{len(self.faults)} faults, {len(self.checks)} checks</caption>\n"
            f'<thead><tr><th scope="col">fault</th>{head}</tr></thead>\n'
            f"<tbody>\n{body}</tbody>\n"
            f'<tfoot><tr><th scope="row">killed</th>{counts}</tr></tfoot>\n</table>')


def _html_row(fault, killed):
    cells = "".join(
        f'<td class="{word}">{word}</td>'
        for word in ("killed" if k else "passes" for k in killed))
    return (f'<tr><th scope="row" title="{escape(fault.sentence)}">'
            f"{escape(fault.name)}</th>{cells}</tr>\n")


def kill_matrix(faults: Sequence[Specimen | Exhibit] = FAULTS,
                checks: Sequence[Check] = CHECKS, seed: int = 0) -> KillMatrix:
    """Run every check on every fault, each from the same seed: a KillMatrix."""
    faults = arguments.several("faults", faults, "Specimens, as in FAULTS",
                               lambda one: isinstance(one, Specimen | Exhibit))
    checks = arguments.several("checks", checks, "Checks, as in CHECKS",
                               lambda one: isinstance(one, Check))
    killed = np.array([
        [not passes(check, fault.implementation, seed) for check in checks]
        for fault in faults])
    return KillMatrix(faults, checks, killed.reshape(len(faults), -1))
