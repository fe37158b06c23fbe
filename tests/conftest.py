import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from bnbook.show import plots


@pytest.fixture
def rng():
    return np.random.default_rng(20)


@pytest.fixture
def house_style():
    """The figures of one test in the house's style, and none left open after it."""
    with mpl.rc_context():
        plots.use_house_style()
        yield
        plt.close("all")
