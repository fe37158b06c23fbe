"""The book's own lint, a line for each fault. Usage: python tools/lint.py WHAT

    html FOLDER        the built pages
    source [NAME ...]  chapters' prose and cells before they run, all or the named ones
    outdated           notebooks that are not what their source says

It fails if it finds a fault.
"""

import sys

import jupytext

import lint_html
import lint_notebooks
import lint_prose
import notebooks


def of_pages(folder):
    return lint_html.faults(folder), "built pages: no fault"


def of_sources(*names):
    sources = [notebooks.source_path(name) for name in names] or notebooks.sources()
    found = [fault for source in sources for fault in source_faults(source)]
    return found, f"{len(sources)} sources: no fault"


def source_faults(source):
    """What the prose and the cells of a source tell before it runs."""
    text = source.read_text(encoding="utf-8")
    name = source.relative_to(notebooks.ROOT)
    yield from lint_prose.faults(text, name)
    cells = jupytext.reads(text, fmt="md:myst").cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    for cell in code:
        at = lint_prose.line_of(text, cell.source)
        yield from (f"{name}:{at}: {fault}"
                    for fault in lint_notebooks.source_faults(cell))
    yield from (f"{name}: {fault}" for fault in lint_notebooks.typical_faults(code))


def outdated():
    old = [path.stem for path in notebooks.sources() if notebooks.outdated(path)]
    found = [f"book/{n}.ipynb is not what book/source/{n}.md says" for n in old]
    note = ["The pages show what the notebooks say. To execute the sources: "
            f"python tools/notebooks.py {' '.join(old)}"]
    return found + note * bool(old), "every notebook is what its source says"


WHAT = {"html": of_pages, "source": of_sources, "outdated": outdated}


def main():
    what, *given = sys.argv[1:] or [""]
    if what not in WHAT or (len(given) != 1 and what == "html"):
        sys.exit(__doc__)
    found, silence = WHAT[what](*given)
    print("\n".join(map(str, found)) or silence)
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
