"""nbval's run of a notebook, in which the numbers in its prose are filled in anew.

nbval executes a notebook's code cells and compares their outputs. Here each placeholder
of the source is evaluated in the same kernel, after the cells above it, and the prose,
caption or alt text that it gives must be the stored one. So a notebook runs once.
"""

import pytest
from nbval.plugin import IPyNbFile

import notebooks


class Chapter(IPyNbFile):
    """The cells of a notebook, and between them its prose that has placeholders."""

    @classmethod
    def of(cls, collector):
        """nbval's collector of a notebook that has a source as one of this kind."""
        name = collector.path.stem
        source = collector.path.parent / notebooks.SOURCES.name / f"{name}.md"
        if not (isinstance(collector, IPyNbFile) and source.is_file()):
            return collector
        chapter = cls.from_parent(collector.parent, path=collector.path)
        chapter.source = source
        return chapter

    def collect(self):
        """nbval's items in order; a cell's words come after the cell."""
        run = iter([*super().collect()])
        made = notebooks.with_captions(notebooks.read(self.source))
        for number, (cell, stored) in enumerate(zip(made, self.nb.cells)):
            if stored.cell_type == "code":
                yield next(run)
            text = f"{cell.metadata} {cell.source}"
            if self.compare_outputs and notebooks.PLACEHOLDER.search(text):
                name = f"Words {number}"
                yield Words.from_parent(self, name=name, made=cell, stored=stored)
        yield from run


class Words(pytest.Item):
    """One cell's placeholders, evaluated and compared."""

    def __init__(self, *, made, stored, **kwargs):
        super().__init__(**kwargs)
        self.made, self.stored = made, stored

    def runtest(self):
        """Fill in the source's cell; it must be the stored one."""
        notebooks.fill_words(self.made, self.ask)
        assert self.made.source == self.stored.source
        assert self.made.metadata == self.stored.metadata

    def ask(self, expressions):
        """The kernel's reply to these user_expressions."""
        return self.parent.kernel.kc.execute(
            "", silent=True, user_expressions=expressions, reply=True, timeout=60)
