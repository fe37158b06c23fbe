"""A reader's batch norm, told in plain words what is right, what is wrong and where."""

from bnbook.check.diagnosis.batch_norm import diagnose_batch_norm
from bnbook.check.diagnosis.calls import Broke
from bnbook.check.diagnosis.modules import partnered
from bnbook.check.diagnosis.others import OTHERS, kind_of
from bnbook.check.diagnosis.readers import recognise
from bnbook.check.diagnosis.told import Finding
from bnbook.check.diagnosis.verdict import Diagnosis, Several

KINDS = ("batch norm", *OTHERS)


def diagnose(*code, kind=None, seed=0):
    """Say what is right in a batch norm, what is wrong and where: a Diagnosis.

    code: forward and backward in the cs231n contract, forward(x, gamma, beta, bn_param)
    -> (out, cache) and backward(dout, cache) -> (dx, dgamma, dbeta); or in this book's,
    forward(x, gamma, beta, eps) -> (y, cache); or a class, or an object, with
    forward(x) and backward(dy); or a module with these; or a backward alone: (dout,
    cache), cache a BatchNormCache, or dout and any values of the graph by their names.
    kind: "dropout", "relu" or "max pool" for those, if their names do not say so.
    seed: of the probes. A right implementation under another documented convention
    (eps, momentum, unbiased running variance, start) gets notes, never faults. What the
    code raises is told, not raised. Of a module with several batch norms each is told:
    `.each` of what is returned. Raises ValueError for another kind.
    """
    if kind not in (None, *KINDS):
        raise ValueError(f"kind: {kind!r}, expected one of {list(KINDS)}")
    try:
        codes = partnered(code)
    except Broke as broke:
        return _not_run(_name(code), str(broke))
    found = tuple(_one(each, kind, seed) for each in codes)
    return found[0] if len(found) == 1 else Several(found)


def _one(code, kind, seed):
    what, kind = _name(code), kind or kind_of(code)
    try:
        if kind in OTHERS:
            found = OTHERS[kind](code, seed)
        else:
            found = diagnose_batch_norm(recognise(*code), seed)
    except Broke as broke:
        return _not_run(what, str(broke))
    except Exception as error:  # a reader's code may return anything at all
        return _not_run(what, "what it returned could not be compared: "
                        f"{type(error).__name__}: {error}")
    return Diagnosis(what, tuple(found))


def _not_run(what, why):
    return Diagnosis(what, (Finding("fault", "does not run", "", why),), False)


def _name(code):
    names = [getattr(c, "__name__", type(c).__name__) for c in code]
    return " with ".join(n for n in names if n) or "Nothing"


__all__ = ["KINDS", "Diagnosis", "Finding", "Several", "diagnose"]
