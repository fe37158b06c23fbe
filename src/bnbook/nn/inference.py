"""A trained network at test time: batch norm with given statistics, not the batch's."""

from bnbook.graph import INFERENCE, run
from bnbook.nn import arguments
from bnbook.nn.network import LAYERS, checked_input
from bnbook.norm.batch_norm import EPS


def statistics(network, params, x):
    """What batch norm saw on the batch x: layer name -> (mu, var), each (C,).

    x is a reference batch, say the whole training set, of at least one row; var is
    biased. A network without batch norm gives {}.
    """
    x = checked_input(network, params, x)
    found = {}
    for name, kind, names in network.layers:
        if kind == "batch_norm":
            found[name] = x.mean(axis=0), x.var(axis=0)
        x, _ = LAYERS[kind][0](x, *(params[n] for n in names))
    return found


def predict(network, params, x, statistics):
    r"""The logits (N, sizes[-1]) of x, each row on its own: N may be 1.

    Batch norm uses `statistics`, as the function of that name returns them:

        y = \gamma (x - mu) / \sqrt{var + eps} + \beta

    Raises ValueError if they are not those of this network's layers.
    """
    expected = [layer.name for layer in network.layers if layer.kind == "batch_norm"]
    if set(statistics) != set(expected):
        raise ValueError(
            f"statistics: got {sorted(statistics)}, expected {sorted(expected)}")
    x = checked_input(network, params, x)
    for name, kind, names in network.layers:
        args = [params[n] for n in names]
        if kind == "batch_norm":
            x = _normalize(x, *statistics[name], *args)
        else:
            x, _ = LAYERS[kind][0](x, *args)
    return x


def _normalize(x, mu, var, gamma, beta):
    shape = x.shape[1:]
    mu, var = arguments.shaped("mu", mu, shape), arguments.shaped("var", var, shape)
    inputs = {"x": x, "mu": mu, "var": var, "eps": EPS, "gamma": gamma, "beta": beta}
    return run(INFERENCE, inputs).values["y"]
