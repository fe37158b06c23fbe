"""A file appears whole or not at all, and one that is amiss is refused in one line."""

import io
import os
import shutil
import stat
import zipfile

import numpy as np
import pytest

from bnbook import nn
from common import assert_refused

OLD, NEW = {"a": 1}, {"a": np.arange(3.0), "b": {"c": 2}}


@pytest.fixture
def path(tmp_path):
    """A saved file, alone in its folder."""
    nn.save(tmp_path / "here.npz", OLD)
    return tmp_path / "here.npz"


def alone(path):
    return [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("broken", ["write_array", "fsync", "replace", "copymode"])
@pytest.mark.parametrize("error", [OSError(28, "No space left"), KeyboardInterrupt()])
def test_a_save_that_fails_leaves_the_old_file_and_nothing_beside_it(
        path, monkeypatch, broken, error):
    def fail(*args, **keywords):
        raise error

    module = {"write_array": np.lib.format, "copymode": shutil}.get(broken, os)
    with monkeypatch.context() as patched, pytest.raises(type(error)):
        patched.setattr(module, broken, fail)
        nn.save(path, NEW)
    assert nn.load(path) == OLD and alone(path)


def test_a_file_of_ones_own_beside_it_is_left(path):
    part = path.with_name("here.npz.part")
    part.write_text("mine")
    nn.save(path, NEW)
    assert part.read_text() == "mine"


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444])
def test_the_mode_is_kept(path, mode):
    path.chmod(mode)
    nn.save(path, NEW)
    assert stat.S_IMODE(path.stat().st_mode) == mode and alone(path)


def test_a_new_file_has_the_mode_of_any_other(path):
    other = path.with_name("other")
    other.touch()
    assert path.stat().st_mode == other.stat().st_mode


def test_a_link_stays_and_what_it_leads_to_is_replaced(path, tmp_path):
    link = tmp_path / "link.npz"
    link.symlink_to("here.npz")
    nn.save(link, NEW)
    assert link.is_symlink() and nn.load(path)["b"] == {"c": 2}


def test_a_link_to_nothing_yet_leads_to_the_file(tmp_path):
    link = tmp_path / "link.npz"
    link.symlink_to("there.npz")
    nn.save(link, NEW)
    assert link.is_symlink() and nn.load(tmp_path / "there.npz")["b"] == {"c": 2}


def folder(path):
    path.mkdir()


def loop(path):
    path.symlink_to(path.name)


@pytest.mark.parametrize("make", [folder, os.mkfifo, loop], ids=lambda f: f.__name__)
def test_what_is_no_file_is_refused(tmp_path, make):
    target = tmp_path / "target"
    make(target)
    kind = target.lstat().st_mode
    assert_refused(ValueError, f"path: {target} is no file",
                   lambda: nn.save(target, NEW))
    assert target.lstat().st_mode == kind and alone(target)


@pytest.mark.parametrize("given", [None, 3, b"a.npz", ["a"]])
@pytest.mark.parametrize("call", [nn.load, lambda path: nn.save(path, NEW)])
def test_a_path_is_a_string_or_a_path(given, call):
    assert_refused(TypeError, f"path: {type(given).__name__}", lambda: call(given))


def test_a_folder_that_is_not_there_is_named(tmp_path):
    assert_refused(FileNotFoundError, f"path: {tmp_path}/no/a.npz",
                   lambda: nn.save(tmp_path / "no" / "a.npz", NEW))


@pytest.mark.parametrize("tree", [None, [1], "a", 3])
def test_a_tree_is_a_dict(tree, path):
    assert_refused(TypeError, "tree: ", lambda: nn.save(path, tree))
    assert nn.load(path) == OLD


def zipped(**entries):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


def stored(array, **options):
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asanyarray(array), **options)
    return file.getvalue()


MALFORMED = {
    "empty": b"", "random": np.random.default_rng(0).bytes(300), "an npy": stored([1]),
    "text": b"PK\3\4 no archive", "zip of text": zipped(a="text"),
    "pickle": zipped(**{"a.npy": stored([None], allow_pickle=True)}),
    "short array": zipped(**{"a.npy": stored(np.ones(9))[:-8]}),
    "giant array": zipped(**{"a.npy": stored(np.ones(9)).replace(
        b"(9,)", b"(9" + b"0" * 15 + b",)")}),
    "one name below itself": zipped(**{"a.npy": stored([1]), "a/b.npy": stored([1])}),
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_a_file_that_save_did_not_write_is_named(path, kind):
    path.write_bytes(MALFORMED[kind])
    assert_refused(ValueError, f"path: {path}, expected a file that save wrote",
                   lambda: nn.load(path))


def test_a_file_cut_or_changed_anywhere_is_refused_or_whole(path):
    nn.save(path, NEW)
    whole, rng = path.read_bytes(), np.random.default_rng(1)
    for cut in range(0, len(whole), 7):
        path.write_bytes(whole[:cut])
        assert_refused(ValueError, f"path: {path}, ", lambda: nn.load(path))
    for place in rng.integers(len(whole), size=200):
        changed = bytearray(whole)
        changed[place] ^= rng.integers(1, 256)
        path.write_bytes(changed)
        try:
            tree = nn.load(path)
        except ValueError as error:
            assert str(error).startswith(f"path: {path}, ") and "\n" not in str(error)
        else:  # a name, a time or an attribute of the archive
            assert {str(v) for v in tree.values()} >= {"[0. 1. 2.]"}


def test_names_that_are_not_there_are_pythons_own_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="none"):
        nn.load(tmp_path / "none.npz")
