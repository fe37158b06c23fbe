"""How an array (N, C, *spatial) is walked: in blocks that a processor's cache holds.

A block is one contiguous run, seen as a sheet. Where a channel has few values side by
side, several samples beside each other make a long row, and sums go *down* the sheet.
Where it has many, sums go *along* it, channel by channel.
"""

import contextvars
import functools
import math
from typing import NamedTuple

import numpy as np

BLOCK = 15 << 13  # values: two blocks of float64 and their rows fit in 2 MB
WIDE = 1 << 13  # bytes in a row: so many that starting a row does not count
PIECE = 1024  # values added one after another: longer sums lose digits
LONG = 64  # values of a channel side by side: from here on sums go along


class Block(NamedTuple):
    """Its run in the flat array and the shape it is seen in; its part of a row and of
    the sums; whether it is one of the few that stand for all."""

    run: slice
    shape: tuple
    row: slice
    sums: tuple
    sample: bool


class Walk(NamedTuple):
    """The blocks for one shape and dtype, and the shapes of what goes with them.

    m: the values of a channel; sampled: how many of them are in sample blocks.
    """

    blocks: list
    m: int
    sampled: int
    ones: np.ndarray
    along: bool
    row: tuple
    sheet: tuple
    sums: tuple
    parts: int

    def cut(self, a):
        """The blocks of a, as views."""
        flat = a.reshape(-1)
        return [flat[b.run].reshape(b.shape) for b in self.blocks]

    def rows(self, v):
        """For every block a row in which v of each channel stands where it is needed.
        """
        row = np.empty(self.row, self.ones.dtype)
        row[:] = v[:, None]
        row = row.reshape(self.sheet)
        return [row[b.row] for b in self.blocks]

    def sum(self, a, out):
        """The sum of a block."""
        if self.along:
            np.matmul(a, self.ones, out)
        else:
            np.dot(self.ones[: len(a)], a, out)

    def dot(self, a, b, out):
        """The sum of a b."""
        if self.along:
            np.vecdot(a, b, out)
        else:
            np.einsum("ij,ij->j", a, b, out=out)

    def total(self, sums):
        """(k, C) from k sums of every block, eights added in the next wider dtype."""
        k, c = len(sums), self.row[1]
        wide = np.float64 if sums.itemsize < 8 else np.longdouble
        eights = sums.reshape(k, self.parts // 8, 8, -1 if sums.size else c).sum(2)
        total = eights.astype(wide).sum(1)
        return total if total.shape[1] == c else total.reshape(k, c, -1).sum(2)


def aligned(a):
    """An empty array like a that starts a cache line: elsewhere NumPy writes half as
    fast."""
    raw = np.empty_like(a, np.uint8, shape=a.nbytes + 64)
    start = -raw.ctypes.data % 64
    return raw[start : start + a.nbytes].view(a.dtype).reshape(a.shape)


def unbuffered(function):
    """`function`, in which NumPy reads a short row where it stands, without a copy."""
    def narrow(*args):
        np.setbufsize(16)
        return function(*args)

    @functools.wraps(function)
    def run(*args):
        return contextvars.copy_context().run(narrow, *args)  # the caller's stays
    return run


@functools.lru_cache(maxsize=128)
def walk(shape, dtype):
    """The Walk over C-ordered arrays of this shape and dtype."""
    n, c, *spatial = shape
    values = math.prod(spatial)
    return (_along if values >= LONG else _down)(n, c, values, dtype)


def _down(n, c, values, dtype):
    width = c * values
    beside = min(max(n, 1), max(WIDE // max(width * dtype.itemsize, 1), 1))
    beside = next((r for r in range(beside, beside // 2, -1) if n % r == 0), beside)
    wide, even = beside * width, n - n % beside
    high = beside * max(BLOCK // max(wide, 1), 1)
    cuts = [(i, min(i + high, even), beside) for i in range(0, even, high)]
    cuts += [(even, n, n - even)] * (even < n)
    blocks = [
        Block(slice(i * width, j * width), ((j - i) // r, r * width), slice(r * width),
              (k, slice(r * width)), k % 8 == 0) for k, (i, j, r) in enumerate(cuts)]
    sampled = sum(j - i for i, j, _ in cuts[::8]) * values
    eight = -(-len(blocks) // 8) * 8
    return Walk(blocks, n * values, sampled, np.ones(min(high, max(n, 1)), dtype),
                False, (beside, c, values), (wide,), (eight, wide), eight * beside)


def _along(n, c, values, dtype):
    piece = max(p for p in range(1, PIECE + 1) if values % p == 0)
    piece = piece if piece >= LONG else values
    fit = max(BLOCK // values, 1)
    channels, samples = -(-c // -(-c // fit)) if c else 1, max(fit // max(c, 1), 1)
    cuts = [(i, min(i + samples, n), g, min(g + channels, c))
            for g in range(0, c, channels) for i in range(0, n, samples)]
    blocks = [
        Block(slice((i * c + g) * values, ((j - 1) * c + h) * values),
              (j - i, h - g, values // piece, piece), slice(g, h),
              (slice(i, j), slice(g, h)), i // samples % 8 == 0) for i, j, g, h in cuts]
    sampled = len([i for i in range(n) if i // samples % 8 == 0]) * values
    row, eight = values if values < PIECE else 1, -(-n // 8) * 8
    return Walk(blocks, n * values, sampled, np.ones(piece, dtype), True, (1, c, row),
                (c, 1, row), (eight, c, values // piece), eight)
