"""Faults of S0's layer and S4's: each class changes one method of a right one."""

import numpy as np

from bnbook.check.specimens.bases import GraphLayer, LazyLayer, gradients


class NeverFlushed(LazyLayer):
    def backward(self, dys):
        dys = dys if isinstance(dys, list) else [dys]
        gamma = self.parameters["gamma"]
        found = [gradients(dy, xhat, ivar, gamma, of_the_batch)
                 for dy, (xhat, ivar, of_the_batch) in zip(dys, self.kept)]
        dxs, dgammas, dbetas = zip(*found, strict=True)
        self.gradients = {"gamma": sum(dgammas), "beta": sum(dbetas)}
        return dxs[0] if len(self.kept) == 1 else list(dxs)


class EvaluationKept(LazyLayer):
    def backward(self, dys):
        count = len(dys) if isinstance(dys, list) else 1
        self.kept = self.kept[:count]
        return super().backward(dys)


class RunningUnlessKept(LazyLayer):
    def statistics(self, x, retain_derived):
        if self.trainable and retain_derived:
            return super().statistics(x, retain_derived)
        return self.mean, self.var


class RandomGamma(LazyLayer):
    def start(self, features):
        super().start(features)
        self.parameters["gamma"] = np.random.rand(features)


class OnlyTrainingKept(LazyLayer):
    def forward(self, x, retain_derived=True):
        if self.trainable:
            return super().forward(x, retain_derived)
        xhat = (x - self.mean) / np.sqrt(self.var + self.eps)
        return self.parameters["gamma"] * xhat + self.parameters["beta"]


class NoCacheInTestMode(GraphLayer):
    def forward(self, x, mode):
        if mode == "test":
            xhat = (x - self.mean) / np.sqrt(self.var + self.eps)
            return self.gamma * xhat + self.beta
        return super().forward(x, mode)


class XHandedInAgain(GraphLayer):
    def forward(self, x, mode):
        y = super().forward(x, mode)
        self.mu = x.mean(axis=0) if mode == "train" else self.mean
        return y

    def backward(self, x, dout):
        self.xhat = (x - self.mu) * self.ivar
        return super().backward(x, dout)


class UnknownModeIsNone(GraphLayer):
    def forward(self, x, mode):
        if mode in ("train", "test"):
            return super().forward(x, mode)


class MomentumTheOtherWay(GraphLayer):
    """momentum: what the new batch weighs. 1: only the last batch; 0: never move."""

    weighs = "new"


class ShapeNeverRestored(GraphLayer):
    def forward(self, x, mode):
        return super().forward(x.reshape(len(x), -1), mode)

    def backward(self, x, dout):
        return super().backward(x, dout.reshape(len(dout), -1))


class ZeroStart(GraphLayer):
    def __init__(self, D, eps=1e-5, momentum=0.9):
        super().__init__(D, eps, momentum)
        self.mean, self.var = np.zeros(D), np.zeros(D)
