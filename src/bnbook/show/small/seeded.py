"""Random numbers that a page's script can make too: the mirror of small.js."""

import numpy as np


def hashed(k):
    """A uint32 for each integer of k: how MurmurHash3 ends (Appleby, public domain)."""
    h = np.asarray(np.asarray(k, np.int64) % 2**32, np.uint64)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        h = (h ^ (h >> np.uint64(shift))) * np.uint64(factor) % np.uint64(2**32)
    return (h ^ (h >> np.uint64(16))).astype(np.int64)


def uniform(seed, k):
    """The k-th number in [0, 1) of a seed, for each integer of k."""
    return hashed(k + hashed(seed)) / 2**32


def normals(seed, count):
    """`count` standard normal numbers, an even count (Box and Muller)."""
    u = uniform(seed, np.arange(count)).reshape(-1, 2)
    size, angle = np.sqrt(-2 * np.log(1 - u[:, 0])), 2 * np.pi * u[:, 1]
    return np.stack([size * np.cos(angle), size * np.sin(angle)], axis=1).ravel()
