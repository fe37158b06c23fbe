"""A reader's forward in test mode, and a backward after it."""

from types import SimpleNamespace

import numpy as np

from bnbook.check.diagnosis.calls import Broke
from bnbook.check.diagnosis.probes import EPSILONS, compared, error, fits, observe
from bnbook.check.diagnosis.told import Told, note

CLOSE, FLOAT32 = 1e-7, 2e-5
NO_SWITCH = note("no test mode", "y", "no way to run it in test mode was found; if "
                 "there is one, --train NAME tells")
NO_RUNNING = note("no test mode", "y", "no running statistics were found, and test "
                  "mode is not judged; if there are any, --running-mean and "
                  "--running-var tell")
MOVES = Told("test mode moves the statistics", "mu", "the running statistics change in "
             "test mode")
NO_BACKWARD = note("no backward in test mode", "x", "there is no backward after a "
                   "forward in test mode")
TRAINED = note("training gradient after a test forward", "x", "backward after a "
               "forward in test mode returns the gradient of the training forward "
               "before it")
BATCH = ("test mode uses the batch", "mu", "your forward uses the batch's statistics, "
         "not the running ones")
WRONG = (  # name, node, words, what stands for mean, divisor, gamma and beta
    (*BATCH, lambda v: {"mean": v.mu, "divisor": np.sqrt(v.batch_var + v.eps)}),
    ("test mode, the batch's mean", "mu", "the mean is the batch's, not the running "
     "one", lambda v: {"mean": v.mu}),
    ("test mode, the batch's variance", "var", "the variance is the batch's, not the "
     "running one", lambda v: {"divisor": np.sqrt(v.batch_var + v.eps)}),
    ("test mode, eps forgotten", "vareps", "eps is left out",
     lambda v: {"divisor": np.sqrt(v.var)}),
    ("test mode, eps outside the root", "vareps", "eps stands outside the root",
     lambda v: {"divisor": np.sqrt(v.var) + v.eps}),
    ("test mode, root forgotten", "std", "the root is left out",
     lambda v: {"divisor": v.var + v.eps}),
    ("test mode, root forgotten", "std", "the root and eps are left out",
     lambda v: {"divisor": v.var}),
    ("test mode, not scaled", "std", "xmu is not divided", lambda v: {"divisor": 1.0}),
    ("test mode, (xhat + beta) * gamma", "gx", "β is inside γ's product",
     lambda v: {"beta": v.gamma * v.beta}),
    ("test mode, beta forgotten", "y", "β is left out", lambda v: {"beta": 0.0}),
    ("test mode, gamma forgotten", "gx", "γ is left out", lambda v: {"gamma": 1.0}),
    ("test mode, both forgotten", "gx", "γ and β are left out",
     lambda v: {"gamma": 1.0, "beta": 0.0}))


def test_mode(reader, p):
    """What a forward in test mode, and a backward after it, do."""
    if reader.takes_eps:
        p = p._replace(eps=0.1)  # large enough to be seen beside a variance of 1
    before = p._replace(x=p.x[::-1].copy())  # not the batch of the test
    trained = observe(reader, before).results
    session = reader.start(p.gamma.copy(), p.beta.copy(), p.eps)
    if reader.kind == "layer" and not session.switches:
        return [NO_SWITCH]
    if reader.kind == "layer" and not reader.reading.running:
        return [by_practice(session, p, trained["y"][::-1]) or NO_RUNNING]
    rng = np.random.default_rng(4)
    spread = min(1, 1e3 * p.eps) or 1  # so that eps shows
    kept = rng.normal(size=p.gamma.size), spread * rng.uniform(0.5, 2, p.gamma.size)
    session.forward(before.x.copy())  # some keep nothing before it
    if not session.set_running(*kept):
        return []
    old = session.running()  # as the code keeps them, in float32 say
    y = session.forward(p.x.copy(), training=False)
    told, now = _output(y, p, *kept, trained["y"][::-1]), session.running()
    if now is not None and not all(map(np.array_equal, now, old)):
        told.append(MOVES)
    return told or _after_test(session, p, trained)


def by_practice(session, p, trained):
    """A fault: after much training on one batch test mode gives another y; None where
    it gives the same, or where the statistics still move.
    """
    seen = []
    for _ in range(2):
        for _ in range(300):
            session.forward(p.x.copy())
        seen.append(session.forward(p.x.copy(), training=False))
    if error(*seen) > CLOSE or error(seen[1], trained) < 0.3:  # unbiased, say
        return None
    return Told("test mode", "xhat", "in test mode y is another one, though one batch "
                "was all the training: " + compared(seen[1], trained), False)


def _values(p, mean, var):
    """All that the rows of WRONG read, in shapes that go with x."""
    shape, axes = (-1, *[1] * (p.x.ndim - 2)), tuple({*range(p.x.ndim)} - {1})
    return SimpleNamespace(
        x=p.x, eps=p.eps, mean=mean.reshape(shape), var=var.reshape(shape),
        gamma=p.gamma.reshape(shape), beta=p.beta.reshape(shape),
        mu=p.x.mean(axes, keepdims=True), batch_var=p.x.var(axes, keepdims=True))


def _normalized(v, eps=None, **other):
    """y by running statistics, or by what stands in their place."""
    root = np.sqrt(v.var + (v.eps if eps is None else eps))
    made = SimpleNamespace(**{**vars(v), "divisor": root, **other})
    return made.gamma * (v.x - made.mean) / made.divisor + made.beta


def _output(y, p, mean, var, trained):
    """A fault of y in test mode; eps may be any, unless training showed which."""
    v = _values(p, mean, var)
    off = error(trained, _normalized(v, **WRONG[0][-1](v)))
    close = FLOAT32 if CLOSE < off < FLOAT32 else CLOSE
    right = [eps for eps in (p.eps, *EPSILONS) if fits(y, _normalized(v, eps), close)]
    if right and (off >= FLOAT32 or right[0] == p.eps):
        return []
    if fits(y, trained, close):
        return [_told(*BATCH)]
    for *row, other in WRONG:
        if fits(y, _normalized(v, **other(v)), close):
            return [_told(*row)]
    if right:
        return [_told("test mode, another eps", "vareps", f"eps is {right[0]:g}, in "
                      f"training {p.eps:g}")]
    return [Told("test mode", "xhat", "in test mode y differs in a way that has no "
                 "name: " + compared(y, _normalized(v)), False)]


def _told(name, node, words):
    return Told(name, node, f"in test mode {words}")


def _after_test(session, p, trained):
    """Told where backward after a test forward returns the training gradient."""
    if "x" not in trained:
        return []
    try:
        dx = session.backward(p.dy.copy())["x"]
    except Broke:
        return [NO_BACKWARD]
    return [TRAINED] if error(dx, trained["x"]) <= CLOSE else []
