"""From a backward pass to the closed form of a gradient, by rules that have names.

The gradient is written as a sum of products; each rule says what some factor of it is.
What each rule gave is kept as an expression of the op table, so that it can be printed,
run and compared.
"""

from fractions import Fraction
from functools import partial
from typing import NamedTuple

from bnbook.graph.arguments import choice
from bnbook.graph.products import (
    MINUS,
    as_tree,
    factor,
    plus,
    power,
    rewritten,
    series,
    shared,
    times,
)
from bnbook.graph.ran import ran
from bnbook.graph.trace import Trace
from bnbook.graph.types import Tree

M = "m"  # how many values have one mean
ARITHMETIC = {
    "add": plus, "subtract": lambda a, b: plus(a, times(MINUS, b)), "multiply": times,
    "divide": lambda a, b: times(a, power(b, -1)), "square": lambda a: power(a, 2),
    "reciprocal": lambda a: power(a, -1), "negate": lambda a: times(MINUS, a),
    "same": lambda a: a, "copy": lambda a, b: a, "sum": lambda a, b: series("sum", a),
    "spread": lambda a, b: times(a, factor(M, -1)),
}


class Change(NamedTuple):
    """What one rule did: its name, what it says, and the gradient after it, a tree."""

    rule: str
    says: str
    tree: Tree


class Facts(NamedTuple):
    """What is known of a graph: normal = centred · inverse, and inverse = 1 / scale.

    has_mean: whether the centred value had its mean subtracted. varies: the names that
    vary where a mean goes over.
    """

    normal: str
    centred: str
    inverse: str
    scale: str
    has_mean: bool
    varies: frozenset[str]


def closed_form(trace: Trace, name: str = "x") -> tuple[Change, ...]:
    """The gradient by one value, rule by rule, down to its shortest form: Changes.

    trace: a run with an upstream gradient, of a graph in which a value is normalized:
    multiplied by a reciprocal, as in xhat = xmu · ivar. *substitute* puts each step in
    the place of its name; *pair* writes xmu and std by xhat and ivar; *recognize* finds
    the means; *take out* leaves in a mean what varies along it; *centre* drops a mean
    of deviations; *factor* puts outside what all terms share. A rule that changes
    nothing is left out. To run a tree, give it the trace's values, its upstream
    gradient, and m, the count of a mean. ValueError for a graph that does not fit.
    """
    facts = facts_of(trace)
    choice("name", name, trace.grads)
    form = substituted(trace.back, f"d{name}", partial(_goes_over_means, trace, facts))
    names = [*trace.sums, *trace.values]

    def order(one):
        if not isinstance(one, str):
            return 2, 0
        return one in facts.varies, names.index(one) if one in names else -1

    def tree(form):
        return as_tree(form, order, facts.inverse)

    changes = [Change("substitute", "each step stands in the place of its name",
                      tree(form))]
    for rule, says, *rewrite in _rules(facts):
        before, form = form, rewritten(form, *rewrite)
        if form != before:
            changes.append(Change(rule, says, tree(form)))
    common, rest = shared(form) if len(form) > 1 else ((), form)
    if common:
        changes.append(Change("factor", "what all terms share stands outside", (
            "multiply", tree({common: Fraction(1)}), tree(rest))))
    return tuple(changes)


def facts_of(trace):
    """The Facts of a trace; ValueError if nothing is normalized in it."""
    made = {step.name: step for step in ran(trace, backward=False).graph}
    found = [(step.name, a, b) for step in trace.graph if step.op == "multiply"
             for a, b in (step.inputs, step.inputs[::-1])
             if b in made and made[b].op == "reciprocal"]
    if not found or not trace.back:
        raise ValueError("trace: expected an upstream gradient and a normalized value, "
                         "such as xhat = xmu · ivar with ivar = 1 / std")
    if M in trace.values:
        raise ValueError(f"{M}: a name of the graph, expected another; it is a count")
    normal, centred, inverse = found[0]
    step = made.get(centred)
    means = [s.name for s in trace.graph if step and s[1:] == ("mean", step.inputs[:1])]
    has_mean = bool(step) and step.op == "subtract" and step.inputs[1] in means
    arrays = trace.values | trace.sums
    rank = max(a.ndim for a in arrays.values())
    axes = (trace.axes,) if isinstance(trace.axes, int) else trace.axes
    varies = frozenset(n for n, a in arrays.items() if any(
        ((1,) * (rank - a.ndim) + a.shape)[axis] > 1 for axis in axes))
    return Facts(normal, centred, inverse, made[inverse].inputs[0], has_mean, varies)


def _goes_over_means(trace, facts, step):
    """ValueError if a sum goes over other axes than the means: m is not its count."""
    a, b = (trace.values.get(i, trace.sums.get(i)).size for i in step.inputs)
    centred, inverse = (trace.values[n].size for n in (facts.centred, facts.inverse))
    if a * inverse != b * centred:
        raise ValueError(f"{step.name}: a sum of {a // b} values, expected {M} = "
                         f"{centred // inverse}, the count of a mean")


def substituted(steps, name, check=lambda step: None):
    """The sum of products that some steps make of what they read. check(a sum's step).
    """
    made, forms = {step.name: step for step in steps}, {}

    def form(name):
        if name not in forms:
            forms[name] = _made(made[name], form, check) if name in made else (
                factor(name))
        return {(): Fraction(name)} if name[0].isdigit() else forms[name]

    return form(name)


def _made(step, form, check):
    if step.op not in ARITHMETIC:
        raise ValueError(f"{step.name}: made by {step.op}, expected arithmetic")
    if step.op == "sum":
        check(step)
    return ARITHMETIC[step.op](*map(form, step.inputs))


def _rules(f):
    """(name, what it says, what stands for a name, what for a series) of each rule."""
    known = {f.scale: factor(f.inverse, -1),
             f.centred: times(factor(f.normal), factor(f.inverse, -1))}

    def constant(one):
        return not isinstance(one, str) or one not in f.varies

    def means(kind, form):
        return times(factor(M), series("mean", form))

    def taken_out(kind, form):
        return plus(*(_taken_out(product, number, constant)
                      for product, number in form.items()))

    def centred(kind, form):
        return series(kind, {product: number for product, number in form.items()
                             if not (f.has_mean and product == ((f.normal, 1),))})

    return (
        ("pair", f"{f.centred} is {f.normal} / {f.inverse}, {f.scale} is 1 / "
         f"{f.inverse}", lambda name: known.get(name) or factor(name)),
        ("recognize", f"a sum over {M} is a mean", factor, means),
        ("take out", "what is constant along a mean leaves it", factor, taken_out),
        ("centre", f"the mean of {f.normal} is 0", factor, centred),
    )


def _taken_out(product, number, constant):
    inside = tuple(part for part in product if not constant(part[0]))
    outside = tuple(part for part in product if constant(part[0]))
    mean = series("mean", {inside: number}) if inside else {(): number}
    return times({outside: Fraction(1)}, mean)
