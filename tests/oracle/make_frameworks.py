"""Runs the listings of book/frameworks.md with the real libraries, and says so as JSON.

    python tests/oracle/make_frameworks.py > tests/oracle/frameworks.json
    python tests/oracle/make_frameworks.py PyTorch Keras    # only these sections

Needs torch, keras (on JAX) and flax, those of the sections that run. For each section:
the version of its library and, of each listing in order, its text and "pass" or what
went wrong. A section's listings share one namespace. The exit code is 1 if one failed.
"""

import json
import os
import re
import sys
from importlib.metadata import version
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"

PAGE = Path(__file__).parents[2] / "book" / "frameworks.md"
PACKAGES = {"PyTorch": "torch", "Keras": "keras", "Flax": "flax"}


def sections(text):
    """(framework, version on the page) -> its listings, in order."""
    parts = re.split(r"^## (\w+) (\S+)$", text, flags=re.MULTILINE)[1:]
    return {(name, number): re.findall(r"^```python\n(.*?)^```$", body, re.M | re.S)
            for name, number, body in zip(parts[::3], parts[1::3], parts[2::3])}


def said(listing, namespace):
    """pass, or the error of a listing that ran in this namespace."""
    try:
        exec(listing, namespace)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "pass"


def main(*only):
    found = {}
    for (name, _), listings in sections(PAGE.read_text(encoding="utf-8")).items():
        if not only or name in only:
            namespace = {}
            found[name] = {"version": version(PACKAGES[name]), "listings": [
                {"text": text, "said": said(text, namespace)} for text in listings]}
    json.dump(found, sys.stdout, indent=1)
    return any(one["said"] != "pass" for s in found.values() for one in s["listings"])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
