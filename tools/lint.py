"""The book's own lint. Usage: python tools/lint.py html _build/html

Prints a line for every fault in the built pages; fails if there is one.
"""

import sys

import lint_html


def main():
    if len(sys.argv) != 3 or sys.argv[1] != "html":
        sys.exit(__doc__)
    found = lint_html.faults(sys.argv[2])
    print("\n".join(found) or "built pages: no fault")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
