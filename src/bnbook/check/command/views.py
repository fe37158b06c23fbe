"""What is told of the submissions, as text, as JSON and as CSV, and as an exit code."""

import csv
import io
import json
from collections import Counter

# The command's exit code is that of the first of these that is among the outcomes.
EXIT_CODES = {"failed": 3, "wrong": 1, "not run": 2, "timeout": 2, "memory": 2,
              "printing": 2, "crash": 2, "right": 0}
PARTS = ("y", "dx", "dgamma", "dbeta", "images", "test mode", "running statistics",
         "conduct")
COLUMNS = ("name", "outcome", *PARTS, "faults", "lines", "notes", "why")


def exit_code(all_told):
    """3 if bnbook failed, else 1 if any is wrong, else 2 if any did not run, else 0."""
    outcomes = {told["outcome"] for told in all_told}
    return next(code for outcome, code in EXIT_CODES.items() if outcome in outcomes)


def as_text(all_told, show_output):
    """Every verdict, each under its name if there are several, and a count."""
    several = len(all_told) > 1
    blocks = []
    for told in all_told:
        block = told["text"] if told["parts"] else f"{told['name']}: {reason(told)}"
        if several and told["parts"]:
            block = f"== {told['name']}\n{block}"
        blocks.append(block + (_printed(told) if show_output else ""))
    if several:
        blocks.append(_counted(all_told))
    return "\n\n".join(blocks)


def reason(told):
    """Why there is no verdict, in one line."""
    if told["outcome"] == "failed":
        return f"bnbook failed: {one_line(told['why'])}"
    words = "could not be run" if told["outcome"] == "not run" else told["outcome"]
    return f"{words}: {one_line(told['why'])}"


def one_line(text):
    return " ".join(text.split())


def _printed(told):
    if not told["printed"]:
        return "\n(it printed nothing)"
    left = told["printed"] - len(told["output"].encode())
    more = f"\n(and {left} bytes more)" if left > 0 else ""
    return f"\n-- what it printed:\n{told['output'].rstrip()}{more}\n--"


def _counted(all_told):
    outcomes = Counter(told["outcome"] for told in all_told)
    counts = ", ".join(f"{outcomes[o]} {o}" for o in EXIT_CODES if outcomes[o])
    return f"{len(all_told)} submissions: {counts}"


def as_json(all_told, show_output):
    """A list with an object a submission; what it printed only if that is asked for."""
    hidden = set() if show_output else {"output", "printed"}
    return json.dumps([{key: a for key, a in told.items() if key not in hidden}
                       for told in all_told], indent=1, ensure_ascii=False)


def as_csv(all_told, show_output):
    columns = (*COLUMNS, "output") if show_output else COLUMNS
    text = io.StringIO()
    rows = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    rows.writeheader()
    for told in all_told:
        rows.writerow({**told, **told["parts"], "why": one_line(told["why"]),
                       "faults": _sentences(told, "fault"), "lines": _lines(told),
                       "notes": _sentences(told, "note")})
    return text.getvalue().rstrip("\n")


def _sentences(told, kind):
    """The findings of a kind in one cell; none where nothing ran."""
    return " | ".join(f["sentence"] for f in told["findings"]
                      if f["kind"] == kind) if told["parts"] else ""


def _lines(told):
    """The reader's lines that are at fault, in one cell."""
    found = [f["line"] for f in told["findings"] if f.get("line")]
    return " | ".join(f"{a['file']}:{a['number']} {a['source']}" for a in found)
