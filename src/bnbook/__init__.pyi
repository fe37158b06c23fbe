from bnbook.norm import BatchNorm

__all__ = ["BatchNorm"]
__version__: str
