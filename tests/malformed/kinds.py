"""The kinds of arguments: what is wrong in the place of a right value, what is legal.

A kind is wrong(value) -> label -> a value to refuse, legal(value) -> label -> a value
that gives the same result, and doubtful(value) -> label -> one that may be either: all
that is asked of it is one line that names the argument, if it is refused.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Kind(NamedTuple):
    wrong: Callable
    legal: Callable = lambda value: {}
    doubtful: Callable = lambda value: {}

    def __call__(self, value):
        return Given(self, value)

    def but(self, *labels):
        """The kind without some wrong values: here they are right, or may be."""
        return self._replace(wrong=lambda value: {
            k: v for k, v in self.wrong(value).items() if k not in labels})

    def more(self, wrong):
        """The kind with more wrong values."""
        return self._replace(wrong=lambda value: self.wrong(value) | wrong(value))


class Given(NamedTuple):
    """A valid argument, and its kind."""

    kind: Kind
    value: object


def others():
    """What is right nowhere, or hardly anywhere; each time new."""
    return {"None": None, "a string": "abc", "bytes": b"abc", "a class": dict,
            "an instance": object(), "a function": len, "a generator": iter(()),
            "NaN": np.nan, "inf": np.inf, "-1": -1, "a half": 0.5, "True": True,
            "a complex number": 1j, "an empty list": [], "a tuple": (), "a dict": {},
            "unequal rows": [[1.0, 2.0], [3.0]], "an array": np.ones((2, 3)),
            "an object array": np.array([None, 1]), "a masked array": np.ma.ones(2)}


def but(*labels):
    """`others` without some of them."""
    return {label: v for label, v in others().items() if label not in labels}


# Arrays


def dtypes(a, complex_too=False):
    """The array in dtypes that nothing takes, and masked."""
    found = {"bool": a > 0, "object": a.astype(object), "strings": a.astype(str),
             "masked": np.ma.masked_array(a), "dates": a.astype("M8[s]")}
    if a.ndim:
        found["a masked part"] = [*a[1:], np.ma.masked_array(a[0])]
    return found if complex_too else found | {"complex": a.astype(complex)}


def layouts(a):
    """The same numbers, otherwise in memory."""
    wide = np.repeat(a[..., None], 2, -1) if a.ndim else a
    fixed = a.copy()
    fixed.flags.writeable = False
    found = {"big-endian": a.astype(a.dtype.newbyteorder(">")), "read-only": fixed,
             "a list": a.tolist(), "strided": wide[..., 0] if a.ndim else a,
             "of Fortran": np.asarray(a, order="F")}
    return found | ({"a matrix": np.asmatrix(a)} if a.ndim == 2 else {})


def shapes(a):
    """The array in other shapes: an axis more, one less, transposed, longer, empty."""
    found = {"an axis more": a[None], "empty": np.empty((0,)), "a number": 3.0,
             "rows and none": np.empty((0, *a.shape[1:]))}
    if a.ndim:
        found |= {"an axis less": a[0], "longer": np.concatenate([a, a])}
    if a.shape != a.T.shape:
        found["transposed"] = a.T
    return {label: b for label, b in found.items() if np.shape(b) != a.shape}


def special(a):
    return {"of NaN": a * np.nan, "of inf": a + np.inf}


NUMBERS = ("NaN", "inf", "-1", "a half", "True", "an array", "an empty list", "a tuple")


def _array(complex_too=False, free=(), dtypes_of=dtypes):
    """Arrays; free: which of `shapes` are not surely wrong."""
    def wrong(a):
        found = but(*NUMBERS, *["a complex number"] * complex_too)
        return found | dtypes_of(a, complex_too) | {
            k: v for k, v in shapes(a).items() if k not in free}

    def doubtful(a):
        return special(a) | {k: v for k, v in shapes(a).items() if k in free} | {
            k: v for k, v in others().items() if k in NUMBERS}

    return Kind(wrong, layouts, doubtful)


ANY = "an axis more", "empty", "a number", "rows and none", "an axis less", "longer", \
    "transposed"
ARRAY, COMPLEX = _array(), _array(complex_too=True)
BATCH = _array(free=("longer", "rows and none"))
FREE, FREE_COMPLEX = _array(free=ANY), _array(complex_too=True, free=ANY)
COMPLEX_BATCH = _array(complex_too=True, free=("longer", "rows and none"))


def _labels(a):
    return but("a tuple", "an empty list") | dtypes(a) | shapes(a) | {
        "floats": a.astype(float), "below 0": a - 100, "too large": a + 100}


LABELS = Kind(_labels, lambda a: layouts(a) | {"uint8": a.astype(np.uint8)})


def _arrays(of, empty_too=False):
    """Dicts of arrays of one kind; empty_too: {} may be right."""
    def wrong(value):
        first, *rest = value
        found = but(*["a dict"] * empty_too) | {
            "a key missing": {k: value[k] for k in rest},
            "a key more": value | {"other": value[first]}}
        return found | {f"{label} in it": value | {first: v}
                        for label, v in of.wrong(np.asarray(value[first])).items()}

    def legal(value):
        every = {k: layouts(np.asarray(v)) for k, v in value.items()}
        return {label: {k: every[k].get(label, v) for k, v in value.items()}
                for label in ("big-endian", "read-only", "a list", "strided")}

    return Kind(wrong, legal)


ARRAYS, SOME_ARRAYS = _arrays(ARRAY), _arrays(ARRAY, empty_too=True)
BATCHES, COMPLEX_ARRAYS = _arrays(FREE), _arrays(FREE_COMPLEX)
OPTIONS = Kind(lambda value: but("a dict"))


# Numbers and words


def _number(name, wrong, legal=(), convert=float):
    numpy = (np.float64, np.float32) if convert is float else (np.int64, np.uint8)
    return Kind(
        lambda value: but("NaN", "inf", "-1", "a half") | {"a list": [value]} | {
            str(v): v for v in wrong},
        lambda value: {t.__name__: t(value) for t in numpy
                       if convert(t(value)) == value},
        lambda value: {k: v for k, v in others().items() if k in legal})


NAN = (np.nan, np.inf, -np.inf)
NONNEGATIVE = _number("a number >= 0", (*NAN, -1, -0.5))
POSITIVE = _number("a number > 0", (*NAN, -1, 0))
REAL = _number("a number", NAN)
FRACTION = _number("from 0 to 1", (*NAN, -0.1, 1.5))
BELOW = _number("from 0 to below 1", (*NAN, -0.1, 1, 1.5))
COUNT = _number("1 or more", (*NAN, 0, -1, 1.5, 2.0), convert=int)
INDEX = _number("0 or more", (*NAN, -1, 1.5, 2.0), convert=int)


FLAG = Kind(lambda value: but("True") | {"1": 1, "0": 0, "'True'": "True"},
            lambda value: {"NumPy's": np.bool_(value)})
CHOICE = Kind(lambda value: others() | {"in a list": [value], "the empty string": "",
                                        "in an array": np.array([value])})
SEVERAL = Kind(lambda value: but("a generator", "an empty list", "a tuple", "a dict"),
               lambda value: {"a list": [*value], "a tuple": tuple(value),
                              "a generator": iter([*value])})
NAMES = SEVERAL.more(lambda value: {
    "an unknown one": [*value, "nope"], "a number in it": [*value, 3],
    "an array in it": [*value, np.ones(2)], "a list in it": [*value, [1]]})
TEXT = Kind(lambda value: but("a string"))
DTYPE = Kind(lambda value: others() | {
    "int": int, "complex": complex, "object": object, "bool": bool, "'nope'": "nope"})
CALLABLE = Kind(lambda value: but("a function", "a class"))
COUNTS = SEVERAL.more(lambda value: {
    f"{label} in it": [*value[:-1], v] for label, v in COUNT.wrong(3).items()})


def other(*values):
    """Instances of a kind of their own, such as caches: values of other ones."""
    return Kind(lambda value: others() | {"its class": type(value)} | {
        f"another's, {k}": v for k, v in enumerate(values)})
