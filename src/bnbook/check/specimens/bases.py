"""Plain layers in the style of three systems, right for (N, C): specimens change one
method of theirs. What they lack is what all plain code lacks: 4-D input, a word about a
batch of one, digits in float32 and float16.
"""

import numpy as np


def gradients(dy, xhat, ivar, gamma, of_the_batch=True):
    """(dx, dgamma, dbeta), with statistics of the batch or given ones."""
    dxhat = gamma * dy
    if of_the_batch:
        dxhat = dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)
    return ivar * dxhat, (dy * xhat).sum(axis=0), dy.sum(axis=0)


class LazyLayer:
    """S0's: it starts at the first batch, and takes a list of batches as well."""

    def __init__(self, eps=1e-5, momentum=0.9):
        self.eps, self.momentum = eps, momentum
        self.trainable, self.parameters = True, None
        self.kept, self.spent = [], False

    def start(self, features):
        self.parameters = {"gamma": np.ones(features), "beta": np.zeros(features)}
        self.mean, self.var = np.zeros(features), np.ones(features)

    def statistics(self, x, retain_derived):
        if not self.trainable:
            return self.mean, self.var
        mean, var, m = x.mean(axis=0), x.var(axis=0), self.momentum
        self.mean = m * self.mean + (1 - m) * mean
        self.var = m * self.var + (1 - m) * var
        return mean, var

    def forward(self, x, retain_derived=True):
        if self.parameters is None:
            self.start(x.shape[1])
        mean, var = self.statistics(x, retain_derived)
        ivar = 1 / np.sqrt(var + self.eps)
        xhat = (x - mean) * ivar
        if self.spent:
            self.kept, self.spent = [], False
        if retain_derived:
            self.kept.append((xhat, ivar, self.trainable))
        return self.parameters["gamma"] * xhat + self.parameters["beta"]

    def backward(self, dys):
        dys = dys if isinstance(dys, list) else [dys]
        self.spent, gamma = True, self.parameters["gamma"].copy()
        kept = self.kept[-len(dys):]
        found = [gradients(dy, xhat, ivar, gamma, of_the_batch)
                 for dy, (xhat, ivar, of_the_batch) in zip(dys, kept, strict=True)]
        dxs, dgammas, dbetas = zip(*found, strict=True)
        self.gradients = {"gamma": sum(dgammas), "beta": sum(dbetas)}
        return dxs[0] if len(dxs) == 1 else list(dxs)


class StagedLayer:
    """S1's: backward goes through the standard deviation, stage by stage."""

    def __init__(self, gamma, beta, momentum=0.9, eps=1e-5):
        self.gamma, self.beta, self.momentum, self.eps = gamma, beta, momentum, eps
        self.running_mean, self.running_var = self.start(len(gamma))

    def start(self, features):
        return np.zeros(features), np.ones(features)

    def forward(self, x, training=True):
        self.training = training
        mean, var = self.running_mean, self.running_var
        if training:
            mean, var, m = x.mean(axis=0), x.var(axis=0), self.momentum
            self.running_mean = m * self.running_mean + (1 - m) * mean
            self.running_var = m * self.running_var + (1 - m) * var
        self.xc, self.std = x - mean, np.sqrt(var + self.eps)
        self.xn = self.xc / self.std
        return self.gamma * self.xn + self.beta

    def backward(self, dout):
        self.dbeta, self.dgamma = dout.sum(axis=0), (dout * self.xn).sum(axis=0)
        dxn = self.gamma * dout
        dxc = dxn / self.std
        if not self.training:
            return dxc
        dstd = -(dxn * self.xc).sum(axis=0) / self.std**2
        dvar = dstd / (2 * self.std)
        dxc += 2 * self.xc * dvar / len(dout)
        return dxc - dxc.mean(axis=0)


class GraphLayer:
    """S4's: the mode is a word, and backward is handed x once more."""

    weighs = "old"  # what momentum does, as the documentation has it

    def __init__(self, D, eps=1e-5, momentum=0.9):
        self.gamma, self.beta = np.ones(D), np.zeros(D)
        self.mean, self.var = np.zeros(D), np.ones(D)
        self.eps, self.momentum = eps, momentum

    def forward(self, x, mode):
        if mode not in ("train", "test"):
            raise ValueError(f"mode: {mode!r}, expected 'train' or 'test'")
        self.mode, mean, var = mode, self.mean, self.var
        if mode == "train":
            mean, var, m = x.mean(axis=0), x.var(axis=0), self.momentum
            self.mean = m * self.mean + (1 - m) * mean
            self.var = m * self.var + (1 - m) * var
        self.ivar = 1 / np.sqrt(var + self.eps)
        self.xhat = (x - mean) * self.ivar
        return self.gamma * self.xhat + self.beta

    def backward(self, x, dout):
        of_the_batch = self.mode == "train"
        return gradients(dout, self.xhat, self.ivar, self.gamma, of_the_batch)
