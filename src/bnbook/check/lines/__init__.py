"""The reader's own lines: which of them makes what is wrong."""

from bnbook.check.lines.located import located, spoiling

__all__ = ["located", "spoiling"]
