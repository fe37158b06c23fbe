"""The scripts of live parts, joined: for a page of the book, or for a notebook.

A part's script is `web/NAME.js`, whose first lines may say `// needs: engine, other`.
"""

import re
from pathlib import Path

HERE = Path(__file__)
# An installed package brings the folder along; the repository has it at its root.
FOLDER = next((folder for folder in (HERE.with_name("web"), HERE.parents[3] / "web")
               if folder.is_dir()), HERE.with_name("web"))
TYPES = re.compile(r"/\*\*.*?\*/[ \t]*", re.DOTALL)
SPARE = re.compile(r'^[ \t]*(//.*|"use strict";)?\n|^[ \t]+', re.MULTILINE)
JOINED = re.compile(r"(?<=[,;{([&|?:=>])\n|\n(?=[)\]}.?:&|])")
NEEDS = re.compile(r"^// needs: (.+)$", re.MULTILINE)
MODULE = "export default {render({model, el}) {bnNotebook.host(model, el);}};"
COLOURS = re.compile(r'html\[data-theme="(light|dark)"\] \{([^}]*)\}')
COLOUR = re.compile(r"--bn-\w+: #[0-9a-f]{6};")
DARK = ('[data-jp-theme-light="false"] .bn-live, .vscode-dark .bn-live, '
        'html[theme="dark"] .bn-live')  # JupyterLab, VS Code, Colab


def scripts(parts, folder=FOLDER):
    """The scripts that these parts need, each after what it needs itself."""
    wanted = ["live"]
    for name in parts:
        for needed in (*_needs(folder / f"{name}.js"), name):
            if needed not in wanted:
                wanted.append(needed)
    return wanted


def script_text(parts, folder=FOLDER):
    """What a page with these parts is sent: one script, all of it strict."""
    return '"use strict";' + "".join(lean((folder / f"{name}.js").read_text("utf-8"))
                                     for name in scripts(parts, folder))


def module_text(parts):
    """The same as a module of anywidget, which hosts one part in a notebook."""
    return script_text([*parts, "notebook"]) + MODULE


def style_text(parts):
    """The styles of these parts in a notebook, with the book's colours."""
    found = [FOLDER / f"{name}.css" for name in scripts(parts)]
    styles = [path.read_text("utf-8") for path in found if path.exists()]
    return "\n".join([_colours(), *styles])


def _colours():
    """The page's variables, light and dark, for what is no page of the book."""
    near, far = FOLDER / "bnbook.css", FOLDER.parent / "book" / "_static" / "bnbook.css"
    text = (near if near.exists() else far).read_text("utf-8")
    themes = {theme: " ".join(COLOUR.findall(block))
              for theme, block in COLOURS.findall(text)}
    return f".bn-live {{{themes['light']}}}\n{DARK} {{{themes['dark']}}}"


def _needs(path, seen=()):
    """What a script asks for, and what that asks for, first things first."""
    lines = NEEDS.findall(path.read_text("utf-8"))
    return [
        name
        for direct in (name for line in lines for name in re.split(r",\s*", line))
        if direct not in seen
        for name in (*_needs(path.with_stem(direct), (*seen, path.stem)), direct)
    ]


def lean(script):
    """A script without its types, comment lines, indents and needless line ends."""
    return JOINED.sub("", SPARE.sub("", TYPES.sub("", script)))
