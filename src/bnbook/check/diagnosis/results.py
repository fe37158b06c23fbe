"""What a reader's code gave, as an array."""

import numpy as np

from bnbook.check.diagnosis.calls import Broke, attempt


def number(name, a, shape=None):
    """What the reader's code gave, all of it, as an array; Broke if it is of no use."""
    a = attempt(np.asarray, a)
    a = a.astype(float) if a.dtype == bool else a
    if a.dtype.kind not in "iuf":
        raise Broke(f"{name} came back as {a.dtype}, expected real numbers")
    if shape not in (None, a.shape):
        raise Broke(f"{name} came back in shape {a.shape}, expected {shape}")
    return a
