"""A reader's forward in test mode, and a backward after it."""

import numpy as np

from bnbook.check.diagnosis.calls import Broke
from bnbook.check.diagnosis.probes import EPSILONS, error, fits
from bnbook.check.diagnosis.told import Told, note

CLOSE = 1e-7


def test_mode(reader, p, trained):
    """What a forward in test mode, and a backward after it, do."""
    rng = np.random.default_rng(4)
    c = p.gamma.size
    mean, var = rng.normal(size=c), rng.uniform(0.5, 2, c)
    session = reader.start(p.gamma.copy(), p.beta.copy(), p.eps)
    if reader.kind == "layer" and not session.switches:
        return [note("no test mode", "y", "no way to run it in test mode was found")]
    if not session.set_running(mean, var):
        try:
            session.forward(p.x.copy())
        except Broke:
            return []
        if not session.set_running(mean, var):
            return []
    session.forward(p.x.copy())
    session.set_running(mean, var)
    y = session.forward(p.x.copy(), training=False)
    told = _output(y, p, mean, var, trained)
    now = session.running()
    if now is not None and not (np.array_equal(now[0].ravel(), mean)
                                and np.array_equal(now[1].ravel(), var)):
        told.append(Told("test mode moves the statistics", "mu",
                         "the running statistics change in test mode"))
    return told if told else _after_test(session, p, var, trained)


def _output(y, p, mean, var, trained):
    shape = (-1, *[1] * (p.x.ndim - 2))
    mean, var, gamma, beta = (a.reshape(shape) for a in (mean, var, p.gamma, p.beta))

    def normalized(divisor):
        return gamma * (p.x - mean) / divisor + beta

    if any(fits(y, normalized(np.sqrt(var + eps)), CLOSE)
           for eps in (p.eps, *EPSILONS)):
        return []
    axes = tuple(i for i in range(p.x.ndim) if i != 1)
    batch = gamma * (p.x - p.x.mean(axes, keepdims=True)) / np.sqrt(
        p.x.var(axes, keepdims=True) + p.eps) + beta
    if fits(y, trained["y"], CLOSE) or fits(y, batch, CLOSE):
        return [Told("test mode uses the batch", "mu", "in test mode your forward uses "
                     "the batch's statistics, not the running ones")]
    others = (("test mode, eps outside the root", np.sqrt(var) + p.eps, "eps stands "
               "outside the root"), ("test mode, root forgotten", var + p.eps,
                                     "the root is left out"),
              ("test mode, not scaled", 1.0, "xmu is not divided"))
    for name, divisor, words in others:
        if fits(y, normalized(divisor), CLOSE):
            return [Told(name, "std", f"in test mode {words}")]
    xhat = normalized(np.sqrt(var + p.eps)) - beta
    for name, value, words in (
            ("test mode, (xhat + beta) * gamma", xhat + gamma * beta,
             "β is inside γ's product"), ("test mode, beta forgotten", xhat,
                                          "β is left out"),
            ("test mode, gamma forgotten", xhat / gamma + beta, "γ is left out"),
            ("test mode, both forgotten", xhat / gamma, "γ and β are left out")):
        if fits(y, value, CLOSE):
            return [Told(name, "gx" if "γ" in words else "y", f"in test mode {words}")]
    return [Told("test mode", "xhat", "in test mode y differs in a way that has no "
                                      "name",
                 False)]


def _after_test(session, p, var, trained):
    """Told where backward after a test forward returns the training gradient."""
    try:
        dx = session.backward(p.dy.copy())["x"]
    except Broke:
        return [note("no backward in test mode", "x",
                     "there is no backward after a forward in test mode")]
    if "x" not in trained or error(dx, trained["x"]) > CLOSE:
        return []
    return [note("training gradient after a test forward", "x", "backward after a "
                 "forward in test mode returns the gradient of the training forward "
                 "before it")]
