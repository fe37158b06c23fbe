import os
from pathlib import Path

import numpy as np
import pytest

from needed import missing

ROOT = Path(__file__).parents[1]
BUILT = Path(os.environ.get("BNBOOK_HTML", ROOT / "_build" / "html"))


@pytest.fixture
def rng():
    return np.random.default_rng(20)


@pytest.fixture
def house_style():
    """The figures of one test in the house's style, and none left open after it."""
    import matplotlib as mpl  # here, for most tests need no Matplotlib
    import matplotlib.pyplot as plt

    from bnbook.show import plots

    with mpl.rc_context():
        plots.use_house_style()
        yield
        plt.close("all")


@pytest.fixture(scope="session")
def built():
    """The folder of the built book."""
    if not BUILT.exists():
        missing("no built book: make book")
    return BUILT
