"""Calling a reader's code: what its arguments and attributes mean, and what it raised.

Arguments and attributes are known by their names. NAMES lists what each thing is
called; underscores and capitals do not count.
"""

import importlib
import inspect
import traceback
import warnings
from pathlib import Path

import numpy as np


def _all(words):
    """What averages of something are called."""
    kinds = "running moving run mov move avg pop global ema"
    return " ".join(kind + word for kind in kinds.split() for word in words.split())


NAMES = {
    "x": "x input inputs inp a h batch data inputtensor inputdata z xbatch feature in",
    "gamma": "gamma g weight weights scale scaler gammas w bw gain coef gammaparam",
    "beta": "beta b bias biases shift intercept offset betas bb betaparam",
    "eps": "eps epsilon e",
    "momentum": "momentum mom decay rho alpha movingdecay momenti",
    "bn_param": "bnparam bnparams param params config cfg options opts hyperparams",
    "mode": "mode phase",
    "training": "training train istraining trainflg trainflag istrain trainable",
    "testing": "test testing istest inference eval evaluate predict testingphase",
    "running_mean": f"rm meanrunning meanavg meanmov {_all('mean means mu m avg')}",
    "running_var": f"rv varrunning varavg varmov {_all('var vars variance v std')}",
    "ndim": "numdims ndims ndim dimensions ndimensions",
    "features": "numfeatures features d c dim size nfeatures channels nchannels "
                "numchannels nin inputdim inputsize n width nfeat nfeats dims shape "
                "inputshape units nunits ninputs inputs numunits hidden nodes "
                "hiddensize nneurons neurons infeatures inchannels inputdims "
                "layersize outputsize outchannels outfeatures inputfeatures insize "
                "hiddendim outputdim outdim nhidden inputchannels outputchannels",
    "dy": "dy dout upstream grad gradoutput dldy dlout dz g delta gout gradout dnext "
          "gy dloss doutput outgrad grady dvalues accumgrad errortensor error "
          "dldbz da outputgradient gradient outputgrad topgrad dldz err eta douty "
          "gradientoutput upstreamgrad upstreamgradient delt gradin",
    "cache": "cache ctx saved memory context caches", "context": "ctx context",
    "mu": "mu mean mn samplemean batchmean xmean", "sq": "sq xmusq",
    "xmu": "xmu xm xc centered centred xcentered xcentred dev deviation",
    "var": "var samplevar batchvar variance xvar",
    "vareps": "vareps", "std": "std sqrtvar sigma stddev sd s root denom",
    "ivar": "ivar invstd istd invvar rstd invsqrtvar",
    "xhat": "xhat xnorm xnormalized normalized normed xn xnormalised",
    "gx": "gx gammax", "y": "y out output outputs result activations",
    "learning_rate": "learningrate lr alpha eta rate step stepsize lrate",
    "optimizer": "optimizer optim opt optimiser", "name": "name layername",
    "index": "layeridx layerindex index idx i l layer layerid",
    "batch_size": "batchsize bs batch m minibatchsize", "dtype": "dtype",
    "p": "p prob rate dropprob droprate dropoutrate keepprob keep prop dropout "
         "probability dropratio rho",
    "rng": "rng generator random randomstate", "seed": "seed",
    "w": "w weight weights filters kernel kernels filter f theta",
    "b": "b bias biases", "groups": "g groups numgroups ngroups",
    "labels": "y label labels target targets t ytrue truth",
    "slope": "alpha slope negativeslope leak", "stride": "stride strides s",
    "height": "height poolheight hh kh ph", "width": "width poolwidth ww kw pw",
    "size": "f k size poolsize kernelsize filtersize windowsize", "pad": "pad padding",
    "outputs": "outputs nout outchannels numfilters nfilters outputsize outputdim "
               "outfeatures units nneurons",
}
MEANS = {}
for _meaning, _words in NAMES.items():
    for _word in _words.split():
        MEANS.setdefault(_word, []).append(_meaning)


def meanings(name):
    """What a name may mean, the likeliest first."""
    return MEANS.get(name.lower().replace("_", ""), [])


class Broke(Exception):
    """The reader's code raised, or gave what is of no use; its message is one line.

    `__cause__` is what the reader's code raised. Nothing else is told as the reader's:
    any other exception is bnbook's own.
    """


NOT_THEIRS = ("<frozen", *(f"{Path(file).parent}/" for file in (
    Path(__file__).parent, np.__file__, importlib.__file__)))


def attempt(f, *args, **kwargs):
    """f's result; what it raises becomes Broke, in one line that says where."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return f(*args, **kwargs)
        except (Broke, KeyboardInterrupt):
            raise
        except BaseException as error:  # sys.exit() among them
            raise Broke(_line(error)) from error


def number(name, a, shape=None):
    """What the reader's code gave, all of it, as an array; Broke if it is of no use."""
    a = attempt(np.asarray, a)
    a = a.astype(float) if a.dtype == bool else a
    if a.dtype.kind not in "iuf":
        raise Broke(f"{name} came back as {a.dtype}, expected real numbers")
    if shape not in (None, a.shape):
        raise Broke(f"{name} came back in shape {a.shape}, expected {shape}")
    return a


def _line(error):
    words = " ".join(str(error).split())
    theirs = [frame for frame in traceback.extract_tb(error.__traceback__)
              if not frame.filename.startswith(NOT_THEIRS)]
    place = f" (in {theirs[-1].name}, line {theirs[-1].lineno})" if theirs else ""
    return f"{type(error).__name__}{': ' * bool(words)}{words[:200]}{place}"


def parameters(f):
    """The parameters of a callable, without *args and **kwargs; none if unknown.

    Behind **kwargs stand those of the method that it overrides, by name.
    """
    try:
        found = [*inspect.signature(f).parameters.values()]
    except (TypeError, ValueError):
        return []
    own = [p for p in found if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if any(p.kind is p.VAR_KEYWORD for p in found):
        names = {p.name for p in own}
        own += [p.replace(kind=p.KEYWORD_ONLY) for p in overridden(f)
                if p.name not in names]
    return own


def overridden(f):
    """The parameters of the method that a class's, or an object's, stands before."""
    made = f if inspect.isclass(f) else type(getattr(f, "__self__", None))
    name = "__init__" if inspect.isclass(f) else getattr(f, "__name__", "")
    homes = [home for home in made.__mro__ if name in vars(home)][1:2]
    return [p for home in homes if home is not object
            for p in parameters(vars(home)[name])[1:]]


def asks_for(f, wanted):
    """Whether a parameter of f is called so."""
    return any(wanted in meanings(p.name) for p in parameters(f))
