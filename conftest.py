"""Pin what the notebooks' kernels run on; nbval's run fills in the prose anew."""

import os

import pytest

from pins import PINS

os.environ.update(PINS)


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    """A notebook that has a source is collected with its prose."""
    found = yield
    if not found or file_path.suffix != ".ipynb":
        return found
    from filled import Chapter  # it imports nbval: only where that runs

    return [Chapter.of(collector) for collector in found]
