"""One style sheet for all pages: the themes' sheets and ours, without unused rules.

The themes bring 470 KiB of rules in ten files; the pages use a quarter of them. A rule
stays if all classes and ids that it asks for stand in some page or script.
"""

import re
from pathlib import Path

import tinycss2

from .live import PAGES

SHEET = "_static/book.css"
# theme.css is one line that imports basic.css
FIRST = ("_static/basic.css", "_static/styles/pydata-sphinx-theme.css")
NAMES = re.compile(r'\b(?:class|id)="([^"]*)"')
BUILT_IN_PARTS = re.compile(r"bs-tooltip-")  # Bootstrap's script puts these together
OURS_INSTEAD = "pygments.css"  # type.css says how code looks, in ink
# the words of the whole book, and icons that no page loads
NOT_SCRIPTS = ("searchindex.js", "fontawesome.js")
REPLACED_FONT = "Font Awesome"  # icons.css draws the icons
WORD = re.compile(r"[\w-]+")
VARIABLE = re.compile(r"--[\w-]+")
READ = re.compile(r"var\(\s*(--[\w-]+)")
NESTED = ("media", "supports", "layer", "container")


def names_asked(selector):
    """The classes and ids without which the selector matches nothing."""
    for token, after in zip(selector, [*selector[1:], None]):
        if token == "." and after is not None and after.type == "ident":
            yield after.value
        elif token.type == "hash":
            yield token.value


def selectors(prelude):
    """The tokens of each selector of a rule."""
    found = [[]]
    for token in prelude:
        if token == ",":
            found.append([])
        else:
            found[-1].append(token)
    return found


def used(selector, names):
    """Whether the selector can match where only these names stand."""
    return all(name in names or BUILT_IN_PARTS.match(name)
               for name in names_asked(selector))


def used_rules(tokens, names, read):
    """The text of each rule that is used; `tokens` is a sheet or a block of one."""
    for rule in tinycss2.parse_rule_list(tokens, skip_comments=True,
                                         skip_whitespace=True):
        if rule.type == "error":
            raise ValueError(f"a style sheet: {rule.message}")
        if rule.type == "qualified-rule":
            kept = [s for s in selectors(rule.prelude) if used(s, names)]
            declarations = block(rule.content, read)
            if kept and declarations:
                head = ",".join(tinycss2.serialize(s).strip() for s in kept)
                yield f"{head}{{{declarations}}}"
        elif rule.lower_at_keyword in NESTED and rule.content is not None:
            inner = "".join(used_rules(rule.content, names, read))
            if inner:
                head = tinycss2.serialize(rule.prelude).strip()
                yield f"@{rule.at_keyword} {head}{{{inner}}}"
        elif rule.lower_at_keyword == "import":
            raise ValueError(f"a style sheet imports another: {rule.serialize()}")
        elif rule.lower_at_keyword == "charset" or REPLACED_FONT in rule.serialize():
            continue
        else:
            yield rule.serialize()


def block(content, read):
    """The declarations of a rule, but those of variables that nothing reads."""
    found = tinycss2.parse_blocks_contents(content, skip_comments=True,
                                           skip_whitespace=True)
    for one in found:
        if one.type == "error":
            raise ValueError(f"a style sheet: {one.message}")
    return ";".join(one.serialize().strip() for one in found
                    if one.type != "declaration" or not one.name.startswith("--")
                    or one.name in read)


def bundle(sheets, pages, scripts):
    """One sheet of the used rules of all, in order. All arguments: lists of text."""
    names = {name for page in pages for found in NAMES.findall(page)
             for name in found.split()}
    names |= {word for script in scripts for word in WORD.findall(script)}
    elsewhere = set(VARIABLE.findall("".join([*pages, *scripts])))
    read = elsewhere | set(READ.findall("".join(sheets)))
    # each alone at first, lest a block left open swallow the next sheet
    sheet, lean = None, "\n".join(
        rule for one in sheets for rule in used_rules(one, names, read))
    while lean != sheet:  # a variable may be read by another that is itself unused
        sheet = lean
        read = elsewhere | set(READ.findall(sheet))
        lean = "\n".join(used_rules(sheet, names, read))
    return sheet


def take_sheets(app, pagename, templatename, context, doctree):
    """Note the sheets that every page asks for; leave a page's own to itself."""
    if app.builder.name not in PAGES:
        return
    own = [s for s in context["css_files"] if s.filename.startswith("_static/live/")]
    shared = [s for s in context["css_files"]
              if s not in own and not s.filename.endswith(OURS_INSTEAD)]
    shared.sort(key=lambda sheet: sheet.priority)
    app.bnbook_sheets = [*FIRST, *(sheet.filename for sheet in shared)]
    context["css_files"] = own


def write(app, error):
    """Write the one sheet when all pages are there to be read."""
    if error or not hasattr(app, "bnbook_sheets"):  # no page was written
        return
    out = Path(app.outdir)
    texts = {end: [path.read_text(encoding="utf-8") for path in sorted(out.rglob(end))
                   if path.name not in NOT_SCRIPTS]
             for end in ("*.html", "*.js")}
    sheets = [(out / name).read_text(encoding="utf-8") for name in app.bnbook_sheets]
    text = bundle(sheets, texts["*.html"], texts["*.js"])
    came_from = f"/* {' '.join(app.bnbook_sheets)} */\n"
    (out / SHEET).write_text(came_from + text, encoding="utf-8")


def setup(app):
    """Connect to the build, after all that adds sheets to a page."""
    app.connect("html-page-context", take_sheets, priority=900)
    # the theme writes pygments.css at the build's end too
    app.connect("build-finished", write, priority=900)
