"""The pages around the chapters: nothing missing, and every link leads somewhere."""

import doctest
import importlib
import json
import re
import tomllib
from html import unescape
from pathlib import Path

import pytest
from docutils import nodes
from pybtex.database import parse_file, parse_string

import bnbook
from bnbook.graph import BATCH_NORM, graph_inputs
from page import (
    address,
    api,
    book_map,
    cite,
    code_cells,
    code_links,
    code_names,
    contents,
    docstrings,
    examples,
    page_tools,
    reference,
    share,
    symbols,
    teaching,
)

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "book"
SOURCES = sorted((BOOK / "source").glob("[0-9]*.md"))
DOCUMENTED = api.documented(ROOT)
NAMES = [(module, name) for module, names in DOCUMENTED.items() for name in names]
HERE = address.repository({"repository_url": "https://github.com/me/book"})


def text_of(name):
    return (BOOK / name).read_text(encoding="utf-8")


def headings(text):
    """The slugs of a source's headings, as MyST makes them."""
    plain = re.sub(r"```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    titles = re.findall(r"^#{1,3} (.+)$", plain, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", t.lower()).replace(" ", "-") for t in titles}


# The API reference


def value_of(module, name):
    return getattr(importlib.import_module(module), name)


def test_a_page_asks_for_every_part_and_for_what_else_of_it_is_used():
    for module in DOCUMENTED:
        page = text_of(f"{api.page_of(module).removeprefix('book/')}.md")
        part = module.split(".")[1] if "." in module else ""
        further = f"{{bnbook-api-further}} {part}\n"
        whole = f"{{bnbook-api}} {module}\n"
        assert (whole if module in api.MODULES else further) in page


def test_every_public_name_of_every_part_is_in_the_reference():
    for part in api.MODULES:
        loaded = __import__(part, fromlist=["_"])
        for name in getattr(loaded, "__all__", ()):
            assert getattr(loaded, name, None) is not None, f"{part}.{name}"
            assert name in DOCUMENTED[part]


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_every_entry_says_something(module, name):
    assert reference.said(module, name).strip()


@pytest.mark.parametrize(("name", "signature"), [
    ("graph.run", "(graph, inputs, upstream=None, *, axes=0, ops=OPS)"),
    ("graph.Step", "(name, op, inputs)"),
    ("nn.adam", "(params, grads, state, *, lr, beta1=0.9, beta2=0.999, eps=1e-8)"),
    ("norm.BatchNorm.backward", "(dy, *, input_only=False)"),
    ("norm.Moments", "(mean, var, count)"),
])
def test_a_signature_stands_as_it_is_written(built, name, signature):
    page = (built / "book" / "api" / f"{name.split('.')[0]}.html").read_text("utf-8")
    line = re.search(rf'<dt[^>]* id="bnbook.{re.escape(name)}">(.*?)</dt>', page, re.S)
    assert signature in unescape(re.sub("<[^>]+>", "", line[1]))


def test_every_entry_has_its_place_in_the_built_page(built):
    for module, name in NAMES:
        page = (built / f"{api.page_of(module)}.html").read_text("utf-8")
        assert page.count(f' id="{module}.{name}"') == 1


EXAMPLES = sorted((BOOK / "api" / "examples").glob("*.txt"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_of_the_reference_runs(path):
    first, of = examples.read(path)
    for name, lines in of.items():
        module, _, last = name.rpartition(".")
        assert last in DOCUMENTED[module], f"{name} is not in the reference"
        test = doctest.DocTestParser().get_doctest(
            f"{first}\n{lines}\n", {}, name, str(path), 0)
        said = []
        assert not doctest.DocTestRunner(verbose=False).run(
            test, out=said.append).failed, "".join(said)


# What runs for minutes, what is handed out and not called, and the parts of specimens.
WITHOUT_EXAMPLE = {f"bnbook.{name}" for name in (
    "nn.accuracy_curves", "nn.Curves", "check.bench", "check.load_ipython_extension",
    "cs231n.dropout_p_is", "show.plots.accuracy_grid", "show.plots.layer_histograms",
    "show.geometry.draw_removals", "check.checks.Check", "check.checks.claimed",
    "check.checks.draw", "check.checks.own_forward", "check.checks.pass_through",
    "check.specimens.s0_s4.ZeroStart", "check.specimens.bases.StagedLayer",
    "check.adapters.as_implementation", "check.adapters.book", "check.adapters.graph",
    "check.adapters.staged")}


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_what_a_reader_calls_has_an_example(module, name):
    value, full = value_of(module, name), f"{module}.{name}"
    has = full in examples.of_module(ROOT, module).of or ">>>" in reference.doc(value)
    assert reference.kind(value) == "data" or has != (full in WITHOUT_EXAMPLE)


def test_constants_that_hold_kinds_or_sentences_are_tables():
    for module, name in (("bnbook.nn", "LAYERS"), ("bnbook.check", "PEERS")):
        value = value_of(module, name)
        rows = [line for line in contents.table(value) if line.startswith("   * - ")]
        assert len(rows) == len(value) + 1
    assert contents.table({"a": 1}) == [] == contents.table((1, 2))


def blocks(doc):
    return [b for b in re.split(r"\n\s*\n", doc) if b.startswith("    ")]


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_every_formula_of_a_docstring_converts(module, name):
    value = value_of(module, name)
    members = vars(value).values() if isinstance(value, type) else ()
    for each in (reference.said(module, name), *map(reference.doc, members)):
        for block in blocks(each):
            assert docstrings.formula(block)


def test_a_formula_keeps_words_together_and_indices_apart():
    assert docstrings.formula(r"    y_{nf} = std \cdot \sqrt{var + eps}") == (
        r"\begin{aligned} &y_{nf} = \mathit{std} \cdot "
        r"\sqrt{\mathit{var} + \mathit{eps}} \end{aligned}")


# Names in code


def found(*cells):
    return [[(cell[u.start:u.end], u.module, u.name) for u in uses]
            for cell, uses in zip(cells, code_names.uses(cells))]


def test_names_are_found_across_cells_and_through_modules():
    first, second = found("from bnbook import nn\nfrom bnbook.graph import run as go",
                          "net = nn.mlp((64, 10))\ngo(1).values")
    assert ("nn", "bnbook.nn", "") in first and ("run", "bnbook.graph", "run") in first
    assert second == [("nn.mlp", "bnbook.nn", "mlp"), ("go", "bnbook.graph", "run")]


@pytest.mark.parametrize("cell", [
    "run = 1\nrun",  # bound to something else
    "def run(x):\n    return x\nrun(2)",
    "[run for run in (1, 2)]",
    "f = lambda run: run(3)",
    "trace.run(1)",  # an attribute of something else
    "f(run=1)",  # an argument's name
    "'run' # run",
])
def test_another_thing_of_the_same_name_is_no_use(cell):
    assert found("from bnbook.graph import run", cell)[1] == []


def test_places_are_right_beside_letters_of_two_bytes():
    assert found("from bnbook.graph import run\nγ = 'x̂'; run(γ)")[0][-1][0] == "run"


def test_a_name_that_is_not_public_gets_no_link():
    private = code_names.Use(0, 1, "bnbook.graph", "backward")
    public = private._replace(name="run")
    assert not code_links.is_documented(private, DOCUMENTED)
    assert code_links.is_documented(public, DOCUMENTED)


def test_every_name_that_a_chapter_uses_has_an_entry():
    used = [code_names.Use(0, 0, *pair) for pair in code_cells.used(ROOT)]
    assert len(used) > 100
    missing = [u for u in used if not code_links.is_documented(u, DOCUMENTED)]
    assert missing == []


def test_links_nest_in_the_highlighted_cell_and_change_no_letter():
    text = "y = nn.mlp(a)"
    markup = ('<div><pre><span></span><span class="n">y</span> '
              '<span class="o">=</span> <span class="n">nn</span>'
              '<span class="o">.</span><span class="n">mlp'
              '</span><span class="p">(</span><span class="n">a</span>)</pre></div>')
    linked = code_links.linked(markup, text, [(4, 10, "api.html#mlp", "bnbook.nn.mlp")])
    inside = re.search(r"<a [^>]*>(.*?)</a>", linked)[1]
    assert re.sub("<[^>]+>", "", inside) == "nn.mlp"
    assert inside.count("<span") == inside.count("</span>")
    assert re.sub("<[^>]+>", "", linked) == text


def test_a_place_that_is_no_token_is_an_error():
    with pytest.raises(ValueError):
        code_links.linked("<pre><span>abc</span></pre>", "abc", [(1, 2, "a", "b")])


# Symbols


def test_every_name_of_the_graph_has_a_meaning_to_link_to():
    names = {*graph_inputs(BATCH_NORM), *(step.name for step in BATCH_NORM)}
    assert names == set(symbols.NAMES)
    for name in names:
        assert symbols.meaning(name)[0] == symbols.meaning(f"d{name}")[0]
        assert symbols.meaning(f"d{name}")[1].startswith("the gradient of the loss by")


@pytest.mark.parametrize(("text", "is_formula", "place"), [
    ("ivar", False, "symbol-ivar"), (r"\hat{x}", True, "symbol-xhat"),
    (r"d\mathit{xmu}", True, "symbol-xmu"), (r"\gamma", True, "symbol-gamma"),
    ("N", True, "symbol-N")])
def test_a_lone_symbol_leads_to_its_row(text, is_formula, place):
    assert symbols.meaning(text, is_formula)[0] == place


@pytest.mark.parametrize(("text", "is_formula"), [
    ("x + 1", True), ("forward", False), ("N", False), ("d", False), ("d", True)])
def test_other_text_is_left_alone(text, is_formula):
    assert symbols.meaning(text, is_formula) is None


def test_the_rows_of_the_symbols_get_the_ids_that_links_name():
    notebook = json.loads(text_of("symbols.ipynb"))
    html = "".join(
        "".join(output["data"]["text/html"]) for cell in notebook["cells"]
        for output in cell.get("outputs", []) if "text/html" in output.get("data", {}))
    marked = symbols.with_ids(nodes.raw("", html, format="html")).astext()
    ids = set(re.findall(r'<tr id="([^"]+)"', marked))
    assert ids == {f"symbol-{name}" for name in symbols.NAMES}
    for letter in symbols.OTHER:
        assert f"| ${letter}$ |" in text_of("source/symbols.md")


# Questions, symptoms, bibliography


def answers():
    parts = re.split(r"^## (.+)$", text_of("source/questions.md"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def test_questions_are_many_and_none_is_asked_twice():
    asked = re.findall(r"^## (.+)$", text_of("source/questions.md"), re.MULTILINE)
    assert len(asked) >= 24 and len(set(asked)) == len(asked)
    assert all(question.endswith("?") for question in asked)


@pytest.mark.parametrize("question", answers())
def test_an_answer_is_short_and_leads_to_the_section_that_shows_it(question):
    prose = re.sub(r"```.*?```", "", answers()[question], flags=re.DOTALL)
    prose, words = re.split(r"^\*Other words:\* ", prose, flags=re.MULTILINE)
    assert words.strip().endswith(".") and words.count(",") >= 2
    said = re.split(r"\bSee\s+\[", prose)[0]
    sentences = re.findall(r"[.?!:](?=\s|$)", said)
    assert 2 <= len(sentences) <= 5, sentences
    assert re.search(r"\]\(\d\d-[\w-]+\.ipynb#[^)]+\)", prose)


# What readers type; chapters that are still to come bring the rest.
TYPED = """absorb, Bessel, batch_stats, catastrophic cancellation, data parallel,
distributed, domain shift, EMA, exponential moving average, fuse, mask, null space,
orthogonal, padding, perpendicular, quotient, regularization, RNN, strict=False, SWA,
trainable, total derivative, uneven, update_bn, workers, 1x1"""


def test_the_pages_hold_the_words_that_readers_search_by():
    pages = " ".join(" ".join(path.read_text("utf-8").split()) for path in (
        *(BOOK / "source").glob("*.md"), *BOOK.glob("*.md"))).lower()
    missing = [word for word in " ".join(TYPED.split()).split(", ")
               if word.lower() not in pages]
    assert missing == []


def test_the_symptoms_are_many_and_each_leads_to_a_section():
    rows = re.findall(r"^\* - (.+?)(?=^\* - |^```)", text_of("symptoms.md"),
                      re.DOTALL | re.MULTILINE)
    rows = [row for row in rows if not row.startswith("What you see")]
    assert len(rows) >= 25
    for row in rows:
        assert re.search(r"\]\(\d\d-[\w-]+\.ipynb#[^)]+\)", row), row


@pytest.mark.parametrize("page", ["symptoms.md", "map.md", "source/questions.md",
                                  "source/conventions.md", "source/index.md"])
def test_links_to_a_section_name_one(page):
    for name, slug in re.findall(r"\]\((\d\d-[\w-]+)\.ipynb#([^)]+)\)", text_of(page)):
        assert slug in headings(text_of(f"source/{name}.md")), f"{name}#{slug}"


def works(text):
    """The titles in a chapter's Reading, and the names of documented functions."""
    reading = text.split("## Reading")[1]
    plain = " ".join(reading.split())
    return [a or b for a, b in re.findall(
        r"(?:- [^*]{3,80}? \*([^*]+)\*)|(?:documentation of (`[^`]+`))", plain)]


WORKS = parse_file(str(BOOK / "references.bib")).entries
TITLES = {re.sub("[{}]", "", work.fields["title"]) for work in WORKS.values()}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_every_work_of_a_chapter_is_in_the_bibliography(source):
    text = source.read_text(encoding="utf-8")
    named = works(text)
    assert len(named) == text.split("## Reading")[1].count("\n- ")
    for title in named:
        assert any(title.strip("?`") in known for known in TITLES), title


def test_every_work_of_the_bibliography_is_shown_and_says_why_to_read_it():
    shown = re.findall(r':filter: keywords % "(\w+)"', text_of("bibliography.md"))
    assert len(WORKS) >= 35
    for key, work in WORKS.items():
        assert work.fields["note"].strip() and work.fields["keywords"] in shown, key


def test_an_author_and_year_in_prose_is_in_the_bibliography():
    known = {(person.last_names[-1], work.fields.get("year"))
             for work in WORKS.values() for person in work.persons.get("author", ())}
    for source in SOURCES:
        text = source.read_text(encoding="utf-8")
        cited = re.findall(
            r"([A-Z]\w+)(?: and [A-Z]\w+| et al\.)? \(?((?:19|20)\d\d)\b", text)
        for author, year in cited:
            assert (author, year) in known, f"{source.stem}: {author} {year}"


def test_a_key_that_is_cited_is_in_the_bibliography():
    for page in sorted(BOOK.rglob("*.md")):
        for keys in re.findall(r"\{cite[:\w]*\}`([^`]+)`", page.read_text("utf-8")):
            assert set(keys.split(",")) <= set(WORKS), page


def test_how_to_cite_says_the_version_and_the_day_that_the_files_say():
    said = cite.cited((ROOT / "CITATION.cff").read_text())
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert said["version"] == version == bnbook.__version__
    entry = parse_string(cite.bibtex(said), "bibtex").entries["bnbook"]
    assert entry.fields["version"] == version and entry.type == "software"
    assert entry.fields["year"] == str(said["date-released"].year)
    assert str(entry.persons["author"][0]).strip("{}") == said["authors"][0]["name"]
    assert f"Version {version}, {said['date-released']}" in cite.reference(said)


# The map


def test_the_map_holds_every_chapter_once_and_its_arrows_lead_down():
    book = book_map.chapters(BOOK / "source")
    place = book_map.layout(book)
    assert [c.name for c in book] == [s.stem for s in SOURCES]
    assert len(set(place.values())) == len(book)
    for needed, name in book_map.drawn_edges(book):
        assert place[needed][1] < place[name][1]


def test_the_arrows_of_the_map_say_all_that_is_needed():
    book = book_map.chapters(BOOK / "source")
    reached = {c.name: set() for c in book}
    for needed, name in sorted(book_map.drawn_edges(book), key=lambda edge: edge[1]):
        reached[name] |= {needed} | reached[needed]
    assert reached == book_map.before(book)
    for needed, name in book_map.drawn_edges(book):
        others = {a for a, b in book_map.drawn_edges(book) if b == name and a != needed}
        assert not any(needed in reached[other] for other in others)


def test_a_box_of_the_map_is_a_link_with_its_title():
    svg = book_map.draw(book_map.chapters(BOOK / "source"), lambda name: f"{name}.html")
    for source in SOURCES:
        words = re.search(f'href="{source.stem}.html"(.*?)</a>', svg)[1]
        title = re.search(r"^# (.+)$", source.read_text(), re.MULTILINE)[1]
        assert re.sub(r"<[^>]+>", "", f"<{words}").strip().endswith(title)


def test_the_map_is_not_made_smaller_on_a_phone_but_scrolls(built):
    svg = book_map.draw(book_map.chapters(BOOK / "source"), str)
    wide, least = (re.search(rf"{name}: (\S+)px", svg)[1]
                   for name in ("--bn-width", "--bn-least"))
    assert wide == least
    page = (built / "book/map.html").read_text(encoding="utf-8")
    assert re.search(r'<div class="bn-scroll[^>]*><svg[^>]*bn-map', page)


# Teaching


def test_a_chapter_is_measured_without_its_exercises_and_folded_cells():
    text = ("---\na: b\n---\n\n# One\n\nTwo words.\n\n```{code-cell} ipython3\nx = 1\n"
            "```\n\n```{code-cell} ipython3\n---\ntags: [hide-input]\n---\ny\n```\n\n"
            "## Exercises\n\n````{exercise} A\n:label: ex-a\n\nMany words.\n````\n\n"
            "````{exercise} B\n:label: ex-b\n\nWords.\n````\n\n"
            "````{solution-start} ex-a\n````\n\n## Reading\n\nLast.\n")
    found = teaching.measured("01-one", text)
    assert (found.title, found.words, found.cells) == ("One", 7, 1)
    assert found.open == [("B", "ex-b")] and found.reading == 1


def test_every_plan_of_the_page_fits_into_its_hours():
    book = teaching.all_measured(BOOK / "source")
    plans = re.findall(r"```\{teaching-plan\} (\d+)\n(.*?)```", text_of("teaching.md"),
                       re.DOTALL)
    assert [limit for limit, _ in plans] == ["60", "180", "360"]
    for limit, items in plans:
        lines = teaching.plan(int(limit), items.split("\n")[:-1], book)
        assert lines[-1].startswith("Together ")


def test_a_plan_that_takes_longer_is_refused():
    book = teaching.all_measured(BOOK / "source")
    with pytest.raises(ValueError, match="expected 7 to 10"):
        teaching.plan(10, [f"chapter {SOURCES[0].stem}"], book)


# Head matter and tools


def test_without_a_repository_the_tools_are_those_that_need_no_network():
    offline = dict(page_tools.tools("book/a", "A", "book/source/a.md", True, None))
    assert set(offline) == {"Download the notebook", "See the source"}
    assert all(link.startswith("_sources/") for link in offline.values())


def test_with_a_repository_a_page_can_be_run_reported_and_edited():
    links = dict(page_tools.tools("book/a", "A & B", "book/source/a.md", True, HERE))
    assert links["Run it in Binder"] == (
        "https://mybinder.org/v2/gh/me/book/main?labpath=book%2Fa.ipynb")
    assert links["Run it in Colab"].endswith("/github/me/book/blob/main/book/a.ipynb")
    assert "A%20%26%20B" in links["Report a mistake"]
    assert links["Edit this page"].endswith("/edit/main/book/source/a.md")


def test_a_page_without_cells_offers_no_notebook():
    words = dict(page_tools.tools("book/map", "Map", "book/map.md", False, HERE))
    assert "Download the notebook" not in words and "Run it in Colab" not in words


def test_binder_finds_what_it_needs():
    assert (ROOT / "runtime.txt").read_text() == "python-3.11\n"
    assert (ROOT / "requirements.txt").read_text().endswith("-e .\n")


def test_another_host_than_github_is_refused():
    with pytest.raises(ValueError, match="repository url"):
        address.repository({"repository_url": "https://example.org/me/book"})
    assert address.repository({"repository_url": ""}) is None


def test_the_preview_of_a_shared_link_is_whole_and_escaped():
    tags = share.preview('A "b"', "Site", "Words", "https://h/p.html", "https://h/s.png")
    for name in ("og:title", "og:description", "og:url", "og:image", "og:image:alt"):
        assert f'property="{name}"' in tags
    assert 'content="A &quot;b&quot;"' in tags
    assert "og:url" not in share.preview("A", "S", "W", "", "s.png")


def test_the_shared_picture_has_the_size_that_its_tags_say():
    header = (BOOK / "_static/share.png").read_bytes()[:24]
    size = tuple(int.from_bytes(header[i:i + 4], "big") for i in (16, 20))
    assert header[1:4] == b"PNG" and size == share.SIZE


def test_the_sitemap_lists_absolute_addresses():
    text = share.sitemap(["https://h/a.html", "https://h/b.html?x&y"])
    assert "<loc>https://h/a.html</loc>" in text and "x&amp;y" in text
