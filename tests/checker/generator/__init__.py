"""Batch norms as strangers write them, right and wrong, to score the checker.

Nothing here knows the checker: what a text is, and what is wrong in it, is data
(`styles`, `algorithms`, `faults`), and whether it is wrong is measured (`truth`).
"""
