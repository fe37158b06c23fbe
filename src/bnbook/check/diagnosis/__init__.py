"""The reader's checker: what is wrong with an implementation, and where."""
