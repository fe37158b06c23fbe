"""What strict nbval does not see in a notebook: it passes a stripped one whole."""

import re
from statistics import median

LONGEST, TYPICAL, WIDEST, LARGEST = 16, 8, 74, 500_000
FIGURE = "image/svg+xml"
EVASION = re.compile(r"(?i)nbval[-_]|raises-exception|PYTEST_VALIDATE_IGNORE_OUTPUT")


def faults(notebook, name="notebook"):
    """What is wrong with a stored notebook, a line each."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    found = [
        f"cell {i} ({shown(cell)[0]}): {fault}"
        for i, cell in enumerate(code, 1)
        for fault in (*source_faults(cell), *output_faults(cell))
    ]
    counts = [cell.execution_count for cell in code]
    if counts != list(range(1, len(code) + 1)):
        found.append(f"execution counts {counts}, expected 1 to {len(code)}")
    if code and not any(cell.outputs for cell in code):
        found.append("no cell has an output: stripped?")
    return [f"{name}: {fault}" for fault in (*found, *typical_faults(code))]


def typical_faults(code):
    if code and (length := median(len(shown(cell)) for cell in code)) > TYPICAL:
        yield f"half of the cells have over {length:g} lines, at most {TYPICAL}"


def source_faults(cell):
    lines = shown(cell)
    if len(lines) > LONGEST:
        yield f"{len(lines)} lines, at most {LONGEST}"
    for line in lines:
        if len(line) > WIDEST:
            yield f"{len(line)} characters, the page shows {WIDEST}: {line.strip()}"
    if EVASION.search(" ".join([cell.source, *cell.metadata.get("tags", [])])):
        yield "is kept out of the comparison by a tag or comment"


def output_faults(cell):
    for output in cell.outputs:
        data = output.get("data", {})
        if output.output_type == "error" or output.get("name") == "stderr":
            yield "ends in an error or writes to stderr"
        pictures = [kind for kind in data if kind.startswith("image/")]
        if pictures not in ([], [FIGURE]) or "<img" in data.get("text/html", ""):
            yield "shows a picture that is no SVG, which nbval does not compare"
        if FIGURE in data:
            yield from figure_faults(cell)
        if len(str(data.get(FIGURE, ""))) > LARGEST:
            yield "shows a figure of more than 500 KB"


def figure_faults(cell):
    shown_as = cell.metadata.get("mystnb", {})
    if len(shown_as.get("image", {}).get("alt", "").split()) < 4:
        yield "shows a figure without alt text that says it in words"
    if not shown_as.get("figure", {}).get("caption", "").strip():
        yield "shows a figure without caption"


def shown(cell):
    return [line for line in cell.source.splitlines() if line.strip()]
