"""What pyproject.toml cannot say: an installed package has the pages' scripts."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
BROUGHT = [*ROOT.glob("web/*.js"), *ROOT.glob("web/*.css"),
           ROOT / "book" / "_static" / "bnbook.css"]


class WithScripts(build_py):
    """The modules, and web/ beside those that send it to a notebook."""

    def run(self):
        """Build; an editable install reads web/ where it stands."""
        super().run()
        if not self.editable_mode:
            folder = Path(self.build_lib, "bnbook", "show", "web")
            folder.mkdir(parents=True, exist_ok=True)
            for path in BROUGHT:
                shutil.copy(path, folder)


setup(cmdclass={"build_py": WithScripts})
