"""Where the windows of convolution and pooling stand on an image.

Window (i, j) covers `height` rows from i * stride and `width` columns from j * stride.
As many stand there as fit; what is left over at the right or the bottom, less than a
stride, is in no window (PyTorch's and ONNX's rule; cs231n assumes that nothing is).
"""


def grid(image, window, stride):
    r"""(rows, columns) of windows: 1 + \lfloor (size - window) / stride \rfloor."""
    return tuple(1 + (size - k) // stride for size, k in zip(image, window))


def at_place(a, place, grid, stride):
    """What all windows have at one (row, column) of theirs: a view (..., *grid)."""
    slices = (slice(k, k + stride * (n - 1) + 1, stride) for k, n in zip(place, grid))
    return a[(..., *slices)]


def under(a, i, j, window, stride):
    """What is under window (i, j): a view (..., *window)."""
    slices = (slice(k * stride, k * stride + n) for k, n in zip((i, j), window))
    return a[(..., *slices)]
