"""Faults of S1's staged layer: each class changes one thing in a right one."""

import numpy as np

from bnbook.check.specimens.bases import StagedLayer


class OnlyTrainingKept(StagedLayer):
    def forward(self, x, training=True):
        if training:
            return super().forward(x)
        xn = (x - self.running_mean) / np.sqrt(self.running_var + self.eps)
        return self.gamma * xn + self.beta


class PixelStatistics(StagedLayer):
    def forward(self, x, training=True):
        y = super().forward(x.reshape(len(x), -1), training)
        return y.reshape(x.shape)

    def backward(self, dout):
        dx = super().backward(dout.reshape(len(dout), -1))
        return dx.reshape(dout.shape)


class ZeroStartSmallEps(StagedLayer):
    def __init__(self, gamma, beta, momentum=0.9, eps=10e-7):
        super().__init__(gamma, beta, momentum, eps)

    def start(self, features):
        return np.zeros(features), np.zeros(features)
