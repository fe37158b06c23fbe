"""Kinds: a whole module is read pair by pair, each as what it is."""

import inspect
import linecache
import types

import numpy as np
import pytest

import bnbook.cs231n
from bnbook.check import diagnose
from bnbook.check.command.verdict_data import told
from bnbook.check.diagnosis.diagnose import KINDS

FUNCTIONS = '''
import numpy as np

def affine_forward(x, w, b):
    return x.reshape(len(x), -1) @ w + b, (x, w, b)

def affine_backward(dout, cache):
    x, w, b = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(0)

def relu_forward(x):
    return np.maximum(0, x), x

def relu_backward(dout, cache):
    return dout * (cache > 0)

def leaky_relu_forward(x, alpha=0.01):
    return np.where(x > 0, x, alpha * x), (x, alpha)

def leaky_relu_backward(dout, cache):
    x, alpha = cache
    return np.where(x > 0, 1, alpha) * dout

def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps = bn_param["mode"], bn_param.get("eps", 1e-5)
    k, (N, D) = bn_param.get("momentum", 0.9), x.shape
    rm = bn_param.get("running_mean", np.zeros(D))
    rv = bn_param.get("running_var", np.zeros(D))
    m, v = (x.mean(0), x.var(0)) if mode == "train" else (rm, rv)
    if mode == "train":
        bn_param["running_mean"] = k * rm + (1 - k) * m
        bn_param["running_var"] = k * rv + (1 - k) * v
    s = np.sqrt(v + eps)
    xh = (x - m) / s
    return gamma * xh + beta, (xh, s, gamma, mode)

def batchnorm_backward(dout, cache):
    xh, s, gamma, mode = cache
    d = dout * gamma
    dx = d / s
    if mode == "train":
        dx = (d - d.mean(0) - xh * (d * xh).mean(0)) / s
    return dx, (dout * xh).sum(0), dout.sum(0)

def layernorm_forward(x, gamma, beta, ln_param):
    s = np.sqrt(x.var(1, keepdims=True) + ln_param.get("eps", 1e-5))
    xh = (x - x.mean(1, keepdims=True)) / s
    return gamma * xh + beta, (xh, s, gamma)

def layernorm_backward(dout, cache):
    xh, s, gamma = cache
    d = dout * gamma
    mean = lambda a: a.mean(1, keepdims=True)
    return (d - mean(d) - xh * mean(d * xh)) / s, (dout * xh).sum(0), dout.sum(0)

def rmsnorm_forward(x, gamma, eps=1e-8):
    r = np.sqrt((x ** 2).mean(1, keepdims=True) + eps)
    return gamma * x / r, (x, r, gamma)

def rmsnorm_backward(dout, cache):
    x, r, gamma = cache
    d, xh = dout * gamma, x / r
    return (d - xh * (d * xh).mean(1, keepdims=True)) / r, (dout * xh).sum(0)

def dropout_forward(x, dropout_param):
    p, mode = dropout_param["p"], dropout_param["mode"]
    mask = (np.random.rand(*x.shape) < p) / p
    return (x * mask if mode == "train" else x), (mode, mask)

def dropout_backward(dout, cache):
    mode, mask = cache
    return dout * mask if mode == "train" else dout

def conv_forward_naive(x, w, b, conv_param):
    k, p = conv_param["stride"], conv_param["pad"]
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    N, C, H, W = xp.shape
    F, C, HH, WW = w.shape
    out = np.zeros((N, F, 1 + (H - HH) // k, 1 + (W - WW) // k))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            part = xp[:, :, i * k:i * k + HH, j * k:j * k + WW]
            out[:, :, i, j] = np.tensordot(part, w, ((1, 2, 3), (1, 2, 3))) + b
    return out, (x, w, b, conv_param)

def conv_backward_naive(dout, cache):
    x, w, b, conv_param = cache
    k, p = conv_param["stride"], conv_param["pad"]
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    dxp, dw, (HH, WW) = np.zeros_like(xp), np.zeros_like(w), w.shape[2:]
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            here = (slice(None), slice(None), slice(i * k, i * k + HH),
                    slice(j * k, j * k + WW))
            dxp[here] += np.tensordot(dout[:, :, i, j], w, 1)
            dw += np.tensordot(dout[:, :, i, j].T, xp[here], 1)
    H, W = x.shape[2:]
    return dxp[:, :, p:p + H, p:p + W], dw, dout.sum((0, 2, 3))

def max_pool_forward_naive(x, pool_param):
    h, w, k = [pool_param[n] for n in ("pool_height", "pool_width", "stride")]
    N, C, H, W = x.shape
    out = np.zeros((N, C, 1 + (H - h) // k, 1 + (W - w) // k))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            out[:, :, i, j] = x[:, :, i * k:i * k + h, j * k:j * k + w].max((2, 3))
    return out, (x, pool_param)

def max_pool_backward_naive(dout, cache):
    x, pool_param = cache
    h, w, k = [pool_param[n] for n in ("pool_height", "pool_width", "stride")]
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dout.shape):
        part = x[n, c, i * k:i * k + h, j * k:j * k + w]
        dx[n, c, i * k:i * k + h, j * k:j * k + w] += (
            part == part.max()) * dout[n, c, i, j] / (part == part.max()).sum()
    return dx

def avg_pool_forward(x, pool_param):
    h, w, k = [pool_param[n] for n in ("pool_height", "pool_width", "stride")]
    N, C, H, W = x.shape
    out = np.zeros((N, C, 1 + (H - h) // k, 1 + (W - w) // k))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            out[:, :, i, j] = x[:, :, i * k:i * k + h, j * k:j * k + w].mean((2, 3))
    return out, (x.shape, h, w, k)

def avg_pool_backward(dout, cache):
    shape, h, w, k = cache
    dx = np.zeros(shape)
    for n, c, i, j in np.ndindex(dout.shape):
        dx[n, c, i * k:i * k + h, j * k:j * k + w] += dout[n, c, i, j] / (h * w)
    return dx

def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    flat = x.transpose(0, 2, 3, 1).reshape(-1, C)
    out, cache = batchnorm_forward(flat, gamma, beta, bn_param)
    return out.reshape(N, H, W, C).transpose(0, 3, 1, 2), cache

def spatial_batchnorm_backward(dout, cache):
    N, C, H, W = dout.shape
    flat = dout.transpose(0, 2, 3, 1).reshape(-1, C)
    dx, dgamma, dbeta = batchnorm_backward(flat, cache)
    return dx.reshape(N, H, W, C).transpose(0, 3, 1, 2), dgamma, dbeta

def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    N, C, H, W = x.shape
    g = x.reshape(N * G, -1)
    s = np.sqrt(g.var(1, keepdims=True) + gn_param.get("eps", 1e-5))
    xh = ((g - g.mean(1, keepdims=True)) / s).reshape(x.shape)
    return (gamma.reshape(1, C, 1, 1) * xh + beta.reshape(1, C, 1, 1),
            (G, xh, s, gamma.reshape(1, C, 1, 1)))

def spatial_groupnorm_backward(dout, cache):
    G, xh, s, gamma = cache
    N = len(dout)
    d, h = (dout * gamma).reshape(N * G, -1), xh.reshape(N * G, -1)
    dx = (d - d.mean(1, keepdims=True) - h * (d * h).mean(1, keepdims=True)) / s
    return (dx.reshape(dout.shape), (dout * xh).sum((0, 2, 3), keepdims=True),
            dout.sum((0, 2, 3), keepdims=True))

def instancenorm_forward(x, gamma, beta, eps=1e-5):
    s = np.sqrt(x.var((2, 3), keepdims=True) + eps)
    xh = (x - x.mean((2, 3), keepdims=True)) / s
    g, b = gamma[:, None, None], beta[:, None, None]
    return g * xh + b, (xh, s, g)

def instancenorm_backward(dout, cache):
    xh, s, g = cache
    mean = lambda a: a.mean((2, 3), keepdims=True)
    d = dout * g
    return ((d - mean(d) - xh * mean(d * xh)) / s, (dout * xh).sum((0, 2, 3)),
            dout.sum((0, 2, 3)))

def svm_loss(x, y):
    n = np.arange(len(x))
    margins = np.maximum(0, x - x[n, y][:, None] + 1)
    margins[n, y] = 0
    dx = (margins > 0) * 1.0
    dx[n, y] -= dx.sum(1)
    return margins.sum() / len(x), dx / len(x)

def softmax_loss(x, y):
    n = np.arange(len(x))
    p = np.exp(x - x.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    dx = p.copy()
    dx[n, y] -= 1
    return -np.log(p[n, y]).mean(), dx / len(x)

def sgd_momentum(w, dw, config=None):
    config = config or {}
    v = config["velocity"] = 0.9 * config.get("velocity", 0) - 0.01 * dw
    return w + v, config

def rel_error(a, b):
    return np.max(np.abs(a - b))
'''

CLASSES = '''
import numpy as np

class Linear:
    def __init__(self, n_in, n_out):
        self.W = 0.01 * np.random.randn(n_in, n_out)
        self.b = np.zeros(n_out)
    def forward(self, X):
        self.X = X
        return X @ self.W + self.b
    def backward(self, grad):
        self.dW, self.db = self.X.T @ grad, grad.sum(axis=0)
        return grad @ self.W.T

class ReLU:
    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.maximum(0, inputs)
    def backward(self, dvalues):
        self.dinputs = dvalues.copy()
        self.dinputs[self.inputs <= 0] = 0

class LeakyReLU:
    def __init__(self, alpha=0.2):
        self.alpha = alpha
    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, self.alpha * x)
    def backward(self, dy):
        return dy * np.where(self.x > 0, 1, self.alpha)

class BatchNorm:
    def __init__(self, n):
        self.gamma, self.beta = np.ones(n), np.zeros(n)
    def forward(self, x):
        self.s = np.sqrt(x.var(0) + 1e-5)
        self.xh = (x - x.mean(0)) / self.s
        return self.gamma * self.xh + self.beta
    def backward(self, dout):
        self.dgamma, self.dbeta = (dout * self.xh).sum(0), dout.sum(0)
        d = dout * self.gamma
        return (d - d.mean(0) - self.xh * (d * self.xh).mean(0)) / self.s

class LayerNorm:
    def __init__(self, dim, eps=1e-6):
        self.params = {"gamma": np.ones((1, dim)), "beta": np.zeros((1, dim))}
        self.grads, self.eps = {}, eps
    def forward(self, x):
        self.s = np.sqrt(x.var(-1, keepdims=True) + self.eps)
        self.xh = (x - x.mean(-1, keepdims=True)) / self.s
        return self.params["gamma"] * self.xh + self.params["beta"]
    def backward(self, dout):
        self.grads = {"gamma": (dout * self.xh).sum(0), "beta": dout.sum(0)}
        d = dout * self.params["gamma"]
        mean = lambda a: a.mean(-1, keepdims=True)
        return (d - mean(d) - self.xh * mean(d * self.xh)) / self.s

class RMSNorm:
    def __init__(self, dim):
        self.weight = np.ones(dim)
    def forward(self, x):
        self.r = np.sqrt((x * x).mean(-1, keepdims=True) + 1e-6)
        self.x = x
        return x / self.r * self.weight
    def backward(self, dout):
        n = self.x / self.r
        self.weight_grad = (dout * n).sum(0)
        d = dout * self.weight
        return (d - n * (d * n).mean(-1, keepdims=True)) / self.r

class InstanceNorm2d:
    def __init__(self, channels):
        shape = 1, channels, 1, 1
        self.gamma, self.beta = np.ones(shape), np.zeros(shape)
    def forward(self, x):
        self.s = np.sqrt(x.var((2, 3), keepdims=True) + 1e-5)
        self.xh = (x - x.mean((2, 3), keepdims=True)) / self.s
        return self.gamma * self.xh + self.beta
    def backward(self, dout):
        self.dgamma = (dout * self.xh).sum((0, 2, 3), keepdims=True)
        self.dbeta = dout.sum((0, 2, 3), keepdims=True)
        mean = lambda a: a.mean((2, 3), keepdims=True)
        d = dout * self.gamma
        return (d - mean(d) - self.xh * mean(d * self.xh)) / self.s

class GroupNorm:
    def __init__(self, num_groups, num_channels, eps=1e-5):
        self.G, self.eps = num_groups, eps
        self.gamma, self.beta = np.ones(num_channels), np.zeros(num_channels)
    def forward(self, x):
        self.shape = x.shape
        g = x.reshape(len(x), self.G, -1)
        self.s = np.sqrt(g.var(2, keepdims=True) + self.eps)
        self.h = (g - g.mean(2, keepdims=True)) / self.s
        self.xh = self.h.reshape(x.shape)
        return self.gamma[:, None, None] * self.xh + self.beta[:, None, None]
    def backward(self, dout):
        self.dgamma, self.dbeta = (dout * self.xh).sum((0, 2, 3)), dout.sum((0, 2, 3))
        d = (dout * self.gamma[:, None, None]).reshape(self.h.shape)
        mean = lambda a: a.mean(2, keepdims=True)
        return ((d - mean(d) - self.h * mean(d * self.h)) / self.s).reshape(self.shape)

class Dropout:
    def __init__(self, rate):
        self.rate = 1 - rate
    def forward(self, x, training=True):
        if not training:
            return x
        self.mask = np.random.binomial(1, self.rate, x.shape) / self.rate
        return x * self.mask
    def backward(self, dout):
        return dout * self.mask

class Conv2D:
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
        self.W = np.random.randn(out_channels, in_channels, kernel_size, kernel_size)
        self.b, self.k, self.p = np.zeros(out_channels), stride, padding
    def forward(self, x):
        p, k, n = self.p, self.k, self.W.shape[2]
        self.xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        size = [(m - n) // k + 1 for m in self.xp.shape[2:]]
        y = np.zeros((len(x), len(self.W), *size))
        for i, j in np.ndindex(*size):
            here = self.xp[:, :, i * k:i * k + n, j * k:j * k + n]
            y[:, :, i, j] = np.einsum("ncuv,fcuv->nf", here, self.W) + self.b
        return y
    def backward(self, dy):
        p, k, n = self.p, self.k, self.W.shape[2]
        dx, self.dW = np.zeros_like(self.xp), np.zeros_like(self.W)
        self.db = dy.sum((0, 2, 3))
        for i, j in np.ndindex(*dy.shape[2:]):
            here = self.xp[:, :, i * k:i * k + n, j * k:j * k + n]
            self.dW += np.einsum("nf,ncuv->fcuv", dy[:, :, i, j], here)
            dx[:, :, i * k:i * k + n, j * k:j * k + n] += np.einsum(
                "nf,fcuv->ncuv", dy[:, :, i, j], self.W)
        return dx[:, :, p:dx.shape[2] - p, p:dx.shape[3] - p]

class MaxPool2x2:
    def forward(self, x):
        N, C, H, W = x.shape
        self.x = x
        self.cut = x[:, :, :H // 2 * 2, :W // 2 * 2].reshape(N, C, H // 2, 2, W // 2, 2)
        self.y = self.cut.max((3, 5), keepdims=True)
        return self.y[:, :, :, 0, :, 0]
    def backward(self, dy):
        mask = self.cut == self.y
        dx = np.zeros_like(self.x)
        N, C, h, w = dy.shape
        dx[:, :, :2 * h, :2 * w] = (mask / mask.sum((3, 5), keepdims=True) * dy[
            :, :, :, None, :, None]).reshape(N, C, 2 * h, 2 * w)
        return dx

class AveragePooling2D:
    def __init__(self, pool_size=2, strides=2):
        self.n = pool_size
    def forward(self, x):
        self.shape, n = x.shape, 2
        N, C, H, W = x.shape
        cut = x[:, :, :H // n * n, :W // n * n]
        return cut.reshape(N, C, H // n, n, W // n, n).mean((3, 5))
    def backward(self, dy):
        dx = np.zeros(self.shape)
        h, w = dy.shape[2:]
        dx[:, :, :2 * h, :2 * w] = dy.repeat(2, 2).repeat(2, 3) / 4
        return dx

class SoftmaxCrossEntropyLoss:
    def forward(self, logits, labels):
        e = np.exp(logits - logits.max(1, keepdims=True))
        self.p, self.labels = e / e.sum(1, keepdims=True), labels
        return -np.log(self.p[np.arange(len(labels)), labels]).mean()
    def backward(self):
        d = self.p.copy()
        d[np.arange(len(d)), self.labels] -= 1
        return d / len(d)

class HingeLoss:
    def forward(self, scores, target):
        self.t = target
        right = (scores * target).sum(1, keepdims=True)
        self.m = np.maximum(0, scores - right + 1) * (1 - target)
        return self.m.sum() / len(scores)
    def backward(self):
        d = (self.m > 0) * 1.0
        return (d - self.t * d.sum(1, keepdims=True)) / len(d)

class CrossEntropy:
    def forward(self, y_pred, y_true):
        self.p, self.t = np.clip(y_pred, 1e-12, 1), y_true
        return -(y_true * np.log(self.p)).sum() / len(y_pred)
    def backward(self):
        return -self.t / self.p / len(self.p)
'''


def module(text, name="theirs"):
    made = types.ModuleType(name)
    linecache.cache[name] = len(text), None, text.splitlines(True), name
    exec(compile(text, name, "exec"), vars(made))
    for a in vars(made).values():
        if callable(a):
            a.__module__ = name
    return made


def verdicts(found):
    return {d.what: d for d in getattr(found, "each", (found,))}


@pytest.mark.parametrize("text", [FUNCTIONS, CLASSES])
def test_every_pair_and_layer_of_a_strangers_module_is_right(text):
    found = diagnose(module(text))
    wrong = [d for d in verdicts(found).values() if not d.right]
    assert found.ran and not wrong, wrong


def edited(text, *edits):
    for old, new in edits:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    return text


def only(what, text):
    """The verdict of one pair or layer in a module of many."""
    return next(d for name, d in verdicts(diagnose(module(text))).items()
                if name.startswith(what))


def within(text, name, old, new):
    """A text with an edit in the first thing of that name."""
    before, mark, rest = text.partition(f"{name}")
    assert mark and old in rest, (name, old)
    return before + mark + rest.replace(old, new, 1)


MEANS = "(d - mean(d) - xh * mean(d * xh)) / s"
OVERWRITE = "where windows overlap, gradient is lost"
WRONG = [
    ("affine_forward", "@ w + b", "@ w", "y", "the bias is left out"),
    ("affine_forward", "@ w + b", "@ w - b", "y", "the bias is subtracted"),
    ("affine_backward", "dout.sum(0)", "dout.mean(0)", "db", "db is divided by N"),
    ("affine_backward", "(dout @ w.T)", "-(dout @ w.T)", "dx", "wrong sign"),
    ("affine_backward", ".T @ dout,", ".T @ (2 * dout),", "dw", "it is 2 times"),
    ("relu_forward", "np.maximum(0, x)", "np.abs(x)", "y", "y is |x|"),
    ("relu_backward", "cache > 0", "cache >= 0", "dx", "exactly 0"),
    ("relu_backward", "dout * (cache > 0)", "dout", "dx", "where x is negative"),
    ("relu_backward", "dout * (cache > 0)", "dout * (dout > 0)", "dx", "of dy, not"),
    ("relu_backward", "dout * (cache > 0)", "1.0 * (cache > 0)", "dx", "dy is left"),
    ("relu_backward", "dout * (cache > 0)", "dout * np.maximum(cache, 0)", "dx",
     "dy · y"),
    ("leaky_relu_forward", "alpha * x)", "alpha + x)", "y", "y is not that of leaky"),
    ("leaky_relu_backward", "1, alpha) * dout", "1, 0) * dout", "dx", "slope is left"),
    ("leaky_relu_backward", "1, alpha) * dout", "1, alpha)", "dx", "not the gradient"),
    ("leaky_relu_backward", "np.where(x > 0, 1, alpha) * dout", "dout", "dx",
     "dx is dy"),
    ("layernorm_forward", "x.var(1, keepdims=True)", "x.var(0)", "y", "y is not that"),
    ("layernorm_forward", "x.var(1, keepdims=True)", "x.var(1, ddof=1, keepdims=True)",
     "y", "m - 1"),
    ("layernorm_forward", "gamma * xh + beta", "gamma * xh", "y", "beta is left out"),
    ("layernorm_backward", MEANS, "(d - xh * mean(d * xh)) / s", "dx",
     "through the mean"),
    ("layernorm_backward", MEANS, "(d - mean(d)) / s", "dx", "through the variance"),
    ("layernorm_backward", MEANS, "d / s", "dx", "statistics for constants"),
    ("layernorm_backward", "a.mean(1, keepdims=True)", "a.mean(0)", "dx",
     "go over the samples"),
    ("layernorm_backward", "a.mean(1, keepdims=True)",
     "a.sum(1, keepdims=True) / len(a)", "dx", "divide by N"),
    ("layernorm_backward", MEANS,
     "gamma * (dout - mean(dout) - xh * mean(dout * xh)) / s", "dx",
     "belongs inside the means"),
    ("layernorm_backward", "(dout * xh).sum(0)", "(dout * xh).mean(0)", "dgamma",
     "dgamma is divided by N"),
    ("layernorm_backward", "(dout * xh).sum(0), dout.sum(0)",
     "dout.sum(0), (dout * xh).sum(0)", "dgamma", "dgamma is dbeta"),
    ("rmsnorm_forward", "(x ** 2).mean(1, keepdims=True)", "x.var(1, keepdims=True)",
     "y", "y is not that of RMS norm"),
    ("rmsnorm_forward", "gamma * x / r", "x / r", "y", "gamma is left out"),
    ("rmsnorm_forward", "gamma * x / r", "gamma * (x - x.mean(1, keepdims=True)) / r",
     "y", "y is not that of RMS norm"),
    ("rmsnorm_backward", "(d - xh * (d * xh).mean(1, keepdims=True)) / r", "d / r",
     "dx", "for constants"),
    ("rmsnorm_backward", "(dout * xh).sum(0)", "(dout * x).sum(0)", "dgamma",
     "x where xhat"),
    ("dropout_forward", "< p) / p", "< p)", "y", "is not scaled"),
    ("dropout_forward", "< p) / p", "< p) / (1 - p)", "y",
     "divided by the probability"),
    ("dropout_forward", "np.random.rand(*x.shape)", "np.random.rand(x.shape[1])", "y",
     "the mask is one row"),
    ("dropout_forward", 'if mode == "train" else x', 'if mode else x', "test mode",
     "test mode drops"),
    ("dropout_forward", 'if mode == "train" else x', 'if mode == "train" else x * p',
     "test mode", "test mode gives"),
    ("dropout_backward", "dout * mask if", "dout * (mask > 0) if", "dx", "its scale"),
    ("dropout_backward", "dout * mask if", "dout if", "dx", "lacks the mask"),
    ("conv_forward_naive", "(1, 2, 3))) + b", "(1, 2, 3)))", "y", "bias is left out"),
    ("conv_forward_naive", "np.tensordot(part, w,", "np.tensordot(part, "
     "w[:, :, ::-1, ::-1],", "y", "the kernel is turned"),
    ("conv_backward_naive", "dxp[here] +=", "dxp[here] =", "dx", "not the gradient"),
    ("conv_backward_naive", "dw +=", "dw -=", "dw", "wrong sign"),
    ("conv_backward_naive", "dout.sum((0, 2, 3))", "dout.mean((0, 2, 3))", "db",
     "times"),
    ("max_pool_forward_naive", "i * k + h", "i * k + w", "y", "height and width"),
    ("max_pool_forward_naive", ".max((2, 3))", ".mean((2, 3))", "y", "max pool"),
    ("max_pool_backward_naive", "] += (", "] = (", "dx", OVERWRITE),
    ("max_pool_backward_naive", " / (part == part.max()).sum()", "", "dx", "share it"),
    ("max_pool_backward_naive", "part == part.max()) *", "1.0) *", "dx",
     "not the gradient of max pool"),
    ("avg_pool_forward", ".mean((2, 3))", ".sum((2, 3))", "y", "the sum of each"),
    ("avg_pool_backward", " / (h * w)", "", "dx", "the whole gradient"),
    ("avg_pool_backward", "] += dout", "] = dout", "dx", OVERWRITE),
    ("avg_pool_backward", "(h * w)", "(h + w)", "dx", "not the gradient of average"),
    ("spatial_groupnorm_forward", "x.reshape(N * G, -1)", "x.reshape(N, -1)", "y",
     "y is not that of group norm"),
    ("spatial_groupnorm_backward", "(d - d.mean(1, keepdims=True) - h", "(d - h", "dx",
     "through the mean"),
    ("spatial_groupnorm_backward", "dout.sum((0, 2, 3), keepdims=True)",
     "dout.mean((0, 2, 3), keepdims=True)", "dbeta", "times what it should"),
    ("spatial_groupnorm_backward", "(dout * gamma)", "dout", "dx", "gamma is left out"),
    ("instancenorm_forward", "x.mean((2, 3)", "x.mean((1, 2, 3)", "y", "y is not that"),
    ("instancenorm_backward", "(d - mean(d) -", "(d -", "dx", "through the mean"),
    ("instancenorm_backward", "xh * mean(d * xh)) / s", "xh * mean(d * xh))", "dx",
     "not the gradient of instance norm"),
    ("instancenorm_backward", "dout.sum((0, 2, 3)))", "-dout.sum((0, 2, 3)))", "dbeta",
     "wrong sign"),
    ("svm_loss", "margins[n, y] = 0", "pass", "y", "right class is counted"),
    ("svm_loss", "+ 1)", ")", "y", "y is not that of svm loss"),
    ("svm_loss", "dx / len(x)", "dx", "dx", "dx is not divided by N"),
    ("svm_loss", "dx[n, y] -= dx.sum(1)", "pass", "dx", "at the right class"),
    ("svm_loss", "dx[n, y] -= dx.sum(1)", "dx[n, y] -= 1", "dx", "gets -1"),
    ("softmax_loss", "dx[n, y] -= 1", "pass", "dx", "at the right class"),
    ("softmax_loss", "dx / len(x)", "dx", "dx", "dx is not divided by N"),
    ("softmax_loss", ".mean(), dx", ".sum(), dx", "dx", "dx is divided by N"),
    ("softmax_loss", "-np.log(p[n, y])", "-p[n, y]", "y", "softmax loss"),
]


@pytest.mark.parametrize("name, old, new, part, words", WRONG)
def test_a_wrong_one_is_told_at_its_part(name, old, new, part, words):
    start = name.rsplit("_backward")[0].rsplit("_forward")[0]
    d = only(start, within(FUNCTIONS, f"def {name}(", old, new))
    assert d.faults, d
    assert any(f.part == part and words in f.sentence for f in d.faults), d


WRONG_CLASSES = [
    ("Linear", "self.X.T @ grad", "self.X.T @ grad / len(grad)", "dw", "divided by N"),
    ("Linear", "X @ self.W + self.b", "X @ self.W", "y", "the bias is left out"),
    ("ReLU", "<= 0", "< 0", "dx", "exactly 0"),
    ("LeakyReLU", "self.alpha * x)", "self.alpha)", "y", "leaky relu"),
    ("LayerNorm", "(d - mean(d) -", "(d -", "dx", "through the mean"),
    ("LayerNorm", '"beta": dout.sum(0)', '"beta": dout.mean(0)', "dbeta", "divided by"),
    ("RMSNorm", "self.weight_grad = (dout * n)", "self.weight_grad = (dout * self.x)",
     "dgamma", "x where xhat"),
    ("InstanceNorm2d", "mean(d * self.xh)) / self.s", "mean(d)) / self.s", "dx",
     "gradient"),
    ("GroupNorm", "(d - mean(d) -", "(d -", "dx", "through the mean"),
    ("Dropout", "/ self.rate\n        return", "\n        return", "y", "not scaled"),
    ("Conv2D", "self.dW += ", "self.dW = ", "dw", "not the gradient of convolution"),
    ("MaxPool2x2", "/ mask.sum((3, 5), keepdims=True) ", "", "dx", "share it"),
    ("AveragePooling2D", "/ 4", "", "dx", "whole gradient"),
    ("SoftmaxCrossEntropyLoss", "return d / len(d)", "return d", "dx", "not divided"),
    ("HingeLoss", "* (1 - target)", "", "y", "right class is counted"),
    ("CrossEntropy", "return -self.t", "return self.t", "dx", "wrong sign"),
]


@pytest.mark.parametrize("name, old, new, part, words", WRONG_CLASSES)
def test_a_wrong_layer_is_told_at_its_part(name, old, new, part, words):
    d = only(name, within(CLASSES, f"class {name}:", old, new))
    assert any(f.part == part and words in f.sentence for f in d.faults), d


def test_of_ten_pairs_the_three_wrong_ones_are_told():
    text = within(FUNCTIONS, "def layernorm_backward", "- mean(d) ", "")
    text = within(text, "def svm_loss", "dx / len(x)", "dx")
    text = within(text, "def max_pool_backward_naive", "] += (", "] = (")
    found = diagnose(module(text))
    each = verdicts(found)
    assert len(each) > 10
    assert [name for name, d in each.items() if d.faults] == [
        "layernorm_forward with layernorm_backward",
        "max_pool_forward_naive with max_pool_backward_naive", "svm_loss"]
    assert found.ran and not found.right


def test_what_is_unknown_is_named_and_does_not_count():
    found = diagnose(module(FUNCTIONS))
    last = found.each[-1]
    assert last.what == "sgd_momentum, rel_error"
    assert [(f.kind, f.name) for f in last.findings] == [("note", "not checked")]
    assert "Not checked: sgd_momentum, rel_error." in str(found)
    assert found.right


def test_the_command_names_what_is_unknown_too(tmp_path):
    place = tmp_path / "theirs_too.py"
    place.write_text(FUNCTIONS)
    found = told(str(place))
    assert found["outcome"] == "right"
    assert "Not checked: sgd_momentum, rel_error." in found["text"]


UNKNOWN = """
import numpy as np

def softmax(x):
    return np.exp(x) / np.exp(x).sum(1, keepdims=True)

class Sigmoid:
    def forward(self, x):
        self.y = 1 / (1 + np.exp(-x))
        return self.y
    def backward(self, dout):
        return dout * self.y * (1 - self.y)
"""


def test_a_module_of_unknown_things_is_not_run_and_says_what_is_accepted():
    found = diagnose(module(UNKNOWN))
    assert not found.ran
    line, = (f.sentence for f in found.findings)
    assert "Accepted: forward(x, gamma, beta" in line and "svm loss" in line
    assert "\n" not in line


COURSE = """
import numpy as np

def relu(Z):
    return np.maximum(0, Z), Z

def relu_backward(dA, cache):
    dZ = np.array(dA)
    dZ[cache <= 0] = 0
    return dZ

def linear_forward(A, W, b):
    return W.dot(A) + b, (A, W, b)

def linear_backward(dZ, cache):
    A, W, b = cache
    return W.T.dot(dZ), dZ.dot(A.T), dZ.sum(axis=1, keepdims=True)

def linear_activation_forward(A, W, b, activation):
    return relu(linear_forward(A, W, b)[0])[0], None

def linear_activation_backward(dA, cache, activation):
    return dA

def pool_forward(A, hparameters, mode="max"):
    f, s = hparameters["f"], hparameters["stride"]
    m, H, W, C = A.shape
    out = np.zeros((m, int(1 + (H - f) / s), int(1 + (W - f) / s), C))
    for i, h, w, c in np.ndindex(out.shape):
        out[i, h, w, c] = A[i, h * s:h * s + f, w * s:w * s + f, c].max()
    return out, (A, hparameters)

def pool_backward(dA, cache, mode="max"):
    A, f, s = cache[0], cache[1]["f"], cache[1]["stride"]
    dx = np.zeros(A.shape)
    for i, h, w, c in np.ndindex(dA.shape):
        part = A[i, h * s:h * s + f, w * s:w * s + f, c]
        at = np.unravel_index(part.argmax(), part.shape)
        dx[i, h * s + at[0], w * s + at[1], c] += dA[i, h, w, c]
    return dx

class Net:
    def __init__(self, sizes, reg):
        self.sizes = sizes
    def affine_forward(self, x, w, b):
        return x @ w + b, (x, w, b)
    def affine_backward(self, dout, cache):
        return dout @ cache[1].T, cache[0].T @ dout, dout.mean(0)
    def forward(self, x):
        return x
    def backward(self, dout):
        return dout

def norm_forward(x, g, b, eps=1e-6):
    s = np.sqrt(x.var(-1, keepdims=True) + eps)
    xh = (x - x.mean(-1, keepdims=True)) / s
    return g * xh + b, (xh, s, g)

def norm_backward(dy, cache):
    xh, s, g = cache
    d = dy * g
    dx = d - d.mean(-1, keepdims=True) - xh * (d * xh).mean(-1, keepdims=True)
    return dx / s, (dy * xh).sum(0), dy.sum(0)
"""


def test_other_layouts_methods_and_nameless_norms_are_read():
    found = diagnose(module(COURSE))
    each = verdicts(found)
    assert {name: [f.part for f in d.faults] for name, d in each.items()} == {
        "relu with relu_backward": [], "linear_forward with linear_backward": [],
        "linear_activation_forward with linear_activation_backward": [],
        "pool_forward with pool_backward": [],
        "affine_forward with affine_backward": ["db"],
        "norm_forward with norm_backward": []}
    assert "arrays are read so: samples are columns" in str(found)
    assert "asks for 'activation'" in str(found)
    assert "one of tied maxima gets all" in str(found)


BASES = """
import abc
import numpy as np

class Layer(abc.ABC):
    @abc.abstractmethod
    def forward(self, x): ...
    @abc.abstractmethod
    def backward(self, d): ...

class Dense(Layer):
    def __init__(self, n_in, n_out):
        self.W, self.b = np.random.randn(n_in, n_out), np.zeros((1, n_out))
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, d, lr=0.0):
        self.dW, self.db = self.x.T @ d, d.sum(0, keepdims=True)
        return d @ self.W.T

class Pairs(abc.ABC):
    @abc.abstractmethod
    def loss(self): ...
    def relu_forward(self, x):
        return np.maximum(x, 0), x
    def relu_backward(self, d, x):
        return d * (x > 0)

class Act(Layer):
    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, 0)
    def backward(self, d):
        return np.where(self.x > 0, d, 0)
"""


def test_bases_are_left_alone_and_what_has_no_name_is_known_by_its_effect():
    found = diagnose(module(BASES))
    assert found.right
    assert [d.what for d in found.each] == ["Dense", "Act", "Layer, Pairs"]


@pytest.mark.parametrize("keeps", [True, False])
def test_both_meanings_of_p_are_right_and_said(keeps):
    text = within(FUNCTIONS, "def dropout_forward(", "", "")
    if not keeps:
        text = within(text, "def dropout_forward(", "< p) / p", "> p) / (1 - p)")
    d = only("dropout_forward", text)
    assert d.right
    assert f"p is the probability to {'keep' if keeps else 'drop'}" in str(d)


def test_batch_norm_over_the_features_is_no_layer_norm_if_it_is_called_batch_norm():
    text = COURSE.replace("norm_forward", "bn_forward").replace(
        "norm_backward", "bn_backward")
    found = diagnose(module(text))
    assert verdicts(found)["bn_forward with bn_backward"].faults


def test_this_books_own_assignment_is_right():
    found = diagnose(bnbook.cs231n)
    *pairs, other = found.each
    assert found.right and len(pairs) == 12
    assert other.what == "dropout_p_is" and not other.faults


def test_one_kind_of_a_module_is_read_alone():
    found = diagnose(module(FUNCTIONS), kind="layer norm")
    assert "layernorm_forward with layernorm_backward" in verdicts(found)
    assert not any("affine_forward with" in name for name in verdicts(found))


def test_another_kind_is_refused_and_all_kinds_are_named():
    with pytest.raises(ValueError, match=r"^kind: 'attention', expected") as error:
        diagnose(np.sum, kind="attention")
    assert all(kind in str(error.value) for kind in KINDS)


def test_what_raises_is_not_run_and_what_is_not_written_is_a_note():
    text = within(FUNCTIONS, "def relu_backward(", "return dout", "return dout[1:]")
    d = only("relu_forward", text)
    assert not d.ran and "the backward breaks: ValueError" in d.findings[0].sentence
    d = only("relu_forward", within(FUNCTIONS, "def relu_backward(",
                                    "return dout * (cache > 0)", "pass"))
    assert d.right and [f.name for f in d.notes] == ["no backward"]


def test_an_error_of_the_checkers_own_is_raised(monkeypatch):
    monkeypatch.setattr("bnbook.check.kinds.observe.fits", None)
    with pytest.raises(TypeError):
        only("relu", FUNCTIONS)


GUESSED = """
import numpy as np

def linear(x):
    return x

def conv2d(image, kernel):
    H, W = image.shape
    return image

def binary_cross_entropy(p, y):
    return -np.mean(y * np.log(p))

def svm_predict(x, w):
    return x @ w

def softmax_loss(x, y):
    return -np.log(np.exp(x) / np.exp(x).sum(1, keepdims=True))[np.arange(len(x)), y]

class Dense:
    def __init__(self, n_in, n_out, activation=np.tanh):
        self.W, self.b = np.random.randn(n_in, n_out), np.zeros(n_out)
        self.activation = activation
    def forward(self, x):
        return self.activation(x @ self.W + self.b)
    def backward(self, grad):
        return grad

class Conv3x3:
    def __init__(self, num_filters):
        self.filters = np.random.randn(num_filters, 3, 3)
    def forward(self, image):
        h, w = image.shape
        return image
    def backward(self, grad):
        return grad

def relu(x, derivative=False):
    return (x > 0) * 1.0 if derivative else np.maximum(x, 0)
"""


def test_what_was_only_guessed_at_is_not_blamed():
    found = diagnose(module(GUESSED))
    assert found.right, found
    assert [d.what for d in found.each if d.of("right")] == ["relu"]
    assert "Dense is not checked: it is affine with an activation in it" in str(found)


@pytest.mark.parametrize("guard, right, words", [
    ("assert k == h", True, "it refuses some inputs: AssertionError"),
    ("x = x if k == h else None", False, "it breaks on some inputs: AttributeError")])
def test_what_is_refused_is_a_note_and_what_breaks_a_fault(guard, right, words):
    text = within(FUNCTIONS, "def avg_pool_forward(", "    N, C, H, W = x.shape\n",
                  f"    {guard}\n    N, C, H, W = x.shape\n")
    d = only("avg_pool", text)
    assert d.right == right and words in " ".join(str(d).split())


ODD = {
    "None": lambda a: None, "text": lambda a: "dx", "a number": lambda a: 3.0,
    "ragged": lambda a: [[1.0], [1.0, 2.0]], "a dict": lambda a: {"a": a},
    "objects": lambda a: np.asarray(a).astype(object), "empty": lambda a: a[:0],
    "transposed": np.transpose, "a row": lambda a: a[:1], "flat": np.ravel,
    "NaN": lambda a: a * np.nan, "half": np.float16}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("way", ["forward", "backward"])
def test_whatever_a_kind_returns_is_no_failure_of_bnbooks(odd, way):
    made = module(FUNCTIONS)

    def spoilt(f):
        def of(*given):
            found = f(*given)
            if not isinstance(found, tuple):
                return ODD[odd](found)
            return ODD[odd](found[0]), *found[1:]
        of.__name__, of.__signature__ = f.__name__, inspect.signature(f)
        of.__module__ = made.__name__
        return of

    for name, f in list(vars(made).items()):
        if f"_{way}" in name and "batchnorm" not in name:
            setattr(made, name, spoilt(f))
    assert not diagnose(made).right


@pytest.mark.parametrize("home, words, fault", [
    ("theirs", "eps", False), ("batch_norm", "eps", True), ("my_bn", "eps", True),
    ("theirs", "bn_eps", True)])
def test_over_the_features_under_batch_norms_name_is_a_fault(home, words, fault):
    text = "import numpy as np\n" + COURSE[COURSE.index("def norm_forward"):]
    found = diagnose(module(text.replace("eps", words), home))
    assert found.ran and found.right == (not fault), found
