"""Where the book and its repository stand: one setting, `repository: url`.

It is empty as long as the public address is unknown. What needs it appears only when it
is set: Binder, Colab, the report of a mistake, the canonical address of a page.
"""

import re
from typing import NamedTuple
from urllib.parse import quote

LOCAL = "http://localhost:8000/"  # where `make serve` serves the book


class Repository(NamedTuple):
    """A public repository on GitHub: its address, "owner/name", and its branch."""

    url: str
    path: str
    branch: str

    def file(self, name, way="blob"):
        """The address of a file there, to see ("blob") or to "edit"."""
        return f"{self.url}/{way}/{self.branch}/{quote(name)}"

    def binder(self, name):
        """The address that opens a notebook in Binder."""
        return (f"https://mybinder.org/v2/gh/{self.path}/{self.branch}"
                f"?labpath={quote(name, safe='')}")

    def colab(self, name):
        """The address that opens a notebook in Colab."""
        return (f"https://colab.research.google.com/github/{self.path}/blob/"
                f"{self.branch}/{quote(name)}")

    def report(self, title):
        """The address of a new issue about a page."""
        return f"{self.url}/issues/new?title={quote(title, safe='')}"

    def pages(self):
        """Where GitHub serves the pages of this repository."""
        owner, name = self.path.split("/")
        return f"https://{owner.lower()}.github.io/{name}/"


def repository(options):
    """The Repository that Jupyter Book's theme options name, None if they name none.

    Raises ValueError for another host: Binder's and Colab's addresses are GitHub's.
    """
    url = (options.get("repository_url") or "").removesuffix("/").removesuffix(".git")
    if not url:
        return None
    match = re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+)", url)
    if not match:
        raise ValueError(f"repository url: {url!r}, expected https://github.com/o/name")
    return Repository(url, match[1], options.get("repository_branch") or "main")


def settle(app, config):
    """With a repository and no address of the pages, they stand where GitHub puts them.
    """
    config.bnbook_repository = repository(config.html_theme_options)
    if config.bnbook_repository and not config.html_baseurl:
        config.html_baseurl = config.bnbook_repository.pages()


def setup(app):
    """Settle the addresses before the pages are made."""
    app.connect("config-inited", settle, priority=900)
