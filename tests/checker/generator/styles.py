"""How people write a batch norm: one row a choice, after the table of readers.md."""

from types import SimpleNamespace

import numpy as np

FUNCTIONS, CLASSES = ("functions", "methods", "module"), (
    "class", "build", "first", "output")
FLAG = {"training": True, "train": True, "train_flg": True, "is_train": True,
        "is_training": True, "train_mode": True, "eval": False, "predict": False,
        "test": False, "test_mode": False}
WORD = {"mode": ("train", "test"), "phase": ("train", "test")}
HELD = ("kwargs", "attribute", "testing_phase", "switch")
ROWS = {
    "shape": (*FUNCTIONS, *CLASSES, "forward"),
    "methods": (("forward", "backward"), ("forward_pass", "backward_pass"),
                ("feedforward", "backpropagate"), ("fprop", "bprop"),
                ("forward", "derive"), ("forward_impl", "backward_impl"),
                ("__call__", "backward")),
    "names": (("gamma", "beta"), ("W", "b"), ("BW", "Bb"), ("weights", "bias"),
              ("gain", "bias"), ("scale", "shift"), ("a", "b"), ("coef", "offset")),
    "container": ("attribute", "dict", "grads first", "list", "object", "val",
                  "property"),
    "pshape": ("C", "kept"),
    "grads": ("tuple", "last", "nested", "dict", "d", "grad_", "dLd", "gradient_",
              "held"),
    "back": ("dout", "x dout", "rate", "step", "own step"),
    "mode": (*FLAG, *WORD, *HELD, "none"),
    "ctor": ("size", "shape", "rate", "flags", "optimizer", "settings"),
    "size": ("num_features", "n", "n_features", "dim", "channels", "size", "units",
             "n_in", "input_size", "D", "num_channels", "hidden_size"),
    "layout": ("rows", "columns", "nchw", "nhwc", "flat", "spatial"),
    "running": ("none", "old", "new", "last", "cumulative"),
    "unbiased": (False, False, True),
    "start": ("ones", "zeros", "none"),
    "stats": (("running_mean", "running_var"), ("moving_mean", "moving_var"),
              ("run_mean", "run_var"), ("running_M", "running_V")),
    "eps": ("argument", "constant"),
    "value": ("1e-5", "1e-8", "1e-3", "10e-7"),
    "forward": ("staged", "through std", "short", "inverse"),
    "backward": ("staged", "accumulating", "through std", "paper", "closed over N",
                 "closed with means", "closed in dgamma"),
    "branch": ("else", "select"),
    "mean": ("np.mean", "method", "sum over N", "N first"),
    "kept": (False, False, True),
    "cache": ("tuple", "list", "dict", "object", "values", "attributes"),
    "returns": ("cache", "running", "dict"),
    "naming": ("graph", "blog", "assignment", "paper", "short", "long"),
    "prefix": ("d", "d_", "grad_", "delta_"),
    "x": ("x", "X", "Z", "inputs", "input_tensor"),
    "dy": ("dout", "dY", "dZ", "dvalues", "error_tensor", "upstream"),
    "functions": (("batchnorm_forward", "batchnorm_backward"),
                  ("bn_forward", "bn_backward"),
                  ("batch_norm_forward", "batch_norm_backward"),
                  ("batchnorm_fwd", "batchnorm_bwd")),
}
NAMES = {
    "graph": {},
    "blog": {"std": "sqrtvar", "gx": "gammax", "y": "out"},
    "assignment": {"mu": "sample_mean", "var": "sample_var", "xhat": "x_norm",
                   "xmu": "x_centered", "std": "sample_std", "y": "out"},
    "paper": {"mu": "mean", "var": "variance", "xhat": "x_hat", "xmu": "x_mu"},
    "short": {"xmu": "xc", "xhat": "xn", "mu": "m", "var": "v", "std": "s", "y": "o"},
    "long": {"mu": "batch_mean", "xmu": "deviation", "sq": "squared", "xhat": "normed",
             "var": "batch_var", "std": "root", "ivar": "inv_std", "y": "result"},
}


def sample(rng):
    """A person's choices, a namespace with a value for each row; seeded by rng."""
    c = SimpleNamespace(**{row: values[rng.integers(len(values))]
                           for row, values in ROWS.items()})
    odd = rng.random(8) < (0.6, 0.4, 0.3, 0.15, 0.75, 0.3, 0.3, 0.5)
    c.layout = "rows" if odd[0] else c.layout
    if c.layout == "columns":
        c.kept, c.pshape = True, "kept"
    if c.layout in ("flat", "spatial", "nchw", "nhwc"):
        c.kept = c.layout == "nchw"
    if c.layout in ("flat", "spatial"):
        c.pshape = "C"
    c.momentum = bool(odd[2])
    c.wide = bool(odd[3]) and c.layout == "rows"  # gradients keep dims, gamma does not
    _fit_algorithm(c)
    (_fit_functions if c.shape in (*FUNCTIONS, "forward") else _fit_class)(c, odd)
    c.mode = "none" if c.running == "none" else c.mode
    c.unbiased = c.unbiased and c.running in ("old", "new")
    return c


def _fit_algorithm(c):
    if c.forward in ("staged", "through std") or c.running == "none":
        c.branch = "else"
    if c.backward == "closed in dgamma" and c.layout == "nchw" and c.pshape == "C":
        c.backward = "closed with means"


def _fit_functions(c, odd):
    c.container, c.back, c.ctor = "argument", "dout", "none"
    c.cache = "dict" if c.cache == "attributes" else c.cache
    if c.cache == "values" and c.layout == "spatial":
        c.cache = "tuple"
    c.grads = c.grads if c.grads in ("last", "dict", "nested") and odd[1] else "tuple"
    c.running = {"cumulative": "old", "last": "new"}.get(c.running, c.running)
    c.mode = c.mode if c.mode in FLAG or c.mode in WORD else "bn_param"
    c.returns = "cache" if c.running == "none" or c.mode == "bn_param" else (
        "dict" if c.returns == "dict" else "running")
    c.start = "ones" if c.returns != "cache" or c.start == "none" else c.start
    if c.cache == "values" or c.shape == "forward":
        c.running, c.returns, c.branch = "none", "cache", "else"


def _fit_class(c, odd):
    c.returns = "cache"
    c.cache = "attributes" if odd[4] or c.cache == "values" else c.cache
    c.container = "attribute" if odd[5] else c.container
    c.back = "dout" if odd[7] else c.back
    if "step" in c.back:
        c.container = "dict" if c.container == "dict" else "attribute"
        c.grads = "none"
    elif c.container in ("object", "val", "list", "grads first"):
        c.grads = "held"
    elif c.grads in (("tuple", "last", "nested", "dict") if c.shape == "output"
                     else ()) + ("held",) * (c.container != "dict"):
        c.grads = "d"
    if c.shape == "output":
        c.methods = ("forward", "backward")
    if c.shape in ("build", "first"):
        c.ctor = c.ctor if c.ctor in ("rate", "flags", "optimizer") else "settings"
    elif c.ctor == "flags":
        c.ctor = "size"
    if c.shape == "first" or c.layout == "flat":
        c.start = "none" if c.shape == "first" else "ones"
    if c.ctor == "flags":  # `scale` is a switch there
        c.names = ("gamma", "beta")
    if c.ctor in ("settings", "flags"):
        c.eps, c.momentum = "argument", True
    c.wide = c.wide and "step" not in c.back


def choices(count, seed):
    """`count` people's choices."""
    rng = np.random.default_rng(seed)
    return [sample(rng) for _ in range(count)]
