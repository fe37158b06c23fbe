"""Nested dicts of arrays and numbers in one file, and back."""

import os
from pathlib import Path
from zipfile import ZipFile

import numpy as np

from bnbook.nn import arguments


def save(path, tree):
    """Write a dict of arrays, numbers and such dicts to `path`, a .npz file.

    Names are strings without "/". The file appears whole or not at all: an older one is
    replaced only when the new one is complete. Raises TypeError or ValueError, for
    other names and for objects.
    """
    path = Path(path)
    part = path.with_name(path.name + ".part")
    flat = _flat(tree)
    with ZipFile(part, "w") as file:  # numpy.savez keeps two names for itself
        for name, a in flat.items():
            with file.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, a, allow_pickle=False)
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
        if not isinstance(name, str) or "/" in name:
            raise ValueError(f'tree: name {name!r}, expected a string without "/"')
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}/")
        else:
            flat[prefix + name] = a = arguments.plain(prefix + name, value)
            if a.dtype.hasobject:
                raise TypeError(f"{prefix + name}: dtype {a.dtype}, expected numbers")
    return flat
