"""Passes with right numbers that are wrong in what they do to memory, shape or dtype.
"""

import numpy as np

from bnbook.check.implementations import TRACE, Implementation


def keeping_callers_arrays(dtype=None):
    """A right pass whose cache is the caller's own arrays, computed on once more; or
    copies of these, computed on in another dtype.
    """
    def forward(x, gamma, beta, eps=1e-5):
        kept = [a.copy() if dtype else a for a in (x, gamma, beta)]
        return TRACE.forward(x, gamma, beta, eps)[0], (*kept, eps)

    def backward(dy, cache):
        again = TRACE.forward(*(np.asarray(a, dtype) for a in cache[:3]), cache[3])[1]
        return tuple(g.astype(dy.dtype) for g in TRACE.backward(dy, again))

    return Implementation(forward, backward)


def remembering_one_forward():
    """A right pass that keeps the latest forward and ignores the cache it is given."""
    latest = []

    def forward(x, gamma, beta, eps=1e-5):
        y, trace = TRACE.forward(x, gamma, beta, eps)
        latest[:] = [trace]
        return y, None

    return Implementation(forward, lambda dy, _: TRACE.backward(dy, latest[0]))


def normalizing_in_place():
    """A right pass that leaves xhat in the caller's x."""
    def forward(x, gamma, beta, eps=1e-5):
        y, trace = TRACE.forward(x, gamma, beta, eps)
        x[...] = trace.values["xhat"]
        return y, trace

    return Implementation(forward, TRACE.backward)


def scaling_upstream_in_place():
    """A right pass that leaves dxhat in the caller's dy."""
    def backward(dy, trace):
        gradients = TRACE.backward(dy, trace)
        dy *= trace.values["gamma"]
        return gradients

    return Implementation(TRACE.forward, backward)


def keeping_dims():
    """A right pass whose dgamma is a row."""
    def backward(dy, trace):
        dx, dgamma, dbeta = TRACE.backward(dy, trace)
        return dx, dgamma[None], dbeta

    return Implementation(TRACE.forward, backward)
