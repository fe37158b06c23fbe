"""What the API reference shows says what it takes and gives; derivations stay bare."""

import ast
import importlib
import sys
from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest

import bnbook
import bnbook.check as check
import bnbook.nn as nn
import notebooks
from bnbook.check import methods
from bnbook.graph import FAMILY, PATHS
from bnbook.nn import initializers, objective, trainer
from bnbook.nn import table as kinds
from bnbook.norm import conventions
from bnbook.show import drawing, tables
from common import no_faults
from page import api

BARE = {
    *("norm.textbook", "norm.family", "norm.rms_norm", "norm.statistics", "nn.layers",
      "nn.convolution", "nn.pooling", "nn.losses", "nn.dropout", "nn.noise",
      "cs231n.network",
      "cs231n.normalization"),  # derivations, to be read line by line
    *("check.adapters", "check.specimens.bases", "check.specimens.s0_s4"),  # specimens
    *("show.plots", "show.geometry"),  # over Matplotlib, whose own types do not fit
}


def public():
    """(module it is in, name) of every function and class in the API reference."""
    found = [getattr(importlib.import_module(module), name)
             for module, names in api.documented(notebooks.ROOT).items()
             for name in names]
    return sorted({(one.__module__, one.__name__) for one in found
                   if callable(one) and hasattr(one, "__name__")})


def source(module):
    """A module's text, or that of its stub, which type checkers read instead."""
    path = Path(sys.modules[module].__file__)
    stub = path.with_suffix(".pyi")
    return (stub if stub.exists() else path).read_text(encoding="utf-8")


def untyped(text, name):
    """The arguments and results without a type, of a function or a class's methods."""
    node = next(n for n in ast.parse(text).body if getattr(n, "name", None) == name)
    functions = [node] if isinstance(node, ast.FunctionDef) else [
        n for n in node.body if isinstance(n, ast.FunctionDef)
        and (n.name == "__init__" or not n.name.startswith("_"))]
    for function in functions:
        for one in ast.walk(function.args):
            if isinstance(one, ast.arg) and not one.annotation and one.arg != "self":
                yield f"{name}: {function.name}({one.arg})"
        if function.returns is None:
            yield f"{name}: what {function.name} returns"


def test_what_is_public_is_typed():
    no_faults((f"{module}.{fault}" for module, name in public()
               if module.removeprefix("bnbook.") not in BARE
               for fault in untyped(source(module), name)),
              "Write its type, or name the file in BARE if it is a derivation.")


def test_what_stays_bare_is_public_and_bare():
    found = {module.removeprefix("bnbook.") for module, name in public()
             if [*untyped(source(module), name)]}
    assert found == BARE


@pytest.mark.parametrize("text, fault", [
    ("def f(x: int, *, y) -> int: ...", "f: f(y)"),
    ("def f(*x: int, **y) -> int: ...", "f: f(y)"),
    ("def f(x: int): ...", "f: what f returns"),
    ("class f:\n    def __init__(self, x): ...", "f: __init__(x)"),
    ("class f:\n    def g(self) -> int: ...\n    def _h(self, x): ...", None)])
def test_the_guard_of_types_bites(text, fault):
    assert [*untyped(text, "f")][:1] == [fault][:fault is not None]


@pytest.mark.parametrize("package, home", [
    (bnbook, {"norm": ("BatchNorm",)}), (check, check.HOME)])
def test_the_stub_of_what_is_imported_late_has_the_same_names(package, home):
    found = {node.module.removeprefix(f"{package.__name__}."): node.names
             for node in ast.parse(source(package.__name__)).body
             if isinstance(node, ast.ImportFrom)}
    assert {module: {one.name for one in names} for module, names in found.items()} == {
        module: {*names} for module, names in home.items()}


@pytest.mark.parametrize("words, table", [
    (conventions.Framework, conventions.CONVENTIONS),
    (kinds.Activation, kinds.ACTIVATIONS),
    (initializers.Init, initializers.STD), (objective.Loss, nn.LOSSES),
    (trainer.Optimizer, nn.OPTIMIZERS), (drawing.PathName, PATHS),
    (drawing.Direction, drawing.KINDS), (tables.Member, FAMILY),
    (methods.MethodName, check.METHODS)])
def test_the_words_of_a_type_are_those_of_its_table(words, table):
    literals = words if get_origin(words) is Literal else next(
        one for one in get_args(words) if get_origin(one) is Literal)
    assert {*get_args(literals)} == {*table}


def test_a_type_checker_knows_that_the_package_has_types():
    assert (Path(bnbook.__file__).parent / "py.typed").exists()
