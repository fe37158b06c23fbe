"""Batch normalization, derived node by node from its computation graph, in NumPy."""

from bnbook.norm import BatchNorm

__all__ = ["BatchNorm"]
__version__ = "0.1.0"
