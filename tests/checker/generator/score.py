"""Run the checker on a generated set and count what it says right and wrong.

    cd tests/checker && python -m generator.score --count 300 --seed 1

Every miss is listed with its file. The checker is run by its command, as readers do.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from generator.sets import cases

BACKWARD = ("dx", "dgamma", "dbeta")


def main(argv=None):
    """Write the set, run the checker, print the table."""
    told = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    told.add_argument("--count", type=int, default=300)
    told.add_argument("--seed", type=int, default=1)
    told.add_argument("--folder", help="where the files stay; default: a new one")
    told.add_argument("--write-only", action="store_true", help="write, do not check")
    args = told.parse_args(argv)
    folder = Path(args.folder or tempfile.mkdtemp(prefix="generated"))
    made = list(cases(args.count, args.seed))
    paths = written(made, folder)
    print(f"{len(made)} submissions in {folder}")
    if not args.write_only:
        results, code = checked(paths)
        print(table(made, paths, results, code))


def written(made, folder):
    """The files of some cases, and beside them truth.json."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{case.name}.py" for case in made]
    for case, path in zip(made, paths):
        path.write_text(case.submission.text, encoding="utf-8")
    told = {case.name: {"right": case.right, "truth": case.truth,
                        "faults": [f._asdict() | {"line": case.submission.lines[f.key]}
                                   for f in case.submission.faults],
                        "style": vars(case.submission.choices)} for case in made}
    (folder / "truth.json").write_text(json.dumps(told, indent=1), encoding="utf-8")
    return paths


def checked(paths, at_once=50):
    """({path: the command's result}, the largest exit code)."""
    results, worst = {}, 0
    for start in range(0, len(paths), at_once):
        some = [str(path) for path in paths[start:start + at_once]]
        done = subprocess.run([sys.executable, "-m", "bnbook.check", *some, "--json"],
                              capture_output=True, text=True, env=os.environ)
        worst = max(worst, done.returncode)
        try:
            given = json.loads(done.stdout)
        except ValueError:
            print(done.stderr[-2000:], file=sys.stderr)
            given = []
        results |= {str(Path(one["name"].split(":")[0])): one for one in given}
    return results, worst


def judged(case, result):
    """The rows of the table that one result counts in: {row: whether well done}."""
    if result is None:
        return {"run to a verdict": False}
    faults = [f for f in result["findings"] if f["kind"] == "fault"]
    wrong = result["outcome"] == "wrong"
    verdict = result["outcome"] in ("right", "wrong")
    found = {"run to a verdict": verdict, "bnbook itself did not fail":
             "fail" not in result["outcome"]}
    if case.truth.get("runs", True):
        found["no crash where there is none"] = verdict
    if case.right:
        return found | {"right called right": result["outcome"] == "right",
                        "right not blamed": not (wrong or faults)}
    found |= {"wrong not called right": result["outcome"] != "right",
              "wrong called wrong": wrong, "right parts not blamed": not blamed(
                  case, result)}
    if case.single:
        nodes = {said(f) for f in faults if f["name"] != "unnamed"}
        parts = {part for part, fine in case.truth.items() if fine is False}
        good = [accepted(case, node) for node in case.single.nodes]
        kind = {"b": "backward", "w": "wiring", "f": "forward", "r": "running",
                "t": "test mode"}[case.single.key[0]]
        named = bool(nodes & set(good)) or ("conduct" in parts and any(
            f["part"] == "conduct" for f in faults))
        found |= {"single fault named": named, f"single fault named: {kind}": named,
                  "  at a part that is wrong": any(
                      f["part"] in parts for f in faults),
                  "  at the node of the edit": good[0] in nodes}
    if case.single and case.staged:
        lines = {f["line"]["number"] for f in faults if f.get("line")}
        found |= {"staged: right line": case.line in lines,
                  "staged: no wrong line": not lines - {case.line}}
    return found


def said(finding):
    """(direction, name) of a finding's node: gradients are told with a d or without."""
    node, part = finding["node"] or "", finding["part"]
    back = part in BACKWARD or node[:1] == "d"
    return ("d" if back else "", plain(node.removeprefix("d") if back else node))


def accepted(case, node):
    """The same of an accepted node."""
    back = node[0] == "d" and case.single.key[0] in "bw"
    return ("d" if back else "", plain(node.removeprefix("d") if back else node))


def plain(node):
    """A node's name without the primes of a step inside its line, or `running_`."""
    return node.rstrip("'").removeprefix("running_")


def blamed(case, result):
    """The parts called wrong that are right (gradients: where y is right)."""
    parts = {f["part"] for f in result["findings"] if f["kind"] == "fault"}
    sound = case.truth.get("runs", True) and case.truth.get("y", True)
    return {p for p in parts if sound and case.truth.get(p) is True}


def table(made, paths, results, code):
    """What is counted, and every miss."""
    good, all_, misses = Counter(), Counter(), []
    for case, path in zip(made, paths):
        result = results.get(str(path))
        for row, fine in judged(case, result).items():
            good[row] += fine
            all_[row] += 1
            if not fine:
                misses.append(f"{row.strip()}: {path}  {what(case, result)}")
    outcomes = Counter(r["outcome"] for r in results.values())
    rows = [f"{row:36} {good[row]:5} of {all_[row]:5}  {good[row] / all_[row]:6.1%}"
            for row in sorted(all_)]
    return "\n".join([*rows, f"outcomes {dict(outcomes)}, exit code {code}", "",
                      *sorted(misses)])


def what(case, result):
    """One line on a case and on what was said of it."""
    planted = "; ".join(f"{f.name} [{f.key} line {case.submission.lines[f.key]}]"
                        for f in case.submission.faults) or "nothing planted"
    wrong = [part for part, fine in case.truth.items() if fine is False]
    told = [f"{f['name']} [{f['node']}]" for f in (result or {}).get("findings", ())
            if f["kind"] == "fault"]
    why = (result or {}).get("why", "no result")
    return f"{planted}; wrong: {', '.join(wrong) or 'no'}; said: {told or why}"


if __name__ == "__main__":
    main()
