"""The reader's own lines: which of them makes what is wrong."""

from bnbook.check.lines.located import located, made_at, spoiling

__all__ = ["located", "made_at", "spoiling"]
