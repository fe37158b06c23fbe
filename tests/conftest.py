import numpy as np
import pytest


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
