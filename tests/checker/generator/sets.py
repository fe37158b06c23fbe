"""A set of submissions: right ones, single faults, pairs, each with its truth."""

from typing import NamedTuple

import numpy as np

from generator.algorithms import STAGED
from generator.faults import FAULTS
from generator.styles import sample
from generator.truth import right, tried
from generator.write import Submission, write

SHARES = (0.3, 0.55, 0.15)  # of right ones, of one fault, of two


class Case(NamedTuple):
    """A submission and the truth of it: part -> whether right, see `truth.tried`."""

    name: str
    submission: Submission
    truth: dict

    @property
    def right(self):
        """Whether all of it is right, whatever was planted."""
        return right(self.truth)

    @property
    def single(self):
        """The fault, if it is one that has an effect."""
        faults = self.submission.faults
        return None if self.right or len(faults) != 1 else faults[0]

    @property
    def staged(self):
        """Whether the line of the fault is one value's own."""
        c, key = self.submission.choices, self.single.key if self.single else "-"
        return (c.backward in STAGED if key[0] == "b" else
                key[0] == "f" and c.forward in ("staged", "through std"))

    @property
    def line(self):
        """The number of the line that the fault is in."""
        return self.submission.lines[self.single.key]


def planted(rng, c, count):
    """A submission with `count` faults on lines of their own."""
    order = [FAULTS[k] for k in rng.permutation(len(FAULTS))]
    chosen, found = (), write(c)
    for fault in order:
        if len(chosen) == count:
            break
        if fault.key in [one.key for one in chosen]:
            continue
        try:
            found = write(c, (*chosen, fault))
        except LookupError:
            continue
        chosen = (*chosen, fault)
    return found


def cases(count, seed):
    """`count` Cases, one after another, seeded."""
    rng = np.random.default_rng(seed)
    for k in range(count):
        many = int(rng.choice(3, p=SHARES))
        submission = planted(rng, sample(rng), many)
        yield Case(f"s{k:04d}", submission, tried(submission))
