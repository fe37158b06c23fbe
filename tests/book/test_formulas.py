r"""The displayed equations of chapters 3 to 5, 8 and the derivation say what is true.

Each is read back from its LaTeX and evaluated. Where it says what one step sends, all
that it reads is random, and the graph's backward pass is evaluated beside it; where it
says more, its values are those of a run. Any one symbol changed must be noticed.
"""

import re
from functools import cache
from itertools import pairwise, product
from operator import add, mul, sub

import nbformat
import numpy as np
import pytest

import latex
import notebooks
from bnbook.graph import (
    BATCH_NORM,
    OPS,
    RMS_NORM,
    Step,
    closed_form,
    gradient,
    parse,
    paths,
    run,
)
from bnbook.graph.expressions import expression, filled
from bnbook.show import form_tex, gradient_tex, message_tex, terms_tex

CHAPTERS = ("03-messages", "04-ten-nodes", "05-one-line", "08-backward-graph",
            "derivation")
BLOCK = re.compile(r"^\$\$\n(.*?)\n\$\$(?: \((eq-[\w-]+)\))?$", re.S | re.M)
PLACEHOLDERS = re.compile(r"\{\{ .+? \}\}(, \\quad| \\\\)?|\\(begin|end)\{aligned\}")
CLOSE = {"rtol": 1e-9, "atol": 1e-9}  # of values near 1; a fault is off by far more
ARROW = r"\leftarrow"
SMALL = parse("mu = mean(x)\nxmu = x - mu\ny = x * xmu")


def displays(text):
    """label -> LaTeX of the displayed equations in a text."""
    return {label: tex for tex, label in BLOCK.findall(text)}


def source(chapter):
    return (notebooks.SOURCES / f"{chapter}.md").read_text(encoding="utf-8")


@cache
def shown():
    """label -> (chapter, LaTeX in its source, LaTeX that a reader sees)."""
    found = {}
    for chapter in CHAPTERS:
        path = notebooks.notebook_path(notebooks.SOURCES / f"{chapter}.md")
        cells = nbformat.read(path, as_version=4).cells
        made = displays("\n\n".join(c.source for c in cells if c.cell_type != "code"))
        found |= {label: (chapter, tex, made.get(label, tex) if "{{" in tex else tex)
                  for label, tex in displays(source(chapter)).items()}
    return found


# Runs, and what their values are called


def traced(graph=BATCH_NORM, axes=0):
    rng = np.random.default_rng(7)
    given = {"x": rng.normal(size=(5, 3)), "gamma": rng.normal(size=3),
             "beta": rng.normal(size=3), "eps": 0.3, "mu": rng.normal(size=(1, 3))}
    read = {n for step in graph for n in step.inputs} - {step.name for step in graph}
    return run(graph, {n: given[n] for n in read}, rng.normal(size=(5, 3)), axes=axes)


def moved(trace, name, at):
    """How y moves with one entry of a value that the graph reads."""
    read = {n: trace.values[n] for n in ("x", "gamma", "beta", "eps")}
    read[name] = read[name].astype(complex)
    read[name][at] += 1e-100j
    return run(trace.graph, read).values["y"].imag / 1e-100


def gradients(trace):
    return {f"d{name}": grad for name, grad in trace.grads.items()}


def named(trace):
    """name -> array of a run, one name for each value: dgx is dy, dvar is dvareps."""
    found = {"m": len(trace.values["x"])}
    for name, a in (trace.values | gradients(trace)).items():
        if not any(np.shape(a) == np.shape(b) and np.allclose(a, b)
                   for b in found.values()):
            found[name] = a
    return found


def column(trace, j=1):
    """One column of a run: its arrays as columns, its statistics as numbers."""
    found = {n: np.asarray(a) for n, a in named(trace).items()}
    return {n: a[:, [j]] if a.size == 15 else a.ravel()[j] if a.size == 3 else a
            for n, a in found.items()}


# What the equations are held to: each an environment, or one for each equals sign


def whole_run():
    return named(traced())


def chain():
    """y = a · b, where a is read a second time."""
    rng = np.random.default_rng(8)
    trace = run(parse("y = a * b\nz = a * y"), {n: rng.normal(size=4) for n in "ab"},
                rng.normal(size=4))
    a, b = trace.values["a"], trace.values["b"]
    message = next(sent for sent in trace.into("a") if sent.step == "y")
    local = OPS["multiply"].forward(0, a + 1e-100j, b).imag / 1e-100
    return {**trace.values, **gradients(trace), "sent": {"da": message.gradient},
            "partial": {("y", "a"): local}}


def uses():
    """a is read three times."""
    trace = run(parse("s = a * a\nt = s * a"), {"a": np.array([2.0, 3.0])}, np.ones(2))
    messages = [{"message": sent.gradient} for sent in trace.into("a")]
    return {"a": trace.values["a"], **gradients(trace), "uses of a": messages}


def copied():
    """b is copied to the rows of y = x + b."""
    rng = np.random.default_rng(9)
    x, b, g = rng.normal(size=(5, 3)), rng.normal(size=3), rng.normal(size=(5, 3))
    trace = run((Step("y", "add", ("x", "b")),), {"x": x, "b": b}, g)
    return {**trace.values, "m": 5, "db": trace.grads["b"], "g": g,
            "letters": {"i": 5, "j": 3}}


def averaged():
    trace = traced(SMALL)
    message = next(sent for sent in trace.into("x") if sent.step == "mu")
    return {**trace.values, "m": 5, "dx": trace.grads["x"],
            "dmu": trace.grads["mu"][0], "sent": {"dx": message.gradient},
            "letters": {"i": 5, "j": 3}}


def every_row():
    """One column, and how each of its y moves with each of its x."""
    trace = traced()
    J = np.transpose([moved(trace, "x", (k, 1))[:, 1] for k in range(5)])
    flat = {n: np.ravel(a) if np.size(a) == 5 else a for n, a in column(trace).items()}
    return flat | {"partial": {("y", "x"): J}, "letters": {"k": 5}}


def quotient():
    """One column, and how its xmu, std and xhat move with each of its x."""
    trace = traced()
    read = {n: trace.values[n] for n in ("x", "gamma", "beta", "eps")}
    unit = 1e-100j * np.eye(5)[:, :, None] * np.array([0.0, 1.0, 0.0])
    runs = [run(trace.graph, read | {"x": read["x"] + row}).values for row in unit]
    J = {(n, "x"): np.transpose([v[n].imag[:, 1] / 1e-100 for v in runs])
         for n in ("xmu", "std", "xhat")}
    J["std", "x"] = J["std", "x"][0]
    flat = {n: np.ravel(a) if np.size(a) == 5 else a for n, a in column(trace).items()}
    return flat | {"partial": J, "letters": {"i": 5, "k": 5}}


def alike(op):
    """An op that copies nothing."""
    def strict(a, b):
        if np.shape(a) != np.shape(b):
            raise ValueError(f"{op.__name__} of {np.shape(a)} and {np.shape(b)}")
        return op(a, b)
    return strict


MATRIX = {add: alike(add), sub: alike(sub),
          mul: lambda a, b: a @ b if np.ndim(a) and np.ndim(b) else a * b}


def matrices():
    """One column, as matrices. P is how dx follows dy, but for the scale."""
    trace = traced()
    scale = trace.values["gamma"][1] * trace.values["ivar"][0, 1]
    units = np.eye(5)[:, :, None] * np.array([0.0, 1.0, 0.0])
    P = np.transpose([trace.backward(unit).grads["x"][:, 1] for unit in units]) / scale
    left = trace.grads["x"][:, [1]] / scale
    return column(trace) | {"one": np.ones((5, 1)), "I": np.eye(5), "P": P,
                            "left": left, "rules": MATRIX}


def off_centre():
    """A run in which the mean is an input, so that xhat does not add up to 0."""
    return traced(BATCH_NORM[1:])


def four_terms():
    trace = off_centre()
    dxmu, dmu = trace.grads["xmu"], trace.grads["mu"]
    return named(trace) | {"dx": dxmu + dmu / len(dxmu)}


def by_mean():
    found = []
    for trace in (off_centre(), off_centre(), traced()):
        xhat, dxhat = trace.values["xhat"], trace.grads["xhat"]
        const = -trace.values["ivar"] * (dxhat * xhat).mean(axis=0)
        by_variance = next(sent for sent in trace.into("xmu") if sent.step == "sq")
        np.testing.assert_allclose(const * xhat, by_variance.gradient, rtol=1e-9)
        found.append(named(trace) | {"const": const})
    return found


def three_paths():
    trace = traced()
    return named(trace) | {
        way if way == "straight" else f"by {way}": part
        for way, part in paths(trace).items()}


def slope(name, f):
    at = np.array([0.7, 1.9])
    return {name: at, "slope": f(at + 1e-100j).imag / 1e-100}


def variance():
    env = whole_run()
    return env | {"dvar": env.pop("dvareps")}


def in_every_row():
    env = matrices()
    dy, xhat = env["dy"], env["xhat"]
    return env | {"means": np.full((5, 1), dy.mean()),
                  "shares": xhat * (dy * xhat).mean()}


def over_rows():
    """Layer norm's run and RMS norm's, each row as a column."""
    return [{n: np.atleast_2d(a).T for n, a in named(traced(graph, axes=1)).items()}
            for graph in (BATCH_NORM, RMS_NORM)]


def transposes():
    """Random arrays, and the ops of the table that copy or add up along the rows."""
    rng = np.random.default_rng(12)
    a, b = rng.normal(size=(5, 3)), rng.normal(size=(1, 3))
    like = {"spread": a, "copy": a, "sum": b}
    ops = {op: lambda value, op=op: OPS[op].forward(0, np.asarray(value), like[op])
           for op in like}
    np.testing.assert_array_equal(OPS["mean"].forward(0, a), a.mean(0, keepdims=True))
    return {"a": a, "b": b, **ops, "rules": {mul: alike(mul), np.sum: np.sum}}


def hessian():
    """A run as vectors: H by the complex step of dx, what it is held to by the graph.

    Q is how the loss moves along v, by the complex step of y.
    """
    trace = traced()
    given = {n: trace.values[n] for n in ("x", "gamma", "beta", "eps")}
    dy, v = trace.grads["y"], np.random.default_rng(13).normal(size=(5, 3))
    first = gradient(BATCH_NORM, ["x"], given)
    given["dy"] = dy

    def along(step, name):
        return run(first, given | {"x": given["x"] + 1e-100j * step}).values[name].imag

    def sent_back(upstream):
        back = gradient(first, ["x"], given, of="dx", upstream=upstream, prefix="h")
        read = given | ({"v": v} if upstream == "v" else {})
        return run(back, read).values["hx"].ravel()

    units = np.eye(15).reshape(15, 5, 3)
    dx = trace.grads["x"]
    return {"x": given["x"].ravel(), "dy": dy.ravel(), "v": v.ravel(), "dx": dx.ravel(),
            "H": np.transpose([along(unit, "dx").ravel() / 1e-100 for unit in units]),
            "Q": (dy * along(v, "y")).sum() / 1e-100, "R": np.vdot(dx, dx) / 2,
            "partial": {("Q", "x"): sent_back("v"), ("R", "x"): sent_back("dx")},
            "rules": {mul: by_matrix, np.sum: np.sum}}


def by_matrix(a, b):
    return a @ b if (np.ndim(a), np.ndim(b)) == (2, 1) else alike(mul)(a, b)


HELD = {
    "eq-chain": chain, "eq-sum": uses, "eq-broadcast": copied, "eq-mean-vjp": averaged,
    "eq-every-row": every_row, "eq-quotient": quotient,
    "eq-dvar-whole": variance, "eq-straight": whole_run, "eq-by-variance": variance,
    "eq-by-mean": by_mean, "eq-four-terms": four_terms, "eq-closed-form": whole_run,
    "eq-matrix-form": matrices, "eq-what-is-left": matrices,
    "eq-derivation-closed": whole_run, "eq-derivation-paths": three_paths,
    "eq-family-lines": over_rows, "eq-transpose": transposes, "eq-hvp": hessian,
    "eq-penalty": hessian,
}
NO_DERIVATIVE = {
    "eq-length-kept": "how much of a random dy is left; the table below it measures it",
    "eq-longer-graph": "what `gradient` reads and makes; the listing below it shows it",
}
SENT = [label for label in shown() if label not in {*HELD, *NO_DERIVATIVE}]

# In the prose: the formula, the statement with it at the @, and the environment.
INLINE = [
    ("03-messages", r"\sum x\,(x - \mu) = \sum (x - \mu)^2", "@",
     lambda: {n: a for n, a in traced(SMALL).values.items() if n != "xmu"}),
    ("04-ten-nodes", r"-1/a^2", r"\mathit{slope} = @",
     lambda: slope("a", np.reciprocal)),
    ("04-ten-nodes", r"1/(2\sqrt{a})", r"\mathit{slope} = @",
     lambda: slope("a", np.sqrt)),
    ("05-one-line", r"d\hat{x} = \gamma\,dy", "@", whole_run),
    ("05-one-line", r"\mathit{xmu}\cdot\mathit{ivar} = \hat{x}", "@", whole_run),
    ("05-one-line", r"\mathbf{1}\mathbf{1}^\top dy / m", r"\mathit{means} = @",
     in_every_row),
    ("05-one-line", r"\hat{x}\hat{x}^\top dy / m", r"\mathit{shares} = @",
     in_every_row),
    ("05-one-line",
     r"\hat{x}^\top\hat{x} = m\,\mathit{var}/(\mathit{var}+\epsilon)", "@", matrices),
    ("05-one-line", r"\epsilon/(\mathit{var}+\epsilon)", r"P\hat{x} = @ \hat{x}",
     matrices),
]


def same(a, b):
    np.testing.assert_allclose(*np.broadcast_arrays(a, b), **CLOSE)


def holds(read, envs):
    """Each statement's members are equal, each sign in its own environment."""
    left = list(envs)
    for members in latex.statements(read):
        assert len(members) > 1, "an expression, expected a statement"
        for (_, before), (sign, member) in pairwise(members):
            env = left.pop(0) if len(left) > 1 else left[0]
            sent = env.get("sent", {}) if sign == ARROW else {}
            letters = env.get("letters", {})
            for at in product(*map(range, letters.values())):
                bound = env | dict(zip(letters, at))
                a, b = latex.value(before, bound | sent), latex.value(member, bound)
                same(a, b)
                assert "rules" not in env or np.size(a) == np.size(b)


def freely(trace):
    """(name -> random array, what each step of the backward pass makes of them)"""
    rng = np.random.default_rng(11)
    free = {name: rng.normal(size=np.shape(a))
            for name, a in (trace.values | gradients(trace)).items()}
    made = {}
    for step in trace.back:
        reads = [np.array(float(i)) if i[0].isdigit() else {**made, **free}[i]
                 for i in step.inputs]
        made[step.name] = trace.ops[step.op].forward(trace.axes, *reads)
    return free | {"m": len(trace.values["x"])}, made


def sends(read, trace, free, made):
    """Each statement is what the graph sends, whatever the values that it reads."""
    for (_, [name]), (sign, member) in latex.statements(read):
        value, name = latex.value(member, free), latex.word(name)
        messages = [m.name for m in trace.messages if f"d{m.input}" == name]
        if sign == "=":
            same(value, made[name])
        else:
            assert len(messages) > 1 and any(
                np.allclose(value, made[m], **CLOSE) for m in messages)


def held_to(make):
    """(a check of tokens, the names that a fault may put in)"""
    envs = made if isinstance(made := make(), list) else [made]
    names = {n: a for env in reversed(envs) for n, a in env.items()
             if isinstance(a, int | float | np.ndarray)}
    return lambda read: holds(read, envs), list(names)


def checked(label):
    """(a check of tokens, the equation's tokens, the names that a fault may put in)"""
    chapter, _, tex = shown()[label]
    if label in HELD:
        check, names = held_to(HELD[label])
        return check, latex.tokens(tex), names
    trace = traced(SMALL if chapter == "03-messages" else BATCH_NORM)
    free, made = freely(trace)
    return lambda read: sends(read, trace, free, made), latex.tokens(tex), list(free)


def unnoticed(check, read, names):
    """(how many faults were planted, those that the check let pass)"""
    planted, passed = 0, []
    for fault in latex.faults(read, names):
        planted += 1
        try:
            with np.errstate(all="ignore"):
                check(fault)
        except (AssertionError, ValueError, LookupError, TypeError):
            continue
        passed.append(" ".join(fault))
    return planted, passed


def test_every_displayed_equation_is_filled_in_or_held():
    for chapter in CHAPTERS:
        blocks = BLOCK.findall(source(chapter))
        assert source(chapter).count("$$") == 2 * len(blocks), "not on lines of its own"
        assert all(label for _, label in blocks), "a display without a label"
    assert {*HELD, *NO_DERIVATIVE} <= set(shown())


@pytest.mark.parametrize("label", SENT)
def test_what_a_step_sends_is_filled_in_whole(label):
    assert PLACEHOLDERS.sub("", shown()[label][1]).split() == []


@pytest.mark.parametrize("label", [*HELD, *SENT])
def test_a_displayed_equation_is_true(label):
    check, read, _ = checked(label)
    check(read)


@pytest.mark.parametrize("label", [*HELD, *SENT])
def test_a_displayed_equation_with_one_symbol_changed_is_not(label):
    planted, passed = unnoticed(*checked(label))
    assert planted > 10 and passed == []


@pytest.mark.parametrize("chapter, tex, statement, make", INLINE,
                         ids=[f"{case[0][:2]} {case[1]}" for case in INLINE])
def test_a_formula_in_the_prose_is_true_and_not_with_one_symbol_changed(
        chapter, tex, statement, make):
    assert f"${tex}$" in " ".join(source(chapter).split())
    check, names = held_to(make)
    before, after = map(latex.tokens, statement.split("@"))

    def within(read):
        check([*before, *read, *after])

    within(latex.tokens(tex))
    others = [n for n in names if n not in map(latex.word, [*before, *after])]
    planted, passed = unnoticed(within, latex.tokens(tex), others)
    assert planted > 3 and passed == []


def test_the_rule_that_chapter_3_quotes_is_the_tables():
    assert "so the message to `a` is `g * b`" in " ".join(source("03-messages").split())
    rule, _ = OPS["multiply"].rules
    assert filled(rule, {}, copied=False) == expression("g * b")


def test_terms_a_line_each_are_the_form():
    for change in closed_form(traced()):
        tex = terms_tex(traced(), change.tree)
        assert latex.tokens(tex) == latex.tokens(form_tex(traced(), change.tree))
    assert tex.count(r"\\") == 0  # the last is one product
    assert len(latex.statements(latex.tokens(tex))) == 1


def test_a_number_stands_close_to_its_name_and_an_arrow_may_be_aligned():
    ran = traced()
    assert gradient_tex(ran, "vareps").endswith(r"{2\,\mathit{std}}")
    assert message_tex(ran, "xmu", "x", "&") == r"dx &\leftarrow d\mathit{xmu}"
