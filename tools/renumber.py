"""Give chapters other numbers: move their files and rewrite every mention of them.

Usage: python tools/renumber.py MOVE...

    8:9      chapter 8 becomes chapter 9
    8+1      chapter 8 and all after it go up by 1: room for a new chapter 8
    9-1      chapter 9 and all after it go down by 1: chapter 8 has gone
    1:2 2:1  chapters 1 and 2 change places

All happens at once; of two moves of one chapter the later counts. Rewritten are names
(08-test-time), words ("chapters 8 to 11", over a line's end too) and live graphs (ch8)
in every text that git tracks but the changelog and the notebooks. Each mention in words
is printed: read them. Yours to mend are ranges whose chapters part, and where a chapter
changes its part in _toc.yml. "Chapter 8 of *a book*", in emphasis, stays as it is.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
KEPT = [f":!{p}" for p in ("*.ipynb", "CHANGELOG.md", "*/*renumber.py")]
MOVE = re.compile(r"(\d+)([:+-])(\d+)")
GAP = r'\s[\s#/>"]*'  # a space, or a line's end and what opens the next line
LIST = rf"\d+(?:(?:,{GAP}|,?{GAP}(?:and|or|to){GAP}|[–-])\d+)*"
MENTION = (rf"\b(?>[Cc]hapters{GAP}{LIST}|[Cc]hapter{GAP}\d+)"
           rf"\b(?![.-]\w|{GAP}of{GAP}[*_])")
LIVE = r'"ch\d+"'
NUMBERS = re.compile(rf"(\d+)({GAP}to{GAP}|[–-])(\d+)|\d+")
IN_TOC = re.compile(r"(?<=- file: book/)\d\d-[\w-]+")


def git(root, *words):
    """The lines that git answers."""
    done = subprocess.run(["git", *words], cwd=root, check=True, stdout=subprocess.PIPE)
    return done.stdout.decode().splitlines()


def chapters(root):
    """number -> name of the tracked chapters, 8 -> 08-test-time."""
    paths = git(root, "ls-files", "book/source/[0-9][0-9]-*.md")
    return {int(Path(p).name[:2]): Path(p).stem for p in paths}


def parse(words, numbers):
    """old number -> new number; ValueError if a move leads nowhere."""
    moves = {}
    for word in words:
        if not (found := MOVE.fullmatch(word)):
            raise ValueError(f"{word}: expected a move such as 8:9, 8+1 or 9-1")
        start, to = int(found[1]), int(found[3])
        if start not in numbers:
            raise ValueError(f"{word}: there is no chapter {start}")
        by = to - start if found[2] == ":" else int(found[2] + found[3])
        which = [start] if found[2] == ":" else [n for n in numbers if n >= start]
        moves |= {n: n + by for n in which}
    after = [moves.get(n, n) for n in numbers]
    if len({*after}) < len(after) or not 1 <= min(after) <= max(after) <= 99:
        raise ValueError(f"{' '.join(words)}: the numbers would be {after}")
    return moves


def rewrite(text, moves, names):
    """(new text, a line for each mention in words); names: old -> new, of chapters."""
    lines = []

    def number(found):
        if not found[1]:
            return str(moves.get(int(found[0]), found[0]))
        inside = {int(found[1]), *range(int(found[1]), int(found[3])), int(found[3])}
        ends = [moves.get(n, n) for n in inside]
        return f"{min(ends)}{found[2]}{max(ends)}"

    def mention(found):
        if found[0] in names:
            return names[found[0]]
        new = NUMBERS.sub(number, found[0])
        if new != found[0]:
            line = text.count("\n", 0, found.start()) + 1
            lines.append(" ".join(f"{line}: {found[0]} -> {new}".split()))
        return new

    slugs = [rf"\b{name}\b" for name in sorted(names, key=len, reverse=True)]
    return re.sub("|".join([*slugs, MENTION, LIVE]), mention, text), lines


def in_order(toc):
    """The contents with the chapters by number, each part as long as it was."""
    names = iter(sorted(IN_TOC.findall(toc)))
    return IN_TOC.sub(lambda _: next(names), toc)


def renumber(words, root=ROOT):
    """Move and rewrite. A line for each mention in words, and one that counts."""
    book = chapters(root)
    moves = parse(words, book)
    names = {book[n]: f"{to:02}{book[n][2:]}" for n, to in moves.items() if n != to}
    for old, new in names.items():
        for path in git(root, "ls-files", f"book/source/{old}.md", f"book/{old}.ipynb"):
            git(root, "mv", path, path.replace(old, new))
    said, count = [], 0
    for path in git(root, "grep", "-lI", "", "--", ".", *KEPT):
        text = Path(root, path).read_bytes().decode()
        new, lines = rewrite(text, moves, names)
        new = in_order(new) if path == "_toc.yml" else new
        if new != text:
            Path(root, path).write_bytes(new.encode())
            said += [f"{path}:{line}" for line in lines]
            count += 1
    return [*said, f"{len(names)} chapters moved, {count} files rewritten"]


if __name__ == "__main__":
    if not sys.argv[1:]:
        sys.exit(__doc__)
    try:
        print(*renumber(sys.argv[1:]), sep="\n")
    except ValueError as error:
        sys.exit(str(error))
