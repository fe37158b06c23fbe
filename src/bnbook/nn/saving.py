"""Nested dicts of arrays and numbers in one file, and back."""

import os
from pathlib import Path

import numpy as np


def save(path, tree):
    """Write a dict of arrays, numbers and such dicts to `path`, a .npz file.

    Names are strings without "/". The file appears whole or not at all: an older one is
    replaced only when the new one is complete.
    """
    path = Path(path)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        np.savez(file, **_flat(tree))
    os.replace(part, path)


def load(path):
    """The dict that `save` wrote, with arrays of the same bytes; empty dicts are gone.

    Numbers come back as Python's, so that float32 arrays stay so when they meet them.
    """
    tree = {}
    with np.load(path, allow_pickle=False) as file:
        for key in file.files:
            *parents, name = key.split("/")
            inner = tree
            for parent in parents:
                inner = inner.setdefault(parent, {})
            inner[name] = file[key] if file[key].ndim else file[key].item()
    return tree


def _flat(tree, prefix=""):
    """Names joined by "/" -> arrays."""
    flat = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}/")
        else:
            flat[prefix + name] = value
    return flat
