"""What the command was given, as submissions: files, modules, notebooks, folders."""

from pathlib import Path
from typing import NamedTuple

ENDINGS = (".py", ".ipynb")


class Submission(NamedTuple):
    """One thing to diagnose: its name, the file or module, what is asked for in it."""

    name: str
    place: str
    names: tuple[str, ...] = ()


def submissions(given):
    """A submission for each that was given; of a folder, one for each file in it."""
    found = [one for text in given for one in (
        _in_folder(Path(text)) if Path(text).is_dir() else [_one(text)])]
    return list(dict.fromkeys(found))


def _one(text):
    """`module`, `module:name,name`, `path/file.py` or `path/file.py:Name`."""
    place, _, names = text.rpartition(":")
    if not place or not names or set(names) & set("/\\"):
        place, names = text.removesuffix(":"), ""
    if Path(place).suffix in ENDINGS and not Path(place).is_file():
        raise ValueError(f"target: there is no file {place!r}, expected a file, a "
                         "folder of them, or a module")
    return Submission(text, place, tuple(n.strip() for n in names.split(",") if n))


def _in_folder(folder):
    """Every .py and .ipynb below it, but for what is hidden or begins with _."""
    found = [path for path in sorted(folder.rglob("*"))
             if path.suffix in ENDINGS and path.is_file()
             and not any(part[0] in "._" for part in path.relative_to(folder).parts)]
    if not found:
        raise ValueError(f"target: the folder {str(folder)!r} holds no submission, "
                         "expected .py or .ipynb files in it")
    return [Submission(str(path), str(path)) for path in found]
