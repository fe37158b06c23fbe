"""Other forms of the book, made from the built pages: one PDF, one EPUB.

`pages` reads the pages in the book's order and takes off what only a screen needs;
`look` holds their style; `chromium` prints; `paper` and `shelf` put them together.
`tools/bind.py` is the command.
"""
