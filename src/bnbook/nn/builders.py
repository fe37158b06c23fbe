"""The networks of the book, built from their layers."""

from collections.abc import Iterable

from bnbook.nn import arguments
from bnbook.nn.network import Network
from bnbook.nn.structure import Spec, as_spec, layer
from bnbook.nn.table import ACTIVATIONS, LAYERS, Activation


def mlp(sizes: Iterable[int], activation: Activation = "relu", *,
        normalization: str | Spec | None = None, dropout: float = 0) -> Network:
    """Affine layers with an activation between them, as a Network.

    sizes: the widths from input to output, two or more. activation: "relu", "sigmoid"
    or "tanh". normalization: None, a kind of LAYERS whose name ends in _norm, or a
    `layer` of one with its options. dropout: the probability to drop, 0 for no dropout.
    Hidden layer i is affine{i}, {normalization}{i}, {activation}{i}, dropout{i}; the
    last layer is affine alone and gives the scores. A bias before batch norm is
    redundant, and its gradient is rounding noise around 0; it stays, so that all
    networks have the same weights and biases. Raises TypeError or ValueError.
    """
    sizes = arguments.counts("sizes", sizes)
    if len(sizes) < 2:
        raise ValueError(f"sizes: {sizes}, expected two widths or more")
    after = [*_after(activation, normalization), *_dropout(dropout)]
    hidden = [s for n in sizes[1:-1] for s in (layer("affine", width=n), *after)]
    return Network(sizes[:1], (*hidden, layer("affine", width=sizes[-1])))


def residual_mlp(width: int, blocks: int, *, inputs: int = 64, classes: int = 10,
                 activation: Activation = "relu",
                 normalization: str | Spec | None = None,
                 skip: bool = True) -> Network:
    """Blocks that add to what they are given, or the same without the sums, as a
    Network.

        h' = h + affine(activation(norm(h)))

    inputs: the width of a row of x. The first affine layer makes h (N, width), each
    block then is {normalization}{i}, {activation}{i}, affine{i + 1} and add{i + 1};
    the last affine layer gives the scores. skip=False leaves the add layers out. The
    other arguments are those of `mlp`. Source: He et al. 2016b, figure 1 (b).
    """
    inputs, width, classes, blocks = (
        arguments.count(name, value) for name, value in (
            ("inputs", inputs), ("width", width), ("classes", classes),
            ("blocks", blocks)))
    after, specs = _after(activation, normalization), [layer("affine", width=width)]
    skip, h = arguments.flag("skip", skip), "affine1"
    for i in range(2, blocks + 2):
        specs += [*after, layer("affine", width=width)]
        if skip:
            specs.append(layer("add", of=h))
            h = f"add{i}"
    return Network((inputs,), (*specs, layer("affine", width=classes)))


def conv_net(input_shape: tuple[int, ...] = (1, 8, 8),
             filters: Iterable[int] = (8, 16), classes: int = 10,
             activation: Activation = "relu", *,
             normalization: str | Spec | None = "batch_norm",
             dropout: float = 0) -> Network:
    """A small network of 3 by 3 convolutions for images (C, H, W), as a Network.

    Block i is conv{i} with filters[i - 1] filters, {normalization}{i}, {activation}{i}
    and a 2 by 2 max_pool{i}, which halves both sides; an affine layer gives the scores.
    The convolutions are padded and keep the sides. The other arguments are those of
    `mlp`; dropout stands before the affine layer.
    """
    arguments.count("classes", classes)
    after = _after(activation, normalization)
    blocks = [s for n in arguments.counts("filters", filters)
              for s in (layer("conv", filters=n), *after, layer("max_pool"))]
    last = (*_dropout(dropout), layer("affine", width=classes))
    return Network(input_shape, (*blocks, *last))


def _dropout(p):
    return [layer("dropout", p=p)] if arguments.fraction("dropout", p) else []


def _after(activation, normalization):
    """The layers that follow an affine layer or a convolution."""
    specs = [layer(arguments.choice("activation", activation, ACTIVATIONS))]
    if normalization is not None:
        kind = getattr(normalization, "kind", normalization)
        known = [kind for kind in LAYERS if kind.endswith("_norm")]  # a reader's too
        arguments.choice("normalization", kind, known)
        specs.insert(0, as_spec(normalization))
    return specs
