"""What the assignment's functions share: their caches and their dictionaries."""

from typing import NamedTuple

from bnbook.nn import arguments


class Cache(NamedTuple):
    """The shape of out, which dout must have, and the cache of the layer beneath."""

    shape: tuple
    inner: object


def returned(out, inner):
    """(out, cache), as every forward of the assignment returns them."""
    return out, Cache(out.shape, inner)


def upstream(dout, cache):
    """(dout of out's shape exactly, the cache of the layer beneath)."""
    arguments.instance("cache", cache, Cache)
    return arguments.shaped("dout", dout, cache.shape), cache.inner


def setting(name, param, key, *default):
    """param[key], or the default if there is one; `name` is what param is called."""
    arguments.instance(name, param, dict, "a dict")
    if key not in param and not default:
        raise ValueError(f"{name}: keys {list(param)}, expected {key!r} among them")
    return param.get(key, *default)


def training(name, param):
    """Whether param["mode"] is "train" and not "test"."""
    mode = setting(name, param, "mode")
    return arguments.choice("mode", mode, ("train", "test")) == "train"
