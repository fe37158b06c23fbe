"""What explains a wrong y, or a wrong gradient, in the fewest and commonest edits."""

from typing import NamedTuple

from bnbook.check.diagnosis.probes import EPSILONS
from bnbook.check.diagnosis.told import Told
from bnbook.check.edits.edits import (
    LIKE,
    WHOLE,
    changed,
    downstream,
    edits_of,
    named_edits,
    whole,
)
from bnbook.check.edits.programs import (
    FORWARDS,
    PROGRAMS,
    TESTED,
    UPDATES,
    backward_of,
)
from bnbook.check.edits.sentences import said
from bnbook.check.edits.table import NAMES, agrees, case, pairs, runs, singles
from bnbook.check.reading.judge import fitted_eps

UNLIKE = 0.6  # what it costs an edit to change an output that is not as it says
DEAR = 1.05  # above it, two named faults are as likely as one edit
MANY = 60  # candidates that are run on all probes


class Base(NamedTuple):
    """Programs that something is compared with, each as `edits_of` takes it, and what
    the comparison is called.
    """

    name: str
    programs: tuple
    of_state: bool = False  # test mode, or an update of running statistics

    def fits(self, graph, seen):
        """The outputs that a graph gives as they were seen, on every probe."""
        cases = [case(graph, s) for s in seen]
        return frozenset(o for o in NAMES.values() if all(
            o in c.got and o in c.values and agrees(c.values[o], c.got[o])
            for c in cases))

    def right(self, seen):
        """The outputs that one of its programs gives as they were seen."""
        return frozenset().union(*(self.fits(g, seen) for _, g, _ in self.programs))

    def listed(self, named, most=None):
        """(graph, its edits) of each program; the first one's named faults alone."""
        (first, graph, _), *_ = self.programs
        return [(graph, [*named_edits(first, graph)])] if named else [
            (program[1], edits_of(*program)) for program in self.programs[:most]]


class Found(NamedTuple):
    """Edits that together give outputs as they were seen, and what they cost."""

    edits: tuple
    fits: frozenset = frozenset()
    cost: float = 0.0

    @property
    def graph(self):
        return changed(self.edits[0].base, sum((e.changes for e in self.edits), ()))


Y = Base("forward", tuple(map(whole, FORWARDS)))
TEXTBOOK = Base("textbook", tuple(map(whole, PROGRAMS)))
IN_TEST = Base("test mode", (("test", TESTED, 0),), True)
RIGHT = Found((), frozenset({"y"}))


def telling(seen):
    """The probe that tells most faults apart: where eps weighs."""
    return max(seen, key=lambda s: s.probe.eps)


def likeliest(base, seen, hits, output):
    """Those that hold on all probes, down to the first that costs more."""
    found = []
    for hit in sorted(hits, key=lambda hit: hit.cost)[:MANY]:
        if found and hit.cost > found[0].cost + 0.01:
            break
        if all(runs(e, s.probe.x.shape) for e in hit.edits for s in seen) and (
                output in base.fits(hit.graph, seen)):
            found.append(hit)
    return found


def search(base, seen, outputs, named):
    """Output -> the single edits that explain it, the likeliest first: lists of Found.
    """
    hits = []
    for graph, some in base.listed(named):
        one = case(graph, telling(seen))
        made = one.got.keys() & one.values.keys()
        hits += [Found((edit,), fits, edit.cost + UNLIKE * any(
            (made - fits) & downstream(graph, name) for name, _ in edit.changes))
                 for edit, fits in singles(graph, some, one, made & {*outputs})]
    return {o: likeliest(base, seen, [h for h in hits if o in h.fits], o)
            for o in outputs}


def single(bases, seen, wrong):
    """The same of whichever base: where a named fault fits well, no other is sought."""
    best = {o: [] for o in wrong}
    for named in (True, False):
        left = [o for o in wrong if not best[o] or best[o][0].cost > DEAR]
        for base in bases if left else ():
            for o, one in search(base, seen, left, named).items():
                if one and (not best[o] or one[0].cost + 0.05 < best[o][0].cost):
                    best[o] = one
    return best


def two(bases, seen, output, named=False):
    """The likeliest pair of edits of one program that explains an output, in a list."""
    one = min(seen, key=lambda s: s.probe.x.size)
    for base in bases[:2]:
        for graph, some in base.listed(named, 2):
            hits = [Found(pair, cost=pair[0].cost + pair[1].cost) for pair in
                    pairs(graph, some, case(graph, one), output)]
            if found := likeliest(base, seen, hits, output):
                return found[:1]
    return []


def likely(bases, seen, output, one):
    """One edit, unless it is a dear one and two named faults explain the same."""
    cheap = one and (one[0].cost <= DEAR or one[0].edits[0].fault)
    return one if cheap else two(bases, seen, output, named=True) or one


def told(found):
    """What is said of explanations that are equally likely, as Told."""
    nodes = {}
    for one in found:
        nodes.setdefault(said(one.edits[0]).node, one.edits)
    first, *others = nodes.values() or [()]
    if len(first) == 1 and others and not first[0].fault:
        both = "; or ".join(said(e[0]).sentence for e in (first, *others[:1]))
        return [_told(first[0])._replace(sentence=f"either {both}", either=True)]
    return [_told(e) for e in first]


def _told(edit):
    return Told(*said(edit)[:3], edit=edit)


def explain_forward(seen):
    """The explanations of y, equally likely ones, each a Found; of a right y no edit.
    """
    if any("y" not in case((), s).got for s in seen):
        return []
    if "y" in Y.right(seen):
        return [RIGHT]
    return explained(Y, seen, "y") or two((Y,), seen, "y")


def own_eps(seen):
    """The one eps, not 0, with which y is right on every probe; or None."""
    s = min(seen, key=lambda s: s.probe.x.var())
    eps = fitted_eps(s.probe, s.results["y"])
    fine = eps and "y" in Y.right(with_eps(seen, eps))
    return eps if fine else None


def likely_eps(seen):
    """The eps with which one edit explains y, or else most gradients are right.

    Named edits are tried first, and an eps with which most gradients are right.
    """
    ranked = sorted(EPSILONS, key=lambda eps: -len(TEXTBOOK.fits(
        PROGRAMS["staged"], with_eps(seen, eps))))
    return next((eps for named in (True, False) for eps in ranked[:None if named else 4]
                 if search(Y, with_eps(seen, eps), ("y",), named)["y"]), ranked[0])


def with_eps(seen, eps):
    """What was seen, as of probes with one eps."""
    return [s._replace(probe=s.probe._replace(eps=eps)) for s in seen]


def bases(forward):
    """What gradients may be compared with, given the Found of the forward, or None."""
    if not (forward and forward.edits):
        return (TEXTBOOK,)
    graph = forward.graph
    own = backward_of(graph)
    return (Base("own", (("own", own, len(graph)),)), TEXTBOOK,
            Base("on own values", on_top(graph)))


def on_top(graph):
    """The textbook's backwards on another forward.

    Their sums go down to a value a channel, whatever shape the statistics have.
    """
    def of_channels(step):
        down = step.op in LIKE and step.inputs[1] not in ("x", "sq")
        return step._replace(inputs=(step.inputs[0], "gamma")) if down else step

    found = {n: graph + tuple(map(of_channels, g[len(FORWARDS["forward"]):]))
             for n, g in PROGRAMS.items()}
    return tuple((n, g, len(graph if n in WHOLE else g)) for n, g in found.items())


def updates(graph):
    """The programs that update running statistics by those of a forward."""
    return Base("running", tuple(
        (name, graph + steps, len(graph)) for name, steps in UPDATES.items()), True)


def explained(base, seen, output):
    """The likeliest edits of one base that explain an output, each a Found."""
    name = NAMES[output]
    return likely((base,), seen, name, single((base,), seen, (name,))[name])
