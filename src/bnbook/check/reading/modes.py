"""How code is told to run in test mode: by an argument, an attribute, a method.

Names are hints; what counts is that the output of a second batch changes.
"""

import inspect
from contextlib import suppress
from typing import NamedTuple

from bnbook.check.diagnosis.calls import Broke, attempt, parameters
from bnbook.check.diagnosis.probes import error
from bnbook.check.reading.plans import first_that_runs
from bnbook.check.reading.slots import is_flag, places, replace, spelled, words

WORDS = {"testing": ("test", "eval", "infer", "predict", "useglobal", "userunning"),
         "training": ("train", "islearning"), "mode": ("mode", "phase")}
TEXTS = (("train", "test"), ("training", "testing"), ("train", "eval"),
         ("training", "inference"), ("training", "test"), ("train", "inference"),
         ("train", "predict"), ("train", "val"))
METHODS = (("train", "eval"), ("train", "test"), ("train_mode", "eval_mode"),
           ("train_mode", "test_mode"), ("training", "testing"),
           ("training_mode", "evaluation_mode"), ("set_train", "set_eval"))
KEYWORDS = ("training", "train", "is_training", "train_flg", "is_train", "mode",
            "test", "testing", "is_test", "predict", "eval", "inference", "phase",
            "train_mode", "test_mode")
CHANGED = 1e-7


class Switch(NamedTuple):
    """kind: "argument", "attribute" or "method"; where: its name, path or two names.

    training, testing: its two values. named: its name says what it is.
    """

    kind: str
    where: object
    training: object = True
    testing: object = False
    named: bool = True

    def arguments(self, training, other=None):
        """What the forward is handed for it; other: a mode that is neither."""
        if self.kind != "argument":
            return {}
        value = self.training if training else self.testing
        return {self.where: other if other and isinstance(value, str) else value}

    def names(self):
        if self.kind != "attribute":
            return self.where if self.kind == "method" else {self.where}
        return {spelled(self.where), self.where[-1][1]}

    def set(self, thing, training):
        if self.kind == "attribute":
            replace(thing, self.where, self.training if training else self.testing)
        elif self.kind == "method":
            attempt(getattr(thing, self.where[0 if training else 1]))


def says(name):
    """Whether a name says training, testing or mode; None if nothing."""
    word = str(name).lower().replace("_", "")
    return next((m for m, parts in WORDS.items() if any(p in word for p in parts)),
                None)


def required_flags(f):
    """Parameter -> what it says, of those without a default that say the mode."""
    return {p.name: says(p.name) for p in parameters(f)[1:]
            if p.default is p.empty and says(p.name)}


def unset(thing, forward):
    """Attribute -> training mode, of what a forward reads and nothing has set."""
    code = getattr(getattr(thing, forward, None), "__code__", None)
    known = [text for text, _ in TEXTS if text in getattr(code, "co_consts", ())]
    return {name: known[0] if known else says(name) != "testing"
            for name in getattr(code, "co_names", ())
            if says(name) and not hasattr(thing, name)}


def pairs(means, default):
    """(value in training, value in test mode) of a switch, the likeliest first."""
    if isinstance(default, str):
        return [p for p in TEXTS if default in p] or [
            (default, other) for other in ("test", "eval", "inference")]
    if isinstance(default, (bool, int)) and means in (None, "mode"):
        return [(default, type(default)(not default))]
    yes = means != "testing"
    return [*TEXTS, (yes, False), (False, yes)] if means == "mode" else [(yes, not yes)]


def switches(forward, thing=None, told=None):
    """All that may be the switch, the likeliest first; told: as `--train` has it."""
    found = sorted(_switches(forward, thing), key=lambda switch: not switch.named)
    if told is None:
        return found
    name, _, values = told.partition("=")
    found = [s._replace(named=True) for s in found if name in s.names()] or [
        Switch("argument", name)]
    if "/" in values:
        known = {"True": True, "False": False, "1": 1, "0": 0}
        both = [known.get(v, v) for v in values.split("/")]
        found = [Switch(*found[0][:2], *both)]
    return found


def _switches(forward, thing):
    """Arguments, attributes, methods and keywords, in this order."""
    flags = [("argument", p.name, p.name, p.default)
             for p in parameters(forward)[1:]]  # the first is x, if it is x_train
    flags += [("attribute", path, "".join(words(path)[-1:]), value)
              for path, value in places(thing, is_flag).items()]
    for kind, where, name, value in flags:
        means, texts = says(name), kind == "argument" and isinstance(value, str)
        if means or isinstance(value, bool) or texts:
            yield from (Switch(kind, where, *pair, bool(means))
                        for pair in pairs(means, value))
    yield from (Switch("method", names) for names in METHODS
                if all(callable(getattr(thing, n, None)) for n in names))
    spelled_out = getattr(getattr(forward, "__code__", None), "co_consts", ())
    for p in attempt(inspect.signature, forward).parameters.values():
        if p.kind is p.VAR_KEYWORD:
            yield from (Switch("argument", name, *pair, name in spelled_out)
                        for name in KEYWORDS for pair in pairs(says(name), None)[:2])


def working(candidates, second):
    """The switch that changes a second batch's output, or else the first that is named.

    second: (switch, training, first) -> y of the second of two batches; the first was a
    training batch, one of two. Without a name that says so it is no switch unless the
    first batch counts in test mode.
    """
    try:
        return first_that_runs(candidates, lambda s: _rank(s, second), int)[0]
    except Broke:
        return None


def _rank(switch, second):
    """0 of a switch that does something, 1 of one that runs, 2 of one whose test mode
    breaks; Broke of one that breaks, or without a name does nothing.
    """
    in_training, rank = second(switch, True, 0), 2
    with suppress(Broke):
        tested = second(switch, False, 0)
        rank = int(error(tested, in_training) < CHANGED or not (
            switch.named or error(second(switch, False, 1), tested) > CHANGED))
    if rank and not switch.named:
        raise Broke("it does nothing")
    return rank
