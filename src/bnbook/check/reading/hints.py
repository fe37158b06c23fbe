"""What a user can tell where something cannot be found, as options or words."""

LAYOUTS = ("rows", "columns", "channels first", "channels last")
HINTS = {
    "gamma": "what γ is called: an attribute, params['gamma'], or its last name",
    "beta": "what β is called",
    "dgamma": "where backward leaves the gradient of γ",
    "dbeta": "where backward leaves the gradient of β",
    "running_mean": "what the running mean is called",
    "running_var": "what the running variance is called",
    "train": "what says the mode, an argument or an attribute: NAME, or "
             "NAME=in training/in test mode, as phase=fit/use",
    "layout": "of x, one of " + ", ".join(LAYOUTS),
    "size": "which of the constructor's arguments is the number of channels",
}


class Hints(dict):
    """What the user told by its name in HINTS; None of what is not told."""

    def __missing__(self, name):
        return None


def hints(told):
    """Hints of what is told; ValueError for a name or a layout that there is not."""
    told = {name: text for name, text in told.items() if text is not None}
    unknown = [name for name in told if name not in HINTS]
    if unknown:
        raise ValueError(f"{unknown[0]}: unknown, expected kind, seed or one of "
                         f"{list(HINTS)}")
    if told.get("layout", LAYOUTS[0]) not in LAYOUTS:
        raise ValueError(f"layout: {told['layout']!r}, expected one of {list(LAYOUTS)}")
    return Hints(told)


def option(name):
    """A hint as it is written on the command line."""
    return "--" + name.replace("_", "-")
