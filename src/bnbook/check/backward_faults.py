"""Faults of the backward: the values are right and a gradient is wrong.

The derivatives here are wrong on purpose.
"""

import numpy as np

from bnbook.check.implementations import Specimen, from_graph
from bnbook.check.mutants import (
    altered,
    at_step,
    given_other_inputs,
    in_table,
    scaled_vjp,
)
from bnbook.graph import OPS

_MEAN, _VARIANCE = ("mu", "x"), ("sq", "xmu")

_PATHS = (
    Specimen("no mean path", "x sends nothing by way of mu.",
             from_graph(silent={_MEAN})),
    Specimen("no variance path", "xmu gets nothing by way of sq.",
             from_graph(silent={_VARIANCE})),
    Specimen("statistics constant", "Neither path: mean and variance as constants.",
             from_graph(silent={_MEAN, _VARIANCE})),
    Specimen("last message wins at xmu", "xmu's gradient is assigned, not added.",
             from_graph(silent={("xhat", "xmu")})),
    Specimen("last message wins at x", "x's gradient is assigned, not added.",
             from_graph(silent={("xmu", "x")})),
)

_RULES = (
    Specimen("mean sends all of g", "The VJP of the mean lacks 1/m.",
             in_table("mean", vjp=lambda axes, g, y, a: (
                 np.broadcast_to(g, a.shape),))),
    Specimen("square without the 2", "The VJP of the square lacks its 2.",
             scaled_vjp("square", 1 / 2)),
    Specimen("sqrt without the 1/2", "The VJP of the root lacks its 1/2.",
             scaled_vjp("sqrt", 2)),
    Specimen("reciprocal's sign", "The VJP of 1/a has a plus.",
             scaled_vjp("reciprocal", -1)),
    Specimen("reciprocal's power", "The VJP of 1/a has y in place of y^2.",
             in_table("reciprocal", vjp=lambda axes, g, y, a: (-g * y,))),
    Specimen("subtract's sign", "The VJP of a - b sends +g to b.",
             in_table("subtract", vjp=lambda axes, g, y, a, b: (g, g))),
    *(Specimen(f"{op} off by 1e-6", f"The VJP of {op} is 1.000001 times too large.",
               scaled_vjp(op, 1 + 1e-6)) for op in OPS),
)

_OUTPUTS = (
    Specimen("dx times 37", "dx is 37 times too large.",
             altered(lambda dy, t, dx, dgamma, dbeta: (37 * dx, dgamma, dbeta))),
    Specimen("dx times -1000", "dx has the wrong sign and is far too large.",
             altered(lambda dy, t, dx, dgamma, dbeta: (-1000 * dx, dgamma, dbeta))),
    Specimen("dx = 0", "dx is all zeros.",
             altered(lambda dy, t, dx, dgamma, dbeta: (0 * dx, dgamma, dbeta))),
    Specimen("dx without gamma", "dxhat is dy, not gamma · dy.",
             at_step("gx", vjp=lambda axes, g, y, a, b: (g * b, g))),
    Specimen("dgamma from x", "dgamma sums dy · x, not dy · xhat.",
             altered(lambda dy, t, dx, dgamma, dbeta: (
                 dx, (dy * t.values["x"]).sum(axis=t.axes), dbeta))),
    Specimen("dbeta averaged", "dbeta is the mean over the batch, not the sum.",
             at_step("y", vjp=lambda axes, g, y, a, b: (g, g / len(g)))),
    Specimen("dgamma keeps its dims", "dgamma is (1, C), not (C,).",
             altered(lambda dy, t, dx, dgamma, dbeta: (dx, dgamma[None], dbeta))),
    Specimen("backward without eps", "The backward divides by sqrt(var).",
             given_other_inputs(lambda inputs: {**inputs, "eps": 0.0})),
    Specimen("backward in float32", "The backward computes in float32.",
             given_other_inputs(lambda inputs: {
                 name: np.float32(a) for name, a in inputs.items()})),
)

BACKWARD = _PATHS + _RULES + _OUTPUTS
