"""Calling a reader's code: what its arguments and attributes mean, and what it raised.

Arguments and attributes are known by their names. NAMES lists what each thing is
called; underscores and capitals do not count.
"""

import inspect
import traceback
import warnings

import numpy as np

NAMES = {
    "x": "x input inputs inp a h batch data",
    "gamma": "gamma g weight scale scaler gammas",
    "beta": "beta b bias shift intercept offset betas",
    "eps": "eps epsilon e",
    "momentum": "momentum mom decay rho",
    "bn_param": "bnparam bnparams param params config cfg options opts hyperparams",
    "mode": "mode",
    "training": "training train istraining trainflg trainflag istrain trainable",
    "testing": "test testing istest inference eval evaluate",
    "running_mean": "runningmean movingmean runmean runningmu movmean avgmean rm "
                    "popmean runningmeans movingmu runningavg meanrunning emamean",
    "running_var": "runningvar movingvar runvar runningvariance movingvariance "
                   "movvar avgvar rv popvar varrunning emavar",
    "features": "numfeatures features d c dim size nfeatures channels nchannels "
                "numchannels nin inputdim inputsize n width nfeat nfeats dims shape",
    "dy": "dy dout upstream grad gradoutput dldy dlout dz g delta gout gradout dnext "
          "gy dloss doutput outgrad grady",
    "cache": "cache ctx saved memory context",
    "mu": "mu mean mn samplemean batchmean xmean", "sq": "sq xmusq",
    "xmu": "xmu xm xc centered centred xcentered xcentred dev deviation",
    "var": "var samplevar batchvar variance xvar",
    "vareps": "vareps", "std": "std sqrtvar sigma stddev",
    "ivar": "ivar invstd istd invvar rstd invsqrtvar",
    "xhat": "xhat xnorm xnormalized normalized normed xn xnormalised",
    "gx": "gx gammax", "y": "y out output",
    "p": "p prob rate dropprob droprate keepprob keep prop dropout",
    "dropout_param": "dropoutparam dropoutparams param params config",
    "rng": "rng generator random randomstate", "pool_param": "poolparam param params",
    "conv_param": "convparam param params", "w": "w weight weights filters kernel f",
    "height": "height poolheight hh kh ph", "width": "width poolwidth ww kw pw",
    "stride": "stride s", "pad": "pad padding",
}
MEANS = {}
for _meaning, _words in NAMES.items():
    for _word in _words.split():
        MEANS.setdefault(_word, []).append(_meaning)


def meanings(name):
    """What a name may mean, the likeliest first."""
    return MEANS.get(name.lower().replace("_", ""), [])


class Broke(Exception):
    """The reader's code raised, or gave what is of no use; its message is one line."""


def attempt(f, *args, **kwargs):
    """f's result; what it raises becomes Broke, in one line that says where."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return f(*args, **kwargs)
        except Broke:
            raise
        except (Exception, SystemExit) as error:
            raise Broke(_line(error)) from error


def _line(error):
    words = " ".join(str(error).split())
    theirs = [frame for frame in traceback.extract_tb(error.__traceback__)
              if frame.filename != __file__
              and not any(word in frame.filename for word in (
                  "numpy", "<frozen", "importlib", "modules.py"))]
    place = f" (in {theirs[-1].name}, line {theirs[-1].lineno})" if theirs else ""
    return f"{type(error).__name__}: {words[:200]}{place}"


def parameters(f):
    """The parameters of a callable, without *args and **kwargs; none if unknown."""
    try:
        found = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p for p in found if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]


def meaning(name, given):
    """Which of the things in `given` a name means, or None."""
    return next((m for m in meanings(name) if m in given), None)


def call(f, given, order):
    """f with what its parameters ask for: by name, or else the next of `order`.

    given: meaning -> value. A parameter with a default is left alone if its name says
    nothing.
    """
    by_name = {p.name: meaning(p.name, given) for p in parameters(f)}
    left = [m for m in order if m in given and m not in by_name.values()]
    args, kwargs = [], {}
    for p in parameters(f):
        asked = by_name[p.name]
        if asked is None:
            if p.default is not p.empty:
                continue
            if not left:
                raise Broke(f"{getattr(f, '__name__', f)} asks for {p.name!r}, "
                            "which means nothing here")
            asked = left.pop(0)
        if p.kind is p.POSITIONAL_ONLY:
            args.append(given[asked])
        else:
            kwargs[p.name] = given[asked]
    if not parameters(f):
        args = [given[m] for m in order if m in given]
    return attempt(f, *args, **kwargs)


def asks_for(f, wanted):
    """Whether a parameter of f is called so."""
    return any(wanted in meanings(p.name) for p in parameters(f))


def holders(thing):
    """Every dict in which a layer may keep its arrays: its own, and those in it."""
    own = getattr(thing, "__dict__", {})
    return [own, *(value for value in list(own.values()) if isinstance(value, dict))]


def find(thing, wanted, prefixes=("",), suffixes=("",), inside=None):
    """(dict, key) where a layer keeps something, or None."""
    for holder in holders(thing) if inside is None else inside:
        for key in list(holder):
            word = str(key).lower().replace("_", "")
            for a in prefixes:
                for b in suffixes:
                    core = word[len(a):len(word) - len(b)]
                    if (word == a + core + b and wanted in MEANS.get(core, [])
                            and holder[key] is not None):
                        return holder, key
    return None
