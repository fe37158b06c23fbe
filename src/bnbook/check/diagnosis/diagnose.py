"""A reader's code, told in plain words what is right, what is wrong and where."""

import numpy as np

from bnbook.check.diagnosis.batch_norm import diagnose_batch_norm
from bnbook.check.diagnosis.calls import Broke
from bnbook.check.diagnosis.told import Finding
from bnbook.check.diagnosis.verdict import Diagnosis, Several
from bnbook.check.kinds.calling import NotChecked
from bnbook.check.kinds.compare import check
from bnbook.check.kinds.dropout import check_dropout
from bnbook.check.kinds.pairs import ALL as KINDS
from bnbook.check.kinds.pairs import kind_of, partnered
from bnbook.check.reading.hints import hints
from bnbook.check.reading.layers import ACCEPTED
from bnbook.check.reading.recognise import recognise
from bnbook.check.reading.remarks import remarks
from bnbook.norm import arguments

OUT_OF_MEMORY = "out of memory"
OWN = ("This is bnbook's own failure and no fault of the code it was given. Please "
       "report it to its makers, with all that stands here and, if you may, that code.")


def diagnose(*code: object, kind: str | None = None, seed: int = 0,
             **told: str | None) -> Diagnosis | Several:
    """Say what is right in a batch norm, or another kind: a Diagnosis.

    code: forward and backward in the cs231n contract, forward(x, gamma, beta, bn_param)
    -> (out, cache) and backward(dout, cache) -> (dx, dgamma, dbeta); or in this book's,
    forward(x, gamma, beta, eps) -> (y, cache); or a class, or an object, with
    forward(x) and backward(dy); or a module with these; or a backward alone: (dout,
    cache), cache a BatchNormCache, or dout and any values of the graph by their names.
    kind: one of KINDS, if no name says which it is; of a module, what is of that kind.
    seed: of the probes. A right implementation under another documented convention
    (eps, momentum, unbiased running variance, start) gets notes, never faults. What the
    code raises is told, not raised; an error of bnbook's own is raised, and says so.
    Of a module each pair and layer of a known kind is told, as what it is: `.each` of
    what is returned. What is of no known kind is named there, and counts for nothing.
    told: what could not be found, by the names in `reading.hints.HINTS`: gamma, beta,
    dgamma, dbeta, running_mean, running_var, train, layout, size.
    Raises ValueError for another kind, or another name.
    """
    if kind not in (None, *KINDS):
        raise ValueError(f"kind: {kind!r}, expected one of {list(KINDS)}")
    told, seed = hints(told), arguments.count("seed", seed, least=0)
    try:
        return _diagnosed(code, kind, seed, told)
    except Exception as error:
        error.add_note(OWN)
        raise


def _diagnosed(code, kind, seed, told):
    try:
        if any(isinstance(each, np.ndarray) for each in code):
            raise Broke(f"an array is nothing that can be diagnosed. {ACCEPTED}")
        codes, unknown = partnered(code, kind)
    except Broke as broke:
        return not_run(_name(code), broke)
    found = [_one(each, one, seed, told) for each, one in codes]
    if all(isinstance(d, Unchecked) for d in found):
        why = found[0].findings[0].sentence
        return not_run(_name(code), NotChecked(f"{why}. {ACCEPTED}"))
    if unknown:
        found.append(_unchecked(", ".join(unknown), "of no kind that is known"))
    return found[0] if len(found) == 1 else Several(tuple(found))


class Unchecked(Diagnosis):
    """What was not understood: it is named, and neither right nor wrong."""

    @property
    def verdict(self):
        return f"Not checked: {self.what}."


def _unchecked(what, why):
    sentence = f"{what} {'are' if ', ' in what else 'is'} not checked: {why}"
    return Unchecked(what, (Finding("note", "not checked", "", sentence),))


def _one(code, kind, seed, told):
    what, kind = _name(code), kind or kind_of(code) or "batch norm"
    try:
        if kind == "dropout":
            found = check_dropout(code, seed)
        elif kind == "batch norm":
            reader = recognise(*code, told=told)
            found = diagnose_batch_norm(reader, seed) + remarks(reader, seed)
        else:
            found = check(kind, code, seed)
    except NotChecked as broke:
        return _unchecked(what, broke)
    except Broke as broke:
        bare = any(getattr(getattr(f, "__self__", None), "__dict__", None) == {}
                   for f in code)  # methods of an object without its constructor
        return (_unchecked if bare and kind != "batch norm" else not_run)(what, broke)
    return Diagnosis(what, tuple(found), kind=kind)


def not_run(what, broke):
    """The diagnosis of code that could not be run, and why."""
    name = OUT_OF_MEMORY if isinstance(broke.__cause__, MemoryError) else "does not run"
    return Diagnosis(what, (Finding("fault", name, "", str(broke)),), False)


def _name(code):
    names = [getattr(c, "__name__", type(c).__name__) for c in code]
    return " with ".join(n for n in names if n) or "Nothing"


__all__ = ["KINDS", "Diagnosis", "Finding", "Several", "diagnose"]
