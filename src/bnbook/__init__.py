"""Batch normalization, derived node by node from its computation graph, in NumPy."""

__version__ = "0.1.0"
