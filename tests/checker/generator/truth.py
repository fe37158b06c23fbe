"""Whether a submission is right: by the formula, and by differences of the formula.

It is run by its own statements (`Submission.calls`); the label plays no part.
"""

import types

import numpy as np

AXES = {"columns": (1,), "nchw": (0, 2, 3), "nhwc": (0, 1, 2), "spatial": (0, 2, 3)}
SHAPES = {"columns": (4, 6), "nchw": (5, 4, 2, 3), "nhwc": (5, 2, 3, 4),
          "spatial": (5, 4, 2, 3)}
MEMORY = {"old": 0.9, "new": 0.9, "last": 0.0}


def formula(c, x, gamma, beta, mean=None, var=None):
    """Batch norm with this style's eps and axes; gamma, beta and statistics spread."""
    axes = AXES.get(c.layout, (0,))
    mean = x.mean(axes, keepdims=True) if mean is None else mean
    var = ((x - mean) ** 2).mean(axes, keepdims=True) if var is None else var
    return gamma * (x - mean) / np.sqrt(var + float(c.value)) + beta


def derivative(function, at, dy, step=1e-30):
    """The gradient of Σ dy · function(at) by complex steps, one value at a time."""
    grad = np.zeros(at.shape)
    for index in np.ndindex(at.shape):
        moved = at.astype(complex)
        moved[index] += 1j * step
        grad[index] = (dy * function(moved)).sum().imag / step
    return grad


def spread(c, values):
    """One value a feature in the shape that multiplies an input."""
    axes, shape = AXES.get(c.layout, (0,)), SHAPES.get(c.layout, (6, 4))
    return np.reshape(values, [1 if k in axes else n for k, n in enumerate(shape)])


class Trial:
    """A submission's module, and an instance that is given data of its layout."""

    def __init__(self, submission, seed=0):
        self.sub, self.c = submission, submission.choices
        self.rng = np.random.default_rng(seed)
        module = types.ModuleType("submission")
        exec(compile(submission.text, "submission", "exec"), module.__dict__)
        shape = (4, 1) if self.c.layout == "columns" else (4,)
        if self.c.pshape == "kept":
            shape = spread(self.c, np.zeros(4)).shape
        stat = spread(self.c, np.zeros(4)).shape if self.c.kept else (4,)
        self.space = {"mod": module, "np": np, "C": 4, "S": stat,
                      "gamma": self.rng.uniform(0.5, 2, shape),
                      "beta": self.rng.normal(size=shape)}
        self.batch()
        self.call("make")
        self.call("set")

    def batch(self):
        """Another batch and upstream gradient."""
        shape = SHAPES.get(self.c.layout, (6, 4))
        scale = spread(self.c, [1, 0.02, 5, 0.3])
        x = self.rng.normal(size=shape) * scale + spread(self.c, [0.5, -2, 3, 1])
        self.space |= {"x": x, "dy": self.rng.normal(size=shape)}

    def call(self, name):
        """Run one of the submission's statements; what it has made."""
        exec(self.sub.calls[name], self.space)
        return self.space

    def held(self):
        """x, gamma, beta, dy as they are now, the parameters spread."""
        s = self.space
        return [s["x"].copy(), spread(self.c, s["gamma"]).copy(),
                spread(self.c, s["beta"]).copy(), s["dy"].copy()]

    def statistics(self):
        """Running mean and variance, spread, or None before there are any."""
        s = self.call("stats")
        pair = s["rmean"], s["rvar"]
        return None if any(np.size(a) != 4 or a is None for a in pair) else [
            spread(self.c, np.array(a, float)) for a in pair]


def near(a, b):
    """Whether two arrays are the same but for rounding."""
    a, b = np.asarray(a), np.asarray(b)
    return a.size == b.size and bool(np.allclose(
        a.reshape(b.shape), b, rtol=1e-9, atol=1e-11 * (1 + np.abs(b).max()),
        equal_nan=True))


@np.errstate(all="ignore")
def tried(submission, seed=0):
    """{part: whether it is right}, the parts that this style has; `runs` if not."""
    found = {}
    try:
        trial = Trial(submission, seed)
        for part in (gradients, second, inference):
            found = {k: v and found.get(k, True)
                     for k, v in {**found, **part(trial)}.items()}
    except Exception as error:
        found["runs"] = False
        found["error"] = f"{type(error).__name__}: {error}"
    return found


def gradients(trial):
    """y and the gradients, on one batch, and whether the arrays are as they were."""
    c, before = trial.c, trial.held()
    x, gamma, beta, dy = before
    s = trial.call("train")
    found = {"y": near(s["y"], formula(c, x, gamma, beta))}
    if c.shape != "forward":
        trial.call("back")
        wanted = {"dx": (derivative(lambda a: formula(c, a, gamma, beta), x, dy)),
                  "dgamma": derivative(lambda a: formula(c, x, a, beta), gamma, dy),
                  "dbeta": derivative(lambda a: formula(c, x, gamma, a), beta, dy)}
        found |= {name: near(s[name], grad) for name, grad in wanted.items()}
        again = {name: np.array(s[name]) for name in wanted}
        if "step" not in c.back:
            trial.call("back")
            found["conduct"] = all(near(s[n], again[n]) for n in again)
    kept = all(np.array_equal(a, b) for a, b in zip(before, trial.held()))
    return found | {"conduct": kept and found.get("conduct", True)}


def second(trial):
    """A second batch: the gradients are its own, the statistics move as they should."""
    c, moves = trial.c, trial.c.running != "none"
    before = trial.statistics() if moves else None
    trial.batch()
    trial.call("set")
    x, gamma, beta, dy = trial.held()
    s, found = trial.call("train"), {}
    if c.shape != "forward":
        trial.call("back")
        grad = derivative(lambda a: formula(c, a, gamma, beta), x, dy)
        found["dx"] = near(s["dx"], grad)
    if moves:
        found["running statistics"] = followed(trial, before, x)
    return found


def followed(trial, before, x):
    """Whether the statistics are what this style makes of the old and of a batch."""
    c, axes = trial.c, AXES.get(trial.c.layout, (0,))
    now = trial.statistics()
    count = x.size // 4
    new = [x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
           * (count / (count - 1) if c.unbiased else 1)]
    if before is None or now is None:
        return False
    seen = 2 if c.shape == "first" else 1
    kept = MEMORY.get(c.running, seen / (seen + 1))
    return all(near(a, kept * b + (1 - kept) * n)
               for a, b, n in zip(now, before, new))


def inference(trial):
    """Test mode: y by the statistics held, and they stay."""
    c = trial.c
    if c.mode == "none":
        return {}
    before = trial.statistics()
    trial.batch()
    trial.call("set")
    x, gamma, beta, _ = trial.held()
    y = np.array(trial.call("test")["y"])
    right = before is not None and near(y, formula(c, x, gamma, beta, *before))
    stays = all(near(a, b) for a, b in zip(before or (), trial.statistics() or ()))
    return {"test mode": right and stays}


def right(found):
    """Whether all parts are right."""
    return found.get("runs", True) and all(
        value for name, value in found.items() if name != "error")
