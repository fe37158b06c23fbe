"""What the page for instructors shows: all of it counted or read from the sources.

`{chapter-times}` is a table of minutes, `{teaching-plan}` a list that must fit into its
hours, `{open-exercises}` those without a solution, `{assignment-rubric}` the points of
the notebook to hand out, which is written beside the page when the build is done.
"""

import re
from pathlib import Path
from typing import NamedTuple

import nbformat
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

import assignment

from . import book_map

WORDS_A_MINUTE, A_CELL, AN_EXERCISE, A_LINE = 180, 1, 8, 2  # minutes but for the first
CELL = re.compile(r"^```\{code-cell\}.*?^```$", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^(`{3,}).*?^\1$", re.MULTILINE | re.DOTALL)
EXERCISE = re.compile(r"^`{3,}\{exercise\} (.+)\n:label: ([\w-]+)$", re.MULTILINE)
SOLVED = re.compile(r"^`{3,}\{solution(?:-start)?\} ([\w-]+)$", re.MULTILINE)


class Measured(NamedTuple):
    """A chapter's name and title, what was counted in it, and its exercises."""

    name: str
    title: str
    words: int
    cells: int
    exercises: tuple[tuple[str, str], ...]
    solved: tuple[str, ...]

    @property
    def reading(self):
        """Minutes to read it and to run its cells."""
        return round(self.words / WORDS_A_MINUTE + self.cells * A_CELL)

    @property
    def open(self):
        """The exercises without a solution: (title, label)."""
        return [(t, label) for t, label in self.exercises if label not in self.solved]


def measured(name, text):
    """A chapter by its source: words of prose and open cells, without its exercises."""
    body = re.sub(r"\A---.*?^---$", "", text, flags=re.MULTILINE | re.DOTALL)
    title = re.search(r"^# (.+)$", body, re.MULTILINE)[1]
    read = re.sub(r"^## Exercises$.*?(?=^## )", "", body, flags=re.M | re.S)
    cells = [cell for cell in CELL.findall(read) if not re.search(
        r"tags: \[.*(hide-input|hide-cell|remove-cell)", cell)]
    return Measured(name, title, len(BLOCK.sub("", read).split()), len(cells),
                    tuple(EXERCISE.findall(text)), tuple(SOLVED.findall(text)))


def all_measured(folder):
    """Every chapter of a folder of sources, measured, by name."""
    return {c.name: measured(c.name, (folder / f"{c.name}.md").read_text("utf-8"))
            for c in book_map.chapters(folder)}


def _link(chapter):
    return f"[{chapter.title}]({chapter.name}.ipynb)"


def _table(heads, rows):
    lines = [heads, ["---"] * len(heads), *rows]
    return ["| " + " | ".join(map(str, line)) + " |" for line in lines]


def times(book):
    """The lines of the table of minutes."""
    rows = [(f"{int(c.name[:2])}. {_link(c)}", c.words, c.cells, c.reading,
             len(c.exercises) * AN_EXERCISE) for c in book.values()]
    sums = "All", *(sum(row[i] for row in rows) for i in range(1, 5))
    shown = [(title, f"{words:,} and {cells}", f"{reading} + {exercises}")
             for title, words, cells, reading, exercises in (*rows, sums)]
    return [
        *_table(("Chapter", "words and cells", "minutes"), shown), "",
        "The minutes are those for reading and those for the exercises. "
        "The words are those of the prose, the cells those that are not folded. The "
        f"minutes count {WORDS_A_MINUTE} words a minute, {A_CELL} for a cell and its "
        f"output, {AN_EXERCISE} for an exercise and, in the plans below, {A_LINE} for "
        "a line of the assignment's solution."]


def minutes_of(item, book):
    """(words, minutes) of one line of a plan."""
    kind, _, name = item.partition(" ")
    if kind == "assignment":
        chosen = [t for t in assignment.tasks() if t.name.startswith(name)]
        lines = sum(len(task.lines) for task in chosen)
        what = "the ten nodes of the assignment" if name else "the assignment"
        return what, lines * A_LINE
    chapter = book[name]
    if kind == "exercises":
        number = len(chapter.exercises)
        return (f"the {number} exercises of chapter {int(name[:2])}",
                number * AN_EXERCISE)
    return f"read chapter {int(name[:2])}, {_link(chapter)}", chapter.reading


def plan(limit, items, book):
    """The lines of a plan; ValueError if it takes longer than `limit` minutes."""
    told = [minutes_of(item, book) for item in items]
    total = sum(minutes for _, minutes in told)
    if not 0.7 * limit <= total <= limit:
        raise ValueError(f"teaching-plan: {total} minutes, expected {0.7 * limit:.0f} "
                         f"to {limit}")
    return [*(f"1. {minutes} minutes: {words}" for words, minutes in told), "",
            f"Together {total} minutes."]


def open_exercises(book):
    """The lines of the list of exercises without a solution."""
    return [f"- Chapter {int(c.name[:2])}: {{ref}}`{title} <{label}>`"
            for c in book.values() for title, label in c.open]


def rubric():
    """The lines of the rubric."""
    rows = assignment.rubric()
    return [*(f"- `{name}`, {points} point{'s' * (points > 1)}: {mistake}"
              for name, points, mistake in rows), "",
            f"Together {sum(points for _, points, _ in rows)} points."]


class Counted(SphinxDirective):
    """Markdown made of the sources, in the place of the directive."""

    has_content = True
    optional_arguments = 1

    def lines(self, book):
        """The lines to parse."""
        made = {"chapter-times": times, "open-exercises": open_exercises}.get(self.name)
        if made:
            return made(book)
        if self.name == "assignment-rubric":
            return rubric()
        try:
            return plan(int(self.arguments[0]), list(self.content), book)
        except ValueError as error:
            raise ExtensionError(str(error)) from None

    def run(self):
        """Parse what was made, and note what it was made of."""
        folder = Path(self.env.srcdir, "book", "source")
        book = all_measured(folder)
        for name in book:
            self.env.note_dependency(str(folder / f"{name}.md"))
        self.env.note_dependency(assignment.__file__)
        around = nodes.container()
        self.state.nested_parse(StringList(self.lines(book), self.env.docname), 0,
                                around)
        return around.children


def hand_out(app, error):
    """Write the notebook to hand out beside the page; its solution is not published."""
    if not error and app.builder.name == "html":
        nbformat.write(assignment.student(), Path(app.outdir, "book", assignment.FILE))


def setup(app):
    """Register the directives."""
    for name in ("chapter-times", "open-exercises", "assignment-rubric",
                 "teaching-plan"):
        app.add_directive(name, Counted)
    app.connect("build-finished", hand_out)
