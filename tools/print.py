"""The book as one PDF, printed by Chromium from the built pages.

Usage: python tools/print.py _build/html [_build/html/bnbook.pdf]
"""

import sys
from pathlib import Path

from forms import paper


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    html = Path(sys.argv[1])
    out = Path(sys.argv[2]) if len(sys.argv) == 3 else html / "bnbook.pdf"
    try:
        paper.make(html, out, html.parent / "forms")
    except (FileNotFoundError, RuntimeError, ValueError) as error:
        sys.exit(f"{out}: {error}")
    print(f"{out}: {out.stat().st_size / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
