"""Nested dicts of arrays and numbers in one file, and back."""

import os
import shutil
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4
from zipfile import BadZipFile, ZipFile

import numpy as np

from bnbook.nn import arguments

# What zipfile and NumPy say of bytes that are not a saved file.
MALFORMED = (BadZipFile, EOFError, MemoryError, NotImplementedError, RuntimeError,
             TypeError, ValueError, AttributeError, OverflowError, zlib.error)


def save(path: str | os.PathLike[str], tree: Mapping[str, Any]) -> None:
    """Write a dict of arrays, numbers and such dicts to `path`, a .npz file.

    Names are strings without "/". The file appears whole or not at all: an older one is
    replaced, its mode kept, when the new one is on the disk. A link stays: what it
    leads to is replaced. Raises TypeError or ValueError, for other names, for objects,
    and for a path where something else than a file stands.
    """
    target, flat = _target(path), _flat(tree)
    part = target.with_name(f".{uuid4().hex}.part")
    try:
        with open(part, "xb") as file:
            _write(file, flat)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, part)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)  # there only if something went wrong


def load(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The dict that `save` wrote, with arrays of the same bytes; empty dicts are gone.

    Numbers and strings come back as Python's, so that float32 arrays stay so when they
    meet them. Raises ValueError in one line for a file that `save` did not write.
    """
    tree: dict[str, Any] = {}
    path = _path(path)
    try:
        with ZipFile(path) as file:
            for entry in file.namelist():
                _put(tree, entry.removesuffix(".npy").split("/"), _read(file, entry))
    except OSError as error:
        raise type(error)(f"path: {path}: {error.strerror}") from None
    except MALFORMED:
        raise ValueError(f"path: {path}, expected a file that save wrote") from None
    return tree


def _path(path):
    """`path` as a Path."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"path: {type(path).__name__}, expected a string or a Path")
    return Path(path)


def _target(path):
    """The file that is written: where a link leads, and no device, pipe or folder."""
    target = Path(os.path.realpath(_path(path)))
    if target.is_symlink() or (target.exists() and not target.is_file()):
        raise ValueError(f"path: {path} is no file, expected one, or none yet")
    if not target.parent.is_dir():
        raise FileNotFoundError(f"path: {path}, expected a folder {target.parent}")
    return target


def _write(file, flat):
    with ZipFile(file, "w") as archive:  # numpy.savez keeps two names for itself
        for name, a in flat.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, a, allow_pickle=False)


def _read(file, entry):
    """One entry: an array, or Python's own number or string."""
    with file.open(entry) as stored:
        a = np.lib.format.read_array(stored, allow_pickle=False)
    return a if a.ndim else a.item()


def _put(tree, names, value):
    *parents, name = names
    for parent in parents:
        tree = tree.setdefault(parent, {})
    if not isinstance(tree, dict) or name in tree:
        raise ValueError(f"{name}: there twice")
    tree[name] = value


def _flat(tree, prefix=""):
    """Names joined by "/" -> arrays."""
    if not isinstance(tree, dict):
        raise TypeError(f"tree: {type(tree).__name__}, expected a dict")
    flat = {}
    for name, value in tree.items():
        if not isinstance(name, str) or "/" in name or "\0" in name:
            raise ValueError(f'tree: name {name!r}, expected a string without "/"')
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}/")
        else:
            flat[prefix + name] = a = arguments.plain(prefix + name, value)
            if a.dtype.hasobject:
                raise TypeError(f"{prefix + name}: dtype {a.dtype}, expected numbers")
    return flat
