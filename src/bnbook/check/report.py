"""What a gradient check found, as rows, text and HTML."""

import math
from dataclasses import dataclass
from typing import NamedTuple

from bnbook.norm.arguments import count, positive, shaped, variance
from bnbook.show import Table


class Row(NamedTuple):
    """One checked gradient: its name, its shape, its largest relative error."""

    name: str
    shape: tuple[int, ...]
    error: float


def bound(error: float, floor: int = -14) -> str:
    """A relative error in words that do not depend on the processor's last bits.

    Small errors are given as the power of ten above them, 1e-14 at the least; from 1e-4
    on, where a gradient is wrong rather than rounded, two digits are printed.
    """
    error = float(variance("error", shaped("error", error, ())))
    floor = count("floor", floor, least=-324)
    if not error < 1e-4:
        return f"{error:.2g}"
    power = floor if error == 0 else max(floor, math.floor(math.log10(error)) + 1)
    return f"< 1e{power:03d}"


@dataclass(frozen=True, repr=False)
class Report:
    """The rows of one check, in the order checked; shows as a table."""

    method: str
    rows: tuple[Row, ...]

    @property
    def worst(self) -> Row:
        """The row with the largest error; NaN counts as the largest."""
        return max(self.rows, key=lambda r: (math.isnan(r.error), r.error))

    def within(self, tolerance: float) -> bool:
        """Whether every error is below `tolerance`; False if one is NaN or none is."""
        positive("tolerance", tolerance)
        return bool(self.rows) and all(row.error < tolerance for row in self.rows)

    @property
    def table(self) -> Table:
        """The rows as a Table, errors as bounds."""
        head = ("gradient by", "shape", "largest relative error")
        rows = [(row.name, row.shape, bound(row.error)) for row in self.rows]
        return Table(f"Against the {self.method}", head, rows)

    def __repr__(self):
        return repr(self.table)

    def _repr_html_(self):
        return self.table._repr_html_()
