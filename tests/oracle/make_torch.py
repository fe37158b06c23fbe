"""PyTorch's batch normalization, forward and backward in float64, stored as JSON.

python tests/oracle/make_torch.py > tests/oracle/torch.json

Each case holds its inputs and torch.nn.functional.batch_norm's y, dx, dgamma, dbeta for
the upstream gradient dy. The tests read the stored file, so that they need no PyTorch;
the weekly run makes it anew and compares.
"""

import json

import numpy as np
import torch

SHAPES = [(7, 3), (2, 5), (64, 4), (4, 3, 6), (3, 2, 4, 5)]


def case(shape, eps, seed):
    rng = np.random.default_rng(seed)
    x, dy = 3 * rng.normal(size=shape) + 1, rng.normal(size=shape)
    gamma, beta = rng.normal(size=(2, shape[1])) + 2
    leaves = [torch.tensor(a, requires_grad=True) for a in (x, gamma, beta)]
    y = torch.nn.functional.batch_norm(
        leaves[0], None, None, *leaves[1:], training=True, eps=eps)
    y.backward(torch.tensor(dy))
    dx, dgamma, dbeta = (leaf.grad for leaf in leaves)
    arrays = {"x": x, "gamma": gamma, "beta": beta, "dy": dy, "y": y.detach(),
              "dx": dx, "dgamma": dgamma, "dbeta": dbeta}
    return {"eps": eps, **{name: np.asarray(a).tolist() for name, a in arrays.items()}}


if __name__ == "__main__":
    cases = [case(shape, eps, seed) for seed, shape in enumerate(SHAPES)
             for eps in (1e-5, 1e-3)]
    version = torch.__version__.split("+")[0]
    print(json.dumps({"torch": version, "cases": cases}, indent=0))
