import os
from pathlib import Path

import numpy as np
import pytest

from browser import Browser, find_chromium, served

ROOT = Path(__file__).parents[1]
BUILT = Path(os.environ.get("BNBOOK_HTML", ROOT / "_build" / "html"))
AXE = ROOT / "tests" / "browser" / "node_modules" / "axe-core" / "axe.min.js"
REQUIRED = os.environ.get("BNBOOK_BROWSER") == "required"


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


def missing(words):
    """Skip, and say why; where CI runs, fail."""
    (pytest.fail if REQUIRED else pytest.skip)(words)


@pytest.fixture(scope="session")
def chromium():
    """The browser, or a skip where the machine has none."""
    if not (path := find_chromium()):
        missing("no Chromium: apt-get install chromium")
    browser = Browser(path)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def axe():
    """The text of axe-core."""
    if not AXE.exists():
        missing("no axe-core: npm ci --prefix tests/browser")
    return AXE.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def built():
    """The folder of the built book."""
    if not BUILT.exists():
        missing("no built book: make book")
    return BUILT


@pytest.fixture(scope="session")
def site(built):
    """The address of the built book."""
    with served(built) as address:
        yield address


@pytest.fixture
def tab(chromium):
    """An empty page, closed after the test."""
    tab = chromium.tab()
    yield tab
    tab.close()
