"""A fault is an edit of a graph: the programs, their edits, which fit, what is said."""
