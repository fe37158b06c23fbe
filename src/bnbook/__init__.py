"""Batch normalization, derived node by node from its computation graph, in NumPy."""

__all__ = ["BatchNorm"]
__version__ = "0.2.0"


def __getattr__(name):
    if name != "BatchNorm":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from bnbook.norm import BatchNorm  # when asked for: the command needs no NumPy

    return BatchNorm
