"""A reader's forward in test mode, and a backward after it."""

import numpy as np

from bnbook.check.diagnosis.calls import Broke
from bnbook.check.diagnosis.probes import EPSILONS, compared, error, fits, observe
from bnbook.check.diagnosis.told import Told, note

CLOSE, FLOAT32 = 1e-7, 2e-5


def test_mode(reader, p):
    """What a forward in test mode, and a backward after it, do."""
    if reader.takes_eps:
        p = p._replace(eps=0.1)  # large enough to be seen beside a variance of 1
    trained = observe(reader, p).results
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


class _Formulas:
    """What y could be in test mode."""

    def __init__(self, p, mean, var):
        shape = (-1, *[1] * (p.x.ndim - 2))
        axes = tuple(i for i in range(p.x.ndim) if i != 1)
        self.x, self.eps = p.x, p.eps
        self.mean, self.var, self.gamma, self.beta = (
            a.reshape(shape) for a in (mean, var, p.gamma, p.beta))
        self.batch = p.x.mean(axes, keepdims=True), p.x.var(axes, keepdims=True)

    def y(self, divisor=None, mean=None, var=None):
        mean, var = (a if b is None else b for a, b in (
            (self.mean, mean), (self.var, var)))
        divisor = np.sqrt(var + self.eps) if divisor is None else divisor
        return self.gamma * (self.x - mean) / divisor + self.beta

    def wrong(self):
        """(name, node, y, words) of each fault that has a name."""
        mu, var = self.batch
        yield ("test mode uses the batch", "mu", self.y(mean=mu, var=var), "your "
               "forward uses the batch's statistics, not the running ones")
        yield ("test mode, the batch's mean", "mu", self.y(mean=mu), "the mean is the "
               "batch's, not the running one")
        yield ("test mode, the batch's variance", "var", self.y(var=var), "the "
               "variance is the batch's, not the running one")
        for name, divisor, words in (
                ("eps forgotten", np.sqrt(self.var), "eps is left out"),
                ("eps outside the root", np.sqrt(self.var) + self.eps,
                 "eps stands outside the root"),
                ("root forgotten", self.var + self.eps, "the root is left out"),
                ("root forgotten", self.var, "the root and eps are left out"),
                ("not scaled", 1.0, "xmu is not divided")):
            node = "std" if "eps" not in name else "vareps"
            yield f"test mode, {name}", node, self.y(divisor), words
        gx = self.y() - self.beta
        xhat = gx / self.gamma
        for name, node, value, words in (
                ("(xhat + beta) * gamma", "gx", gx + self.gamma * self.beta,
                 "β is inside γ's product"),
                ("beta forgotten", "y", gx, "β is left out"),
                ("gamma forgotten", "gx", xhat + self.beta, "γ is left out"),
                ("both forgotten", "gx", xhat, "γ and β are left out")):
            yield f"test mode, {name}", node, value, words


def _output(y, p, mean, var, trained):
    """A fault of y in test mode; eps may be any, unless training showed which."""
    f = _Formulas(p, mean, var)
    off = error(trained["y"], f.y(mean=f.batch[0], var=f.batch[1]))
    known = off < FLOAT32
    close = FLOAT32 if CLOSE < off < FLOAT32 else CLOSE
    right = [eps for eps in (p.eps, *EPSILONS)
             if fits(y, f.y(np.sqrt(f.var + eps)), close)]
    if right and (not known or right[0] == p.eps):
        return []
    if fits(y, trained["y"], close):
        name, node, _, words = next(f.wrong())
        return [Told(name, node, f"in test mode {words}")]
    for name, node, value, words in f.wrong():
        if fits(y, value, close):
            return [Told(name, node, f"in test mode {words}")]
    if right:
        return [Told("test mode, another eps", "vareps", f"in test mode eps is "
                     f"{right[0]:g}, in training {p.eps:g}")]
    return [Told("test mode", "xhat", "in test mode y differs in a way that has no "
                 "name: " + compared(y, f.y()), False)]


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
