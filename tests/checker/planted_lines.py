"""Batch norms in several ways of writing, and faults of one line of each.

A fault is (the line as it should be, as it is written wrongly); other names than the
book's, so that nothing is found by its name.
"""

STAGED = '''\
import numpy as np


def forward(x, gamma, beta, eps=1e-5):
    m = x.mean(axis=0)
    centred = x - m
    squares = centred ** 2
    v = squares.mean(axis=0)
    sd = np.sqrt(v + eps)
    inv = 1.0 / sd
    normal = centred * inv
    scaled = gamma * normal
    out = scaled + beta
    return out, (centred, sd, inv, normal, gamma)


def backward(upstream, cache):
    centred, sd, inv, normal, gamma = cache
    n = upstream.shape[0]
    g_beta = upstream.sum(axis=0)
    g_gamma = np.sum(upstream * normal, axis=0)
    g_normal = upstream * gamma
    g_inv = np.sum(g_normal * centred, axis=0)
    g_sd = -g_inv / sd ** 2
    g_v = 0.5 * g_sd / sd
    g_squares = np.ones_like(upstream) * g_v / n
    g_c1 = g_normal * inv
    g_c2 = 2 * centred * g_squares
    g_centred = g_c1 + g_c2
    g_m = -g_centred.sum(axis=0)
    g_x = g_centred + g_m / n
    return g_x, g_gamma, g_beta
'''
STAGED_FAULTS = (
    ("    g_beta = upstream.sum(axis=0)", "    g_beta = upstream.mean(axis=0)"),
    ("    g_beta = upstream.sum(axis=0)", "    g_beta = (upstream * gamma).sum(0)"),
    ("    g_gamma = np.sum(upstream * normal, axis=0)",
     "    g_gamma = np.sum(upstream * centred, axis=0)"),
    ("    g_gamma = np.sum(upstream * normal, axis=0)",
     "    g_gamma = np.mean(upstream * normal, axis=0)"),
    ("    g_gamma = np.sum(upstream * normal, axis=0)",
     "    g_gamma = np.sum(upstream, axis=0)"),
    ("    g_normal = upstream * gamma", "    g_normal = upstream / gamma"),
    ("    g_normal = upstream * gamma", "    g_normal = upstream"),
    ("    g_inv = np.sum(g_normal * centred, axis=0)",
     "    g_inv = np.sum(upstream * centred, axis=0)"),
    ("    g_inv = np.sum(g_normal * centred, axis=0)",
     "    g_inv = np.sum(g_normal * normal, axis=0)"),
    ("    g_inv = np.sum(g_normal * centred, axis=0)",
     "    g_inv = np.mean(g_normal * centred, axis=0)"),
    ("    g_sd = -g_inv / sd ** 2", "    g_sd = g_inv / sd ** 2"),
    ("    g_sd = -g_inv / sd ** 2", "    g_sd = -g_inv / sd"),
    ("    g_sd = -g_inv / sd ** 2", "    g_sd = -g_inv / sd ** 3"),
    ("    g_v = 0.5 * g_sd / sd", "    g_v = g_sd / sd"),
    ("    g_v = 0.5 * g_sd / sd", "    g_v = 0.5 * g_sd * sd"),
    ("    g_squares = np.ones_like(upstream) * g_v / n",
     "    g_squares = np.ones_like(upstream) * g_v"),
    ("    g_squares = np.ones_like(upstream) * g_v / n",
     "    g_squares = np.ones_like(upstream) * g_v / (n - 1)"),
    ("    g_c1 = g_normal * inv", "    g_c1 = g_normal * sd"),
    ("    g_c1 = g_normal * inv", "    g_c1 = g_normal"),
    ("    g_c2 = 2 * centred * g_squares", "    g_c2 = centred * g_squares"),
    ("    g_c2 = 2 * centred * g_squares", "    g_c2 = 2 * normal * g_squares"),
    ("    g_centred = g_c1 + g_c2", "    g_centred = g_c1 - g_c2"),
    ("    g_centred = g_c1 + g_c2", "    g_centred = g_c1"),
    ("    g_m = -g_centred.sum(axis=0)", "    g_m = g_centred.sum(axis=0)"),
    ("    g_m = -g_centred.sum(axis=0)", "    g_m = -2 * g_centred.sum(axis=0)"),
    ("    g_x = g_centred + g_m / n", "    g_x = g_centred + g_m"),
    ("    g_x = g_centred + g_m / n", "    g_x = g_centred - g_m / n"),
    ("    g_x = g_centred + g_m / n", "    g_x = g_centred"),
    ("    return g_x, g_gamma, g_beta", "    return g_x, g_beta, g_gamma"),
    ("    v = squares.mean(axis=0)", "    v = squares.sum(axis=0)"),
    ("    v = squares.mean(axis=0)", "    v = squares.sum(axis=0) / (len(x) - 1)"),
    ("    sd = np.sqrt(v + eps)", "    sd = np.sqrt(v) + eps"),
    ("    sd = np.sqrt(v + eps)", "    sd = v + eps"),
    ("    normal = centred * inv", "    normal = x * inv"),
    ("    normal = centred * inv", "    normal = centred * sd"),
    ("    out = scaled + beta", "    out = scaled - beta"),
    ("    scaled = gamma * normal", "    scaled = gamma * (normal + beta)"),
    ("    sd = np.sqrt(v + eps)", "    sd = np.sqrt(v - eps)"),
    ("    g_beta = upstream.sum(axis=0)", "    g_beta = upstream.sum(axis=1)"),
    ("    g_gamma = np.sum(upstream * normal, axis=0)",
     "    g_gamma = upstream * normal"),
    ("    centred = x - m", "    x -= m; centred = x"),
    ("    g_normal = upstream * gamma", "    upstream *= gamma; g_normal = upstream"),
    ("    g_c2 = 2 * centred * g_squares", "    g_c2 = g_c1"),
)
COLUMNS = '''\
import numpy as np


def mean_of(a):
    return a.mean(axis=1, keepdims=True)


root = lambda v, eps: np.sqrt(v + eps)  # noqa: E731


class Norm:
    """Features as rows, dims kept, a helper and a lambda; parameters (C, 1)."""

    def __init__(self, size, eps=1e-5):
        self.eps = eps
        self.W = np.ones((size, 1))
        self.b = np.zeros((size, 1))

    def forward(self, x):
        self.c = x - mean_of(x)
        self.s = root(mean_of(self.c * self.c), self.eps)
        self.h = self.c / self.s
        return self.W * self.h + self.b

    def backward(self, d):
        self.dW = (d * self.h).sum(axis=1, keepdims=True)
        self.db = d.sum(axis=1, keepdims=True)
        dh = d * self.W
        dv = (dh * self.c).sum(1, keepdims=True) * -0.5 * self.s ** -3
        dm = -(dh / self.s).sum(1, keepdims=True)
        n = d.shape[1]
        dx = (dh / self.s
              + 2 * dv * self.c / n
              + dm / n)
        return dx
'''
COLUMNS_FAULTS = (
    ("    return a.mean(axis=1, keepdims=True)",
     "    return a.sum(axis=1, keepdims=True)"),
    ("root = lambda v, eps: np.sqrt(v + eps)  # noqa: E731",
     "root = lambda v, eps: np.sqrt(v) + eps  # noqa: E731"),
    ("        self.s = root(mean_of(self.c * self.c), self.eps)",
     "        self.s = root(mean_of(abs(self.c)), self.eps)"),
    ("        self.h = self.c / self.s", "        self.h = x / self.s"),
    ("        return self.W * self.h + self.b",
     "        return self.W * self.h - self.b"),
    ("        self.dW = (d * self.h).sum(axis=1, keepdims=True)",
     "        self.dW = (d * self.c).sum(axis=1, keepdims=True)"),
    ("        self.db = d.sum(axis=1, keepdims=True)",
     "        self.db = d.mean(axis=1, keepdims=True)"),
    ("        dh = d * self.W", "        dh = d"),
    ("        dv = (dh * self.c).sum(1, keepdims=True) * -0.5 * self.s ** -3",
     "        dv = (dh * self.c).sum(1, keepdims=True) * -0.5 * self.s ** -2"),
    ("        dv = (dh * self.c).sum(1, keepdims=True) * -0.5 * self.s ** -3",
     "        dv = (dh * self.c).sum(1, keepdims=True) * 0.5 * self.s ** -3"),
    ("        dm = -(dh / self.s).sum(1, keepdims=True)",
     "        dm = (dh / self.s).sum(1, keepdims=True)"),
    ("        dm = -(dh / self.s).sum(1, keepdims=True)",
     "        dm = -dh.sum(1, keepdims=True)"),
    ("              + 2 * dv * self.c / n", "              + dv * self.c / n"),
    ("              + 2 * dv * self.c / n", "              + 2 * dv * self.h / n"),
    ("              + dm / n)", "              + dm)"),
)
CLOSED = '''\
import numpy as np


def bn_forward(x, gamma, beta, eps):
    mu, var = x.mean(0), x.var(0)
    return gamma * (x - mu) / np.sqrt(var + eps) + beta, (x, gamma, eps)


def bn_backward(dout, cache):
    x, gamma, eps = cache
    xh = (x - x.mean(0)) / np.sqrt(x.var(0) + eps)
    dgamma = (dout * xh).sum(0)
    dbeta = dout.sum(0)
    n = len(x)
    dx = gamma / n / np.sqrt(x.var(0) + eps) * (n * dout - dbeta - xh * dgamma)
    return dx, dgamma, dbeta
'''
CLOSED_FAULTS = (
    ("    return gamma * (x - mu) / np.sqrt(var + eps) + beta, (x, gamma, eps)",
     "    return gamma * (x - mu) / (var + eps) + beta, (x, gamma, eps)"),
    ("    return gamma * (x - mu) / np.sqrt(var + eps) + beta, (x, gamma, eps)",
     "    return gamma * x / np.sqrt(var + eps) + beta, (x, gamma, eps)"),
    ("    dx = gamma / n / np.sqrt(x.var(0) + eps) * (n * dout - dbeta - xh * dgamma)",
     "    dx = gamma / n / np.sqrt(x.var(0) + eps) * (n * dout - dbeta - dgamma)"),
    ("    dx = gamma / n / np.sqrt(x.var(0) + eps) * (n * dout - dbeta - xh * dgamma)",
     "    dx = 1 / n / np.sqrt(x.var(0) + eps) * (n * dout - dbeta - xh * dgamma)"),
    ("    dx = gamma / n / np.sqrt(x.var(0) + eps) * (n * dout - dbeta - xh * dgamma)",
     "    dx = gamma / np.sqrt(x.var(0) + eps) * (n * dout - dbeta - xh * dgamma)"),
    ("    dx = gamma / n / np.sqrt(x.var(0) + eps) * (n * dout - dbeta - xh * dgamma)",
     "    dx = gamma / n / np.sqrt(x.var(0) + eps) * (n * dout - dbeta + xh * dgamma)"),
    ("    dbeta = dout.sum(0)", "    dbeta = dout.mean(0)"),
    ("    dgamma = (dout * xh).sum(0)", "    dgamma = (dout * x).sum(0)"),
)
PROGRAMS = {"staged": (STAGED, ("forward", "backward"), STAGED_FAULTS),
            "columns": (COLUMNS, ("Norm",), COLUMNS_FAULTS),
            "closed": (CLOSED, ("bn_forward", "bn_backward"), CLOSED_FAULTS)}
