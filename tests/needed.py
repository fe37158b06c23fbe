"""What a browser test needs and this machine may lack."""

import os

import pytest

REQUIRED = os.environ.get("BNBOOK_BROWSER") == "required"


def missing(words):
    """Skip, and say why; where CI runs, fail."""
    (pytest.fail if REQUIRED else pytest.skip)(words)
