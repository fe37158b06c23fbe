"""The pairs and layers that a module holds, and which kind each of them is."""

import inspect
import re

from bnbook.check.diagnosis.calls import Broke, asks_for, attempt
from bnbook.check.kinds.dropout import DROPOUT
from bnbook.check.kinds.observe import reading
from bnbook.check.kinds.table import KINDS
from bnbook.check.kinds.wrong import PARTS
from bnbook.check.reading.layers import (
    ACCEPTED,
    is_backward,
    is_forward,
    looks_like_layer,
    methods,
    stem,
)

ALL = ("batch norm", "dropout", *KINDS)
WORDS = {"batch norm": r"batch_?norm|(^|_)bn(\d|_|$)", "dropout": DROPOUT.words} | {
    name: kind.words for name, kind in KINDS.items()}
WITHIN = {"relu": "leaky relu", "max pool": "average pool",
          "cross-entropy": "softmax loss"}
ANOTHER = re.compile("temporal|rnn|lstm|gru|attention|embed|transpose|deconv|depth|"
                     "binary|bce|focal|weighted|smooth")
BESIDE = re.compile(r"_?(layer|naive|vectori[sz]ed|fast|func(tion)?|spatial|\d+d?)")
BY_EFFECT = ("layer norm", "instance norm", "RMS norm", "relu", "affine",
             "convolution", "max pool")
INFERENCE = re.compile("_(test|infer(ence)?|eval|predict)$")
RUNNING = {"running_mean", "running_var", "moving_mean", "moving_var"}
STATISTICS = re.compile("norm|gamma|(^|_)(var|std|sqrt|mean)(_|$)")


def kind_named(name):
    """The kind that a name says; "" if it says several or another; None if nothing."""
    snake = re.sub("(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    said = {kind for kind, words in WORDS.items()
            if re.search(words, snake) or re.search(words, name.lower())}
    said -= {kind for kind, narrower in WITHIN.items() if narrower in said}
    if re.match(WORDS["batch norm"], snake):  # of a convolution's output, say
        said -= {"convolution", "affine"}
    if len(said) > 1 or (said and ANOTHER.search(snake)):
        return ""
    return said.pop() if said else None


def kind_of(code):
    """The kind that the names of code say: its own, or its class's; or None."""
    code = tuple(c.forward if hasattr(c, "_fields") else c for c in code)
    names = [part for c in code for part in getattr(
        c, "__qualname__", type(c).__name__).split(".")[:-3:-1]]
    said = next((kind for kind in map(kind_named, names) if kind is not None), None)
    if said == "cross-entropy" and _is("softmax loss", code):
        return "softmax loss"
    return said


def kind_by_effect(code, home):
    """The kind of code whose names say none, in a module of that name; or None.

    A norm with batch norm's words in it is a wrong batch norm, over the features, say.
    """
    found = next((kind for kind in BY_EFFECT if _is(kind, code)), None)
    words = {home}.union(*map(_names_in, code)) if found in PARTS else ()
    batch = any(kind_named(word) == "batch norm" or word in RUNNING for word in words)
    return "batch norm" if batch else found


def _is(kind, code):
    """Whether what code makes of x is what the kind makes of it."""
    try:
        return reading(kind, code, 0, whole=False).right
    except Broke:
        return False


def partner(name, things):
    """The forward that stands beside a backward: under its name, or its first words."""
    forwards = {n.lower(): f for n, f in things.items() if not is_backward(n)}
    forwards |= {stem(n): f for n, f in things.items() if is_forward(n)}
    words = stem(name).split("_")
    found = (forwards.get("_".join(words[:k])) for k in range(len(words), 0, -1))
    return next((f for f in found if callable(f) and not inspect.isclass(f)), None)


def partnered(code, kind=None):
    """((what to diagnose, its kind or None) each, the names of what is not checked).

    A backward whose cache is its own author's can only be run with that author's
    forward, which stands beside it under the same name.
    """
    if len(code) == 1 and inspect.ismodule(code[0]):
        return of_module(code[0], kind)
    f = code[0] if len(code) == 1 else None
    name = getattr(f, "__name__", "")
    if inspect.isfunction(f) and is_backward(name):
        forward = partner(name, f.__globals__)
        if forward is not None and asks_for(f, "cache"):
            code = (forward, f)
    return [(code, kind)], []


def of_module(module, kind=None):
    """What a module holds of the kinds, or of one kind, each with its kind; the rest.

    If nothing is of a known kind, what may be a batch norm is taken for one.
    """
    home, things = module.__name__, _own(module)
    able = candidates(things)
    kinds = {n: kind_of(code) for n, code in able.items()}
    kinds |= {n: kind_by_effect(able[n], home) for n, k in kinds.items() if k is None}
    wanted = [n for n, k in kinds.items() if (k == kind if kind else k)]
    wanted = wanted or [n for n in able if (kind or kinds[n] is None) and any(
        map(STATISTICS.search, _names_in(_forward(able[n]))))][:1]
    if not wanted:
        raise Broke(f"{home} has no forward and backward of its own that is known. "
                    f"{ACCEPTED} Kinds: {', '.join(ALL)}.")
    told = [f for n in wanted for f in able[n]]
    used = {n.split(".")[0] for n in wanted}.union(*map(_names_in, told))
    return ([(able[n], kind or kinds[n] or "batch norm") for n in wanted],
            [n for n, a in things.items() if n not in used and a not in told])


def _own(module):
    """Name -> function or class that the module defines, but for what is private."""
    home = module.__name__
    return {name: a for name, a in vars(module).items()
            if callable(a) and not re.match("_|test", name) and not (
                inspect.isfunction(a) and INFERENCE.search(name))
            and f"{getattr(a, '__module__', home)}.".startswith(f"{home}.")}


def candidates(things):
    """Name -> code: pairs, layers, pairs of methods, and what stands alone."""
    functions = {n: a for n, a in things.items() if not inspect.isclass(a)}
    pairs = {n: (partner(n, functions), a) for n, a in functions.items()
             if is_backward(n)}
    paired, found = {f.__name__ for f, _ in pairs.values() if f}, {}
    for name, a in things.items():
        if inspect.isclass(a):
            found |= _of_class(name, a, things)
        elif name in pairs:
            found[name] = tuple(filter(None, pairs[name]))
        elif name not in paired and _stands_alone(name):
            found[name] = (a,)
    return found


def _of_class(name, made, things):
    """A layer; or the pairs among the methods of a network."""
    pairs = {n: partner(n, vars(made)) for n in vars(made)
             if is_backward(n) and stem(n) and kind_named(n) and n[0] != "_"}
    if any(pairs.values()) and not inspect.isabstract(made):
        of = attempt(object.__new__, made)  # its pairs need nothing of it
        return {f"{name}.{n}": (getattr(of, forward.__name__), getattr(of, n))
                for n, forward in pairs.items() if forward}
    base = any(inspect.isclass(a) and a is not made and issubclass(a, made)
               for a in things.values())
    layer = looks_like_layer(made) or (kind_named(name) and methods(made)[0])
    return {name: (made,)} if layer and not base else {}


def _stands_alone(name):
    """Whether a function is a loss, a forward, or is called just as its kind is."""
    kind = kind_named(name)
    if kind in KINDS and KINDS[kind].loss and re.search("loss|entropy|cost", name):
        return True
    return bool(is_forward(name) or (kind and re.fullmatch(
        f"({WORDS[kind]})", BESIDE.sub("", name.lower()))))


def _forward(code):
    """The function that makes y."""
    return getattr(code[0], methods(code[0])[0], None) if (
        inspect.isclass(code[0])) else code[0]


def _names_in(f):
    """The names that a function, or a class's methods, read."""
    if inspect.isclass(f):
        return set().union(*map(_names_in, filter(inspect.isroutine, vars(f).values())))
    code = getattr(f, "__code__", None)
    return set(code.co_names + code.co_varnames) if code else set()
