"""The named faults: a row is a fault's name, its lines, what is said, and its node.

The lines stand in place of a program's own: those of d… in the staged backward, others
in the forward. What they say of the node is the rule: what a value of one input sends
back is at that value, anything else at the value on the line's left side. A row with a
$ is one for each number of EPS; \\ goes on. Of rows alike in effect, the first is said.
"""

from typing import NamedTuple

from bnbook.check.edits.programs import (
    PROGRAMS,
    TESTED,
    UPDATES,
    is_backward,
    line_of,
    lines,
)
from bnbook.graph import BATCH_NORM, graph_inputs

EPS = ("1e-05", "1e-3", "1e-06", "1e-07", "1e-08", "1e-4", "1e-12", "0.01", "1e-10")
_ROWS = {"test": r"""
uses the batch | mu = mean(x); var = mean(square(x - mean(x))) | your forward uses the \
batch's statistics, not the running ones
the batch's mean | mu = mean(x) | the mean is the batch's, not the running one
the batch's variance | var = mean(square(x - mean(x))) | the variance is the batch's, \
not the running one
root forgotten | std = var | the root and eps are left out
not scaled | xhat = xmu | xmu is not divided
both forgotten | y = xhat | γ and β are left out | gx
eps forgotten | vareps = var | eps is left out
another eps | vareps = var + $ | eps is $, in training another
""", "forward": r"""
(xhat + beta) * gamma | y = gamma * (xhat + beta) | β is inside γ's product | gx
beta forgotten | y = gx + 0 * beta | your forward leaves β out
gamma forgotten | gx = xhat | your forward leaves γ out
gamma and beta swapped | gx = beta * xhat; y = gx + gamma | γ is added and β multiplies
eps outside the root | std = sqrt(var) + eps | eps stands outside the root | vareps
eps forgotten | vareps = var | eps is left out: 1 / sqrt(var)
eps of $ | vareps = var + $ | your eps is $ whatever the caller says
unbiased variance | var = mean(sq) * (N / (N - 1)) | your forward divides by N − 1, \
not N
variance not centred | sq = square(x) | var is the mean of x², not of xmu²
root forgotten | std = vareps | the root is left out: xmu / (var + eps)
x scaled, not xmu | xhat = x * ivar | x is divided by std, its mean not subtracted
mean is a sum | mu = total(x) | mu lacks 1/N: it is a sum, not a mean
one mean for all | mu = mean_all(x) | it is one mean for all channels
one statistic for all | mu = mean_all(x); var = mean_all(sq) | one mean and one \
variance for all channels
over the features | mu = mean_features(x); var = mean_features(sq) | a mean a row, \
over the features: layer norm
variance over the features | sq = square(x - mean_features(x)); var = \
mean_features(sq) | var is over the features | var
one variance for all | sq = square(x - mean_all(x)); var = mean_all(sq) | it is one \
variance for all channels | var
row means as columns | mu = row_means(x); var = row_means(sq) | means of rows stand as \
if they were of columns: only a square batch runs
a statistic per pixel | mu = mean_rows(x); var = mean_rows(sq) | statistics are per \
pixel: images need one mean and one variance a channel, over N, H and W
instance norm | mu = mean_pixels(x); var = mean_pixels(sq) | each row's own pixels: \
instance norm
layer norm | mu = mean_row(x); var = mean_row(sq) | each row's own \
statistics: layer norm
""", "backward": r"""
no variance path | dxmu = dxmu_xhat | dx lacks the path through the variance | var
no mean path | dx = dx_xmu | dx lacks the path through the mean | mu
dx = 0 | dx = 0 * dy | dx is all zeros
last message wins at xmu | dxmu = dxmu_sq | xmu's gradient is assigned, not added
last message wins at x | dx = dx_mu | x's gradient is assigned, not added: dx_mu is left
mean sends all of g | dsq = copy(dvar, sq); dx_mu = copy(dmu, x) | the backward's \
means lack 1/N | mu
dvar lacks 1/N | dsq = copy(dvar, sq) | dvar lacks 1/N on its way to sq
dmu lacks 1/N | dx_mu = copy(dmu, x) | dmu lacks 1/N on its way to x
square without the 2 | dxmu_sq = dsq * xmu | the gradient of the square lacks its 2
sqrt without the 1/2 | dvareps = dstd / std | dvar lacks 1/2, of the root's gradient
reciprocal's sign | dstd = divar * square(ivar) | dvar has the wrong sign, of 1/std's \
gradient
reciprocal's power | dstd = -(divar * ivar) | dstd needs 1/std², not 1/std (or dx \
xhat, not xmu)
subtract's sign | dmu = sum(dxmu, mu) | dmu has the wrong sign
dx's sign | dx = -(dx_xmu + dx_mu) | dx has the wrong sign
dx times 37 | dx = 37 * (dx_xmu + dx_mu) | dx is multiplied by 37
dx times -1000 | dx = -1000 * (dx_xmu + dx_mu) | dx is multiplied by -1000
dx without gamma | dxhat = dgx | dx lacks γ: dxhat is γ · dy, not dy
dx lacks 1/N | dx = N * (dx_xmu + dx_mu) | dx lacks 1/N
dy lacks N | dx = dxmu_xhat / N + dxmu_sq + dx_mu | in dx, dy lacks N: N · dy − Σ…
dvar's root lacks eps | dvareps = dstd / (2 * sqrt(var)) | dvar has sqrt(var), without \
eps | vareps
dvar lacks eps | dvareps = -divar / (2 * cube(sqrt(var))) | dvar has var^(−3/2), \
without eps | vareps
dxmu lacks eps | dxmu_xhat = dxhat / sqrt(var) | dxhat is divided by sqrt(var), \
without eps | vareps
dx lacks eps | dx = (dx_xmu + dx_mu) * std / sqrt(var) | dx is divided by sqrt(var), \
without eps | vareps
both means over N - 1 | dsq = copy(dvar, sq) / (N - 1); dx_mu = copy(dmu, x) / (N - 1) \
| the backward divides by N − 1, not N | mu
both means over N, not N·H·W | dx_mu = copy(dmu, x) / n; dsq = copy(dvar, sq) / n | \
the means in the backward divide by N, not N·H·W
both means over the features | dx_mu = copy(dmu, x) / C; dsq = copy(dvar, sq) / C | \
the means in the backward divide by C, not N
divar without xmu | divar = sum(dxhat, ivar) | divar sums dxhat, not dxhat · xmu
closed form without xhat | dx = ivar * (dxhat - mean(dxhat) - mean(dxhat * xhat)) | in \
dx, Σ dy · xhat lacks its xhat | sq
closed form, dy for dy xhat | dx = ivar * (dxhat - mean(dxhat) - xhat * mean(dxhat)) | \
in dx, xhat stands before Σ dy | ivar
closed form over N - 1 | dx = ivar * ((N - 1) / N * dxhat - mean(dxhat) - xhat * \
mean(dxhat * xhat)) | in dx, dy is multiplied by N − 1, not N
dmu over everything | dx = gamma * ivar * (dy - sum_all(dy) / N - xhat * mean(dy * \
xhat)) | in dx, dy is summed over all channels | mu
dmu without axis | dmu = -sum_all(dxmu) | the sum in dmu has no axis
divar without axis | divar = sum_all(dxhat * xmu) | the sum in divar has no axis
divar without the last row | divar = sum(but_last(dxhat * xmu), ivar) | divar leaves \
out the last row
dgamma averaged | dgamma = mean(dy * xhat) | dgamma is the mean, not the sum, over the \
batch
dbeta averaged | dbeta = mean(dy) | dbeta is the mean, not the sum, over the batch
dgamma from x | dgamma = sum(dy * x, gamma) | dgamma sums dy · x, not dy · xhat
dgamma from xmu | dgamma = sum(dy * xmu, gamma) | dgamma sums dy · xmu, not dy · xhat
dgamma without xhat | dgamma = sum(dy, gamma) | dgamma is the sum of dy: it lacks xhat
dgamma and dbeta swapped | dgamma = sum(dy, gamma); dbeta = sum(dy * xhat, beta) | \
they are returned in each other's place | gamma
""", "read": r"""
backward without eps | vareps = var | the backward divides by sqrt(var), without eps
backward over N - 1 | var = mean(sq) * (N / (N - 1)) | the backward's standard \
deviation is the unbiased one, over N − 1
backward's eps | vareps = var + $ | the backward uses another eps, $, than the forward
backward's eps | dx = (dx_xmu + dx_mu) * std / sqrt(var + $) | the backward uses \
another eps, $, than the forward | vareps
""", "running": r"""
running std | sqrt(var) | the standard deviation
running std | std | the standard deviation
running mean of squares | mean(square(x)) | the mean of x²
running var of the mean | mu | the mean
running inverse | ivar | 1/std
running var with eps | vareps | the variance plus eps
running var from the mean | newvar = keep * newmean + (1 - keep) * var | the running \
variance is averaged with the running mean, not with its own old value
running var from the mean | newvar = keep * runmean + (1 - keep) * var | the running \
variance is averaged with the running mean, not with its own old value
running mean of the variance | newmean = keep * runmean + (1 - keep) * var | the \
running mean is an average of the variance, not of the mean
running mean from the variance | newmean = keep * runvar + (1 - keep) * mu | the \
running mean is averaged with the running variance, not with its own old value
reversed mean | newmean = keep * mu + (1 - keep) * runmean | reversed weights
reversed var | newvar = keep * var + (1 - keep) * runvar | reversed weights
reversed unbiased | newvar = keep * N / (N - 1) * var + (1 - keep) * runvar | reversed
"""}  # read: by a backward that computes the statistics once more
GRAPHS = {"forward": BATCH_NORM, "test": TESTED,
          "running": BATCH_NORM + UPDATES["biased"]}
NODES = {"newmean": "mu", "newvar": "var"}
SENDERS = {f"d{name}": step.name for step in BATCH_NORM for name in step.inputs
           if len(step.inputs) == 1}


class Named(NamedTuple):
    """A fault: its name, node and sentence, and the steps that a named one is made of.

    of: "forward", "backward", "read" where the backward alone reads them, "test", a
    forward in test mode, or "running". lines: (a line, its steps) each.
    """

    name: str
    node: str
    sentence: str
    of: str = ""
    lines: tuple = ()


def node_of(line):
    """The node of the drawn graph at which a line of a program is."""
    if not is_backward(line):
        return NODES.get(line, line)
    to, _, by = line.partition("_")
    sent = SENDERS.get(f"d{to[1:]}") if to not in ("dx", "dxmu") else None
    return by if by in ("sq", "mu") else sent or to[1:]


def named_of(of, row):
    """A row as a Named; ValueError, with the row's name, for one that is half there."""
    name, *parts = (part.strip() for part in row.split("|"))
    if not 2 <= len(parts) <= 3 or not all(parts):
        raise ValueError(f"named fault {name}: expected a name, lines, a sentence and "
                         "perhaps a node, with | between them")
    if of == "running" and "=" not in parts[0]:  # what the running variance averages
        parts = [f"newvar = keep * runvar + (1 - keep) * {parts[0]}", "the running "
                 f"variance is an average of {parts[1]}, not of the variance"]
    graph = GRAPHS.get(of, PROGRAMS["staged"])
    made = {step.name for step in graph} | set(graph_inputs(graph))
    try:
        steps = lines(parts[0].replace(";", "\n"))
    except ValueError as error:
        raise ValueError(f"named fault {name}: {error}") from None
    left = [part.split("=")[0].strip() for part in parts[0].split(";")]
    node = parts[2] if parts[2:] else node_of(left[0])
    if unknown := {*left, *graph_inputs(steps), node} - made:
        raise ValueError(f"named fault {name}: no value {min(unknown)} in the program")
    return Named(name, node, parts[1], of, tuple(
        (line, tuple(s for s in steps if line_of(s.name) == line)) for line in left))


NAMED = tuple(
    named_of(of, row.replace("$", eps)) for of, rows in _ROWS.items()
    for row in rows.replace("\\\n", "").strip().splitlines()
    for eps in (EPS if "$" in row else ("",)))
