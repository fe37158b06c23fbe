"""What a reader's forward and backward returned, in any nesting, or left behind."""

import ast
import inspect
import textwrap

import numpy as np

from bnbook.check.diagnosis.calls import Broke, meanings, number
from bnbook.check.reading.judge import off
from bnbook.check.reading.slots import words

AFFIXES = ("dldl", "dld", "dl", "dloss", "gradients", "gradient", "grads", "grad",
           "derivative", "deriv", "delta", "error", "d", "g")
OURS = {"gamma", "beta", "x"}


def core(word, own=()):
    """A gradient's name without what says that it is one; own: the parameter's name."""
    word = str(word).lower().replace("_", "")
    cut = [part for affix in AFFIXES for part in (
        word.removeprefix(affix), word.removesuffix(affix)) if part != word]
    return next((part for part in cut if part in own), None) or (
        word if OURS & {*meanings(word)} else next(
            (part for part in cut if OURS & {*meanings(part)}), word))


def value(result, shape=None):
    """(y, the rest) of what a forward returned; shape: y's, where several are arrays.

    Of a dict, what is called y or out; the dict itself is the rest if none is called a
    cache.
    """
    if isinstance(result, dict):
        y = next((a for k, a in result.items() if "y" in meanings(str(k))), None)
        rest = [a for k, a in result.items() if "cache" in meanings(str(k))]
        rest = rest or [result]
    else:
        rest = list(result) if isinstance(result, (tuple, list)) and not (
            isinstance(result, list) and np.ndim(result[0]) == 1) else [result]
        at = [i for i, a in enumerate(rest) if isinstance(a, np.ndarray)
              and a.shape == shape]
        y = rest.pop(at[0] if at else 0) if rest else None
    if y is None:
        raise Broke("the forward returned None")
    return number("y", y), rest


def named_pair(a, c):
    """(mean, variance) for c channels of a dict of these two; None of all else."""
    found = {}
    for key, kept in a.items() if isinstance(a, dict) and len(a) == 2 else ():
        said = {*meanings(str(key))}
        for i, names in enumerate(({"mu", "running_mean"}, {"var", "running_var"})):
            if said & names and np.size(kept) == c and np.ndim(kept):
                found[i] = kept
    return (found[0], found[1]) if len(found) == 2 else None


def returned_names(f):
    """The names in a function's last return, "" for what is none; [] if unknown."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(f)))
    except (OSError, TypeError, SyntaxError):
        return []
    last = [n.value for n in ast.walk(tree) if isinstance(n, ast.Return)][-1:]
    return [getattr(a, "id", "") for tuples in last if isinstance(tuples, ast.Tuple)
            for a in tuples.elts]


def gradients(result, x_size=None, own=None, order=("gamma", "beta")):
    """What a backward returned, as name -> what it is; {} if nothing.

    Of a tuple dx is the first of x's size; order: the rest's. own: the reader's names
    -> x, gamma or beta.
    """
    own = {name.lower().replace("_", ""): n for name, n in (own or {}).items()}
    if hasattr(result, "_asdict"):
        result = result._asdict()
    if isinstance(result, dict):
        return _named(result, own)
    if result is None or not isinstance(result, (tuple, list)) or _is_rows(result):
        return {} if result is None else {"x": result}
    flat = [*_flat(result)]
    named = {k: v for a in flat if isinstance(a, dict) for k, v in a.items()}
    found = _named(named, own)
    rest = [a for a in flat if not isinstance(a, dict)]
    sizes = [np.size(a) if isinstance(a, np.ndarray) else 0 for a in rest]
    if rest and "x" not in found:
        found["x"] = rest.pop(sizes.index(x_size) if x_size in sizes else 0)
    found = dict(zip(order, rest)) | found
    return {name: a for name, a in found.items() if a is not None}


def _flat(result):
    for a in result:
        if isinstance(a, (tuple, list)) and not _is_rows(a):
            yield from a
        else:
            yield a


def _is_rows(result):
    return isinstance(result, list) and bool(result) and all(
        isinstance(row, (list, float, int)) for row in result)


def _named(result, own):
    found = {}
    for key, a in result.items():
        word = core(key, own)
        name = own.get(word) or next((n for n in meanings(word) if n in OURS), None)
        if name in OURS and a is not None:
            found.setdefault(name, a)
    return found


def moved(before, after):
    """The places that appeared or changed, the latest last."""
    return [path for path, a in after.items() if path not in before
            or np.shape(before[path]) != np.shape(a)
            or not np.array_equal(before[path], a, equal_nan=True)]


def left_behind(paths, kept, size, wanted):
    """The place of a result that was not returned: by its name, or else the last."""
    fit = [path for path in paths if np.size(kept[path]) == size]
    said = [path for path in fit if wanted in meanings(core(words(path)[-1]))
            and (wanted == "y" or core(words(path)[-1]) != words(path)[-1])]
    return (said or fit or [None])[-1]


def kept_gradient(wanted, own, paths, kept, right):
    """The place of dgamma or dbeta: beside the parameter, by its name, or by value.

    own: the parameter's place. right: what the gradient should be, which decides among
    places whose names say nothing.
    """
    fit = [path for path in paths if np.size(kept[path]) == right.size]
    order = ("gamma", "beta").index(wanted)
    for found in ((p for p in paths if _beside(p, own)),
                  (p for p in paths if _called(p, own, wanted)),
                  (p for p in fit if off(kept[p], right) < 1e-6),
                  (p for p in fit if p[-1] == ("[]", order))):
        for path in found:
            return path
    return None


def _beside(path, own):
    """Whether it is the .grad of the .data that the parameter is."""
    return own is not None and len(own) > 1 and path[:-1] == own[:-1] and bool(
        words(path)[-1:]) and (words(path)[-1] in (*AFFIXES, "diff", "der", "dw"))


def _called(path, own, wanted):
    """Whether its name, or the name of what it is in, says that it is the gradient."""
    names, mine = words(path), words(own or ())[-1:]
    if not names:
        return False
    plain = core(names[-1], mine)
    is_gradient = plain != names[-1] or any(
        part in name for name in names for part in ("grad", "deriv", "delta"))
    if own is not None and isinstance(own[-1][1], int):
        return path[-1] == own[-1] and is_gradient
    return (plain in mine or wanted in meanings(plain)) and (
        is_gradient or len(names) > 1)
