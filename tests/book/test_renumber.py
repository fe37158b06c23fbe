"""The command that renumbers chapters, on a small book in a repository of its own."""

import subprocess

import pytest

import renumber

TOC = """parts:
- caption: One
  chapters:
  - file: book/01-a
- caption: Two
  chapters:
  - file: book/02-b
  - file: book/03-c
- caption: Back
  chapters:
  - file: book/map
"""


@pytest.fixture
def book(tmp_path):
    """A repository with chapters 01-a, 02-b and 03-c."""
    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    for name in ("01-a", "02-b", "03-c"):
        write(f"book/source/{name}.md", f"# {name[3:]}\n")
        write(f"book/{name}.ipynb", f"chapter 1, {name}")
    for name in ("book/map.md", "CHANGELOG.md", "src/part.py"):
        write(name, "chapter 1, 01-a")
    write("_toc.yml", TOC)
    (tmp_path / "share.png").write_bytes(b"\xff\xd8\0 chapter 1")
    for words in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


def said(book, text, *moves):
    """What becomes of a page's text."""
    (book / "book/map.md").write_text(text, encoding="utf-8")
    renumber.renumber(moves, book)
    return (book / "book/map.md").read_text(encoding="utf-8")


def files(book):
    return sorted(p.relative_to(book / "book").as_posix()
                  for p in (book / "book").rglob("0*"))


def test_a_shift_makes_room_and_does_not_chain(book):
    out = renumber.renumber(["2:3", "3:4"], book)
    assert files(book) == ["01-a.ipynb", "03-b.ipynb", "04-c.ipynb", "source/01-a.md",
                           "source/03-b.md", "source/04-c.md"]
    assert renumber.git(book, "ls-files", "book/source") == [
        "book/source/01-a.md", "book/source/03-b.md", "book/source/04-c.md"]
    assert (book / "_toc.yml").read_text() == TOC.replace("03-c", "04-c").replace(
        "02-b", "03-b")
    assert out == ["2 chapters moved, 1 files rewritten"]


def test_a_swap_keeps_the_parts_and_the_order_of_the_contents(book):
    out = renumber.renumber(["1:2", "2:1"], book)
    assert (book / "_toc.yml").read_text() == TOC.replace("01-a", "01-b").replace(
        "02-b", "02-a")
    assert (book / "src/part.py").read_text() == "chapter 2, 02-a"
    assert out[0] == "book/map.md:1: chapter 1 -> chapter 2"
    assert files(book)[:3] == ["01-b.ipynb", "02-a.ipynb", "03-c.ipynb"]


def test_the_changelog_the_notebooks_and_pictures_stay(book):
    renumber.renumber(["1:2", "2:1"], book)
    assert (book / "CHANGELOG.md").read_text() == "chapter 1, 01-a"
    assert (book / "book/02-a.ipynb").read_text() == "chapter 1, 01-a"
    assert (book / "share.png").read_bytes() == b"\xff\xd8\0 chapter 1"


@pytest.mark.parametrize("text, expected", [
    ("Chapter 2, and [chapter 3](03-c.ipynb#x).",
     "Chapter 3, and [chapter 4](04-c.ipynb#x)."),
    ("as chapter\n2 says", "as chapter\n3 says"),
    ("    # as chapter\n    # 3 says", "    # as chapter\n    # 4 says"),
    ('"as chapter "\n    "3 says"', '"as chapter "\n    "4 says"'),
    ("chapters 1, 2 and 3; chapters 2 or\n3", "chapters 1, 3 and 4; chapters 3 or\n4"),
    ("chapters 1 to 3, chapters 2–3", "chapters 1 to 4, chapters 3–4"),
    ('explorer(alone, name="ch3")', 'explorer(alone, name="ch4")'),
    ("chapter 1's", "chapter 1's"),
])
def test_mentions_follow_a_shift(book, text, expected):
    assert said(book, text, "2+1") == expected


@pytest.mark.parametrize("text", [
    "section 2", "chapter 2 of *Deep Learning*", "chapters 1 and 2 of *Deep Learning*",
    "In chapter 1, 2 of 3 columns", "a chapter of 2 cells", "chapter 2.1", "chapter 20",
    "03-content", "003-c", "chapter 02-bb",
])
def test_what_only_looks_like_a_mention_stays(book, text):
    assert said(book, text, "2+1") == text


def test_a_range_through_a_swap_is_the_same_range(book):
    assert said(book, "chapters 1 to 3", "1:2", "2:1") == "chapters 1 to 3"


def test_the_later_move_counts_and_a_gap_closes():
    assert renumber.parse(["2+1", "3:2"], [1, 2, 3]) == {2: 3, 3: 2}
    assert renumber.parse(["3-1"], [1, 3, 4]) == {3: 2, 4: 3}


@pytest.mark.parametrize("move", ["2:3", "4:5", "1-1", "2", "3:100", "a:b", "1:0"])
def test_a_move_that_leads_nowhere_changes_nothing(book, move):
    before = files(book)
    with pytest.raises(ValueError, match=move):
        renumber.renumber([move], book)
    assert files(book) == before
    assert (book / "book/map.md").read_text() == "chapter 1, 01-a"
