"""For code that makes many objects and drops none, as where whole pages are parsed."""

import gc
from contextlib import contextmanager


@contextmanager
def uncollected():
    """No search for garbage in here: among a book's tags it takes a third of the time.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
