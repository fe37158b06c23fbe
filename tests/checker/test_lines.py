"""The line that is quoted is the one at which a fault was planted, and no other."""

import functools
import importlib.util
import sys

import numpy as np
import pytest
from planted_lines import CLOSED, COLUMNS, PROGRAMS, STAGED

from bnbook.check import diagnose
from bnbook.check.diagnosis.calls import Broke, attempt
from bnbook.check.lines.watching import Watch

# Two lines can have made these: none is quoted.
NOT_QUOTED = {"    g_x = g_centred + g_m", "    scaled = gamma * (normal + beta)"}
PLANTED = [(name, old, new) for name, (_, _, faults) in PROGRAMS.items()
           for old, new in faults]


@pytest.fixture
def loaded(tmp_path, request):
    """A program of `planted_lines` as a file of its own, with lines exchanged."""
    def load(name, *exchanged):
        text, names, _ = PROGRAMS[name]
        for old, new in exchanged:
            assert text.count(f"{old}\n") == 1
            text = text.replace(f"{old}\n", f"{new}\n")
        path = tmp_path / "mine.py"
        path.write_text(text, encoding="utf-8")
        return [getattr(module_of(path), n) for n in names]

    return load


def module_of(path):
    spec = importlib.util.spec_from_file_location("mine", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def number_of(name, old):
    """The number of a line, or of the first line of the statement that it is in."""
    lines = PROGRAMS[name][0].split("\n")
    inside = old.startswith("              +")
    return lines.index("        dx = (dh / self.s" if inside else old) + 1


def quoted(diagnosis):
    return {f.line.number for f in diagnosis.faults if f.line}


@pytest.mark.parametrize("name, old, new", PLANTED)
def test_the_line_of_a_fault_is_quoted_and_no_other(loaded, name, old, new):
    found = diagnose(*loaded(name, (old, new)))
    assert not found.right
    assert quoted(found) == (set() if new in NOT_QUOTED else {number_of(name, old)})
    for line in (f.line for f in found.faults if f.line):
        assert line.file == "mine.py"
        assert line.has != line.should or not line.has or "return" in new
        assert line.source in f"{old}\n{new}\n{COLUMNS}"


@pytest.mark.parametrize("name", PROGRAMS)
def test_right_code_gets_no_line(loaded, name):
    found = diagnose(*loaded(name))
    assert found.right and not any(f.line for f in found.findings)


SECOND = [
    (("    g_gamma = np.sum(upstream * normal, axis=0)",
      "    g_gamma = np.sum(upstream, axis=0)"),
     ("    g_squares = np.ones_like(upstream) * g_v / n",
      "    g_squares = np.ones_like(upstream) * g_v / (n - 1)")),
    (("    sd = np.sqrt(v + eps)", "    sd = np.sqrt(v) + eps"),
     ("    g_inv = np.sum(g_normal * centred, axis=0)",
      "    g_inv = np.sum(upstream * centred, axis=0)")),
    (("    g_c1 = g_normal * inv", "    g_c1 = g_normal"),
     ("    g_inv = np.sum(g_normal * centred, axis=0)",
      "    g_inv = np.sum(upstream * centred, axis=0)")),
    (("    g_v = 0.5 * g_sd / sd", "    g_v = 0.5 * g_sd * sd"),
     ("    g_normal = upstream * gamma", "    g_normal = upstream"))]


@pytest.mark.parametrize("faults", SECOND)
def test_a_second_fault_beside_it_gets_its_own_line(loaded, faults):
    found = diagnose(*loaded("staged", *faults))
    assert quoted(found) == {number_of("staged", old) for old, _ in faults}


SIGN = ("    g_sd = -g_inv / sd ** 2", "    g_sd = g_inv / sd ** 2")


def test_a_finding_says_what_the_line_has_and_what_it_needs(loaded):
    found = diagnose(*loaded("staged", SIGN))
    (fault,) = found.faults
    assert fault.line.node == "dstd" and fault.line.source == SIGN[1].strip()
    assert "−" not in fault.line.has and fault.line.should == f"−{fault.line.has}"
    first, second = next((a, b) for a, b in zip(
        repr(found).split("\n"), repr(found).split("\n")[1:]) if a.startswith("✗"))
    number = number_of("staged", SIGN[0])
    assert first == f"✗ mine.py:{number}  {SIGN[1].strip()}"
    assert second.endswith(f": has {fault.line.has}, needs {fault.line.should}")
    assert f"<mark>{SIGN[1].strip()}</mark>" in found._repr_html_()


def test_a_decorated_function_is_followed(loaded):
    forward, backward = loaded("staged", SIGN)
    wrapped = functools.wraps(backward)(
        lambda *args, **named: backward(*args, **named))
    assert quoted(diagnose(forward, wrapped)) == {number_of("staged", SIGN[0])}


def test_code_without_a_source_file_gets_no_line():
    names = {}
    exec(STAGED.replace(*SIGN), names)
    found = diagnose(names["forward"], names["backward"])
    assert found.faults and not quoted(found)


def test_an_array_that_nobody_can_know_does_not_make_the_next_line_at_fault(tmp_path):
    path = tmp_path / "mine.py"
    old = "(n * dout - dbeta - xh * dgamma)"
    assert old in CLOSED
    start = "    dx = gamma / n / np.sqrt(x.var(0) + eps) * "
    path.write_text(CLOSED.replace(f"{start}{old}", """\
    t = n * dout - 3 * dbeta * xh.max(0) - xh * dgamma
    dx = gamma / n / np.sqrt(x.var(0) + eps) * t"""))
    module = module_of(path)
    found = diagnose(module.bn_forward, module.bn_backward)
    assert found.faults and quoted(found) <= {17}


def test_the_callers_tracing_is_on_again_after_an_exception_too():
    def mine(frame, event, arg):
        return None

    def raises():
        raise Broke("no")

    before = sys.gettrace()
    sys.settrace(mine)
    try:
        with Watch():
            pass
        inside = sys.gettrace()
        with pytest.raises(Broke, match="no"), Watch():
            raises()
        after = sys.gettrace()
    finally:
        sys.settrace(before)
    assert inside is mine and after is mine


def test_every_array_has_the_line_that_made_it(loaded):
    forward = loaded("staged")[0]
    x = np.arange(6.0).reshape(3, 2)
    watch = Watch()
    with watch:
        attempt(forward, x, np.ones(2), np.ones(2))
    made = watch.made
    assert [m.name for m in made[:3]] == ["m", "centred", "squares"]
    assert [m.place.number for m in made[:3]] == [5, 6, 7]
    np.testing.assert_array_equal(made[0].value, x.mean(0))
    assert made[0].place.source == "m = x.mean(axis=0)"
