"""Functions as S2 and S3 have them, with `bn_param`; each pair but the first, which is
plain, is wrong in one way.
"""

import numpy as np

from bnbook.check.specimens.bases import gradients


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, momentum = bn_param["mode"], bn_param.get("momentum", 0.9)
    if mode not in ("train", "test"):
        raise ValueError(f"mode: {mode!r}, expected 'train' or 'test'")
    mean = bn_param.setdefault("running_mean", np.zeros(x.shape[1]))
    var = bn_param.setdefault("running_var", np.ones(x.shape[1]))
    if mode == "train":
        new_mean, new_var = x.mean(axis=0), x.var(axis=0)
        bn_param["running_mean"] = momentum * mean + (1 - momentum) * new_mean
        bn_param["running_var"] = momentum * var + (1 - momentum) * new_var
        mean, var = new_mean, new_var
    ivar = 1 / np.sqrt(var + bn_param.get("eps", 1e-5))
    xhat = (x - mean) * ivar
    return gamma * xhat + beta, (xhat, ivar, gamma.copy(), mode == "train")


def batchnorm_backward(dout, cache):
    return gradients(dout, *cache)


def beta_times_gamma_forward(x, gamma, beta, eps=1e-5):
    ivar = 1 / np.sqrt(x.var(axis=0) + eps)
    xhat = (x - x.mean(axis=0)) * ivar
    return (xhat + beta) * gamma, (xhat, ivar, gamma.copy(), beta.copy())


def beta_times_gamma_backward(dout, cache):
    xhat, ivar, gamma, beta = cache
    dx, dgamma, dbeta = gradients(dout, xhat, ivar, gamma)
    return dx, dgamma + beta * dbeta, gamma * dbeta


def x_kept_forward(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(axis=0), x.var(axis=0)
    xhat = (x - mean) / np.sqrt(var + eps)
    return gamma * xhat + beta, (x, mean, var, gamma.copy(), eps)


def x_kept_backward(dout, cache):
    x, mean, var, gamma, eps = cache
    ivar = 1 / np.sqrt(var + eps)
    return gradients(dout, (x - mean) * ivar, ivar, gamma)


def no_cache_in_test_forward(x, gamma, beta, bn_param):
    out, cache = batchnorm_forward(x, gamma, beta, bn_param)
    return out, cache if bn_param["mode"] == "train" else None


def zero_start_forward(x, gamma, beta, bn_param):
    bn_param.setdefault("running_var", np.zeros(x.shape[1]))
    return batchnorm_forward(x, gamma, beta, bn_param)
