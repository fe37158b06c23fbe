"""Things to try in the live graph: a button, a state, and what to look at in it."""

MEAN_FREE = """\
ms = mean(square(x))
rms = sqrt(ms + eps)
xhat = x / rms
y = gamma * xhat + beta
"""


def state(graph="batch", preset="an outlier", at="dx", path=None, cut=None, text=None):
    """A state to go to; text: the steps of a graph of the reader's own.

    A try may add `open`, a part to lead to, and `told`, what stands above the graph
    while its batch is as it came.
    """
    return {"graph": graph, "preset": preset, "at": at, "path": path, "cut": cut,
            "text": text}


TRIES = (
    ("Pull one value far out", state(),
     "All values share one std, so one that lies far out stretches it for all of them. "
     "Drag x₅ back towards the others and watch their dx grow."),
    ("The same batch at test time", state("inference"),
     "At test time mu and var are constants. Drag any x: no dx moves (chapter 9)."),
    ("One value used twice", state(preset="as shipped", at="dsq") | {
        "told": "xmu is read twice, by sq and by xhat. So two messages come back to "
                "it, and dxmu is their sum."},
     "xmu was used twice. One message has come, so its gradient is half there: press "
     "Next twice and the other joins it (chapter 4)."),
    ("Cut the variance path", state(cut="variance"),
     "What comes after the cut is computed anew, with what it was beside it. What is "
     "left of dx is not the gradient of the loss (chapter 7)."),
    ("Give y a target", state(preset="as shipped") | {
        "open": "aim",
        "told": "With a target for y, dy is y − target. Each step below takes a part "
                "of dx away from x, and y moves."},
     "Under “What is dx for?” press One step, or To fifty: y moves along all of dx, "
     "and along the straight path alone, without the mean's and the variance's."),
    ("Leave out the mean", state("own", "an outlier", text=MEAN_FREE),
     "These four lines are RMS norm. Change a line under “Your own graph”, and the "
     "rules make another backward pass."),
)

# What a reader may want of y at first, the size of a step along dx, and how many.
AIM = {"target": [3, 0, 0, 0, -1, 0], "rate": 0.1, "steps": 50}


def tries(graphs, own):
    """Those of TRIES that a page with these graphs can show, for its script."""
    return [{"label": label, "to": to, "hint": hint} for label, to, hint in TRIES
            if to["graph"] in graphs or (own and to["text"])]
