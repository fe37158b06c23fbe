"""Passes with right numbers that are wrong in what they do to memory."""

from bnbook.check.implementations import TRACE, Implementation


def keeping_callers_arrays():
    """A right pass whose cache is the caller's own arrays, computed on once more."""
    def forward(x, gamma, beta, eps=1e-5):
        return TRACE.forward(x, gamma, beta, eps)[0], (x, gamma, beta, eps)

    def backward(dy, cache):
        return TRACE.backward(dy, TRACE.forward(*cache)[1])

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
