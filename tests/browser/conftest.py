from pathlib import Path

import pytest

from browser import Browser, find_chromium, served
from needed import missing

HERE = Path(__file__).parent
AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"


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
