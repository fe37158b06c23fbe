"""What all optimizers share: the checks, and one rule applied to every parameter."""

from typing import Any, TypeAlias

import numpy as np

from bnbook.nn import arguments

Stepped: TypeAlias = tuple[dict[str, np.ndarray], dict[str, Any]]


def stepped(rule, slots, params, grads, state, *, squares=()) -> Stepped:
    """Every parameter by rule(p, dp, *slots) -> (p', *slots'): (new params, state).

    slots: the names under which `state` carries an array for each parameter, zeros at
    the start; squares: those of them that hold no value below 0. The conventions and
    errors are those of `optimizers`.
    """
    new: dict[str, np.ndarray] = {}
    kept: dict[str, dict[str, np.ndarray]] = {slot: {} for slot in slots}
    for name, dtype, arrays in _checked(slots, params, grads, state, squares):
        p, *values = rule(*arrays)
        new[name] = p.astype(dtype, copy=False)
        for slot, value in zip(slots, values, strict=True):
            kept[slot][name] = value
    return new, kept


def _checked(slots, params, grads, state, squares):
    """A list of (name, dtype, [p, dp, *slots]), the arrays as they are computed."""
    arguments.keyed("params", params, params)
    arguments.keyed("grads", grads, params)
    for slot, values in checked_state(state, slots).items():
        arguments.keyed(f"state[{slot!r}]", values, params)
    rows = []
    for name, p in params.items():
        p = arguments.array(f"params[{name!r}]", p)
        given = {f"grads[{name!r}]": grads[name]} | {
            f"state[{s!r}][{name!r}]": state[s][name] if state else np.zeros(p.shape)
            for s in slots}
        arrays = [p, *(arguments.shaped(n, a, p.shape) for n, a in given.items())]
        for slot, a in zip(slots, arrays[2:]):
            if slot in squares:
                arguments.variance(f"state[{slot!r}][{name!r}]", a)
        wide = np.result_type(p, np.float32)
        rows.append((name, p.dtype, [a.astype(wide, copy=False) for a in arrays]))
    return rows


def checked_state(state, names):
    """`state`, if it is a dict of exactly these names, or empty."""
    return state if arguments.empty(state) else arguments.keyed("state", state, names)
