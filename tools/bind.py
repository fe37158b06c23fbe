"""The book in another form, made from the built pages.

Usage: python tools/bind.py pdf|epub _build/html [OUT]
"""

import sys
from pathlib import Path

from forms import paper, shelf
from page import offers

FORMS = {"pdf": paper.make, "epub": shelf.make}


def main():
    if len(sys.argv) not in (3, 4) or sys.argv[1] not in FORMS:
        sys.exit(__doc__)
    form, html = sys.argv[1], Path(sys.argv[2])
    out = Path(sys.argv[3]) if len(sys.argv) == 4 else html / f"bnbook.{form}"
    try:
        FORMS[form](html, out, html.parent / "forms")
    except (FileNotFoundError, RuntimeError, ValueError) as error:
        sys.exit(f"{out}: {error}")
    offers.show(html)
    print(f"{out}: {out.stat().st_size / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
