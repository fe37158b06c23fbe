"""What a reader's forward and backward return, as arrays with names."""

import numpy as np

from bnbook.check.diagnosis.calls import Broke, attempt

OUTPUTS = ("x", "gamma", "beta")


def gradients(result):
    """What a backward returned, as name -> array."""
    if hasattr(result, "_asdict"):
        result = result._asdict()
    if isinstance(result, dict):
        found = {}
        for key, value in result.items():
            word = str(key).lower().replace("_", "").removeprefix("d")
            for name, words in (("gamma", ("gamma", "weight", "scale")),
                                ("beta", ("beta", "bias", "shift")),
                                ("x", ("x", "input"))):
                if word.removeprefix("ldl").removeprefix("grad") in words:
                    found.setdefault(name, value)
        result = found
    elif isinstance(result, (tuple, list)):
        result = dict(zip(OUTPUTS, result))
    else:
        result = {"x": result}
    if result.get("x") is None:
        raise Broke("the backward returned no dx")
    return {name: np.array(_number(f"d{name}", a)) for name, a in result.items()
            if a is not None}


def _number(name, a):
    a = attempt(np.asarray, a)
    if a.dtype.kind not in "iuf":
        raise Broke(f"{name} came back as {a.dtype}, expected real numbers")
    return a


def value(result):
    """(y, cache) of what a forward returned, y an array."""
    if result is None:
        raise Broke("the forward returned None")
    y, *cache = result if isinstance(result, tuple) else (result,)
    if y is None:
        raise Broke("the forward returned None")
    return _number("y", y), cache
