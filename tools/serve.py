"""Live preview: rebuild what changed, reload the page. Usage: python tools/serve.py"""

import os
import subprocess
import sys
from pathlib import Path

from livereload import Server

ROOT = Path(__file__).parent.parent
BUILD = ["build", ".", "--path-output", ".", "-q", "-n", "--keep-going"]


def rebuild(*options):
    """Execute the stale chapters and render the book; errors go to the terminal."""
    jupyter_book = Path(sys.executable).with_name("jupyter-book")
    subprocess.run([sys.executable, "tools/notebooks.py"], check=False)
    subprocess.run([jupyter_book, *BUILD, *options], check=False)


if __name__ == "__main__":
    os.chdir(ROOT)
    rebuild()
    server = Server()
    for pattern in ("book/source/*.md", "book/*.md", "src/bnbook/**/*.py"):
        server.watch(pattern, rebuild)
    # no page depends on these
    for pattern in ("book/_static/*", "web/*.js", "web/*.css"):
        server.watch(pattern, lambda: rebuild("--all"))
    server.serve(port=8000, root="_build/html")
