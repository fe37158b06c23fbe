"""An independent system agrees: PyTorch's stored results, see oracle/make_torch.py."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from bnbook.norm import (
    batch_norm_backward,
    batch_norm_backward_staged,
    batch_norm_forward,
)

# The weekly run points this at results made anew with the newest PyTorch.
OURS = Path(__file__).parent / "oracle" / "torch.json"
STORED = Path(os.environ.get("BNBOOK_TORCH", OURS))
CASES = json.loads(STORED.read_text())["cases"]


def close(a, b):
    """Two float64 implementations that sum in another order: 1e-10 is generous."""
    np.testing.assert_allclose(a, b, rtol=0, atol=1e-10 * np.abs(b).max())


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{np.shape(c['x'])}, {c['eps']}")
@pytest.mark.parametrize("backward", [batch_norm_backward, batch_norm_backward_staged])
def test_pytorch_agrees(case, backward):
    y, cache = batch_norm_forward(
        np.array(case["x"]), case["gamma"], case["beta"], case["eps"])
    gradients = backward(np.array(case["dy"]), cache)
    close(y, case["y"])
    for name, gradient in zip(("dx", "dgamma", "dbeta"), gradients, strict=True):
        close(gradient, case[name])
