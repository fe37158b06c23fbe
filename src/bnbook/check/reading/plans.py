"""How a reader's function is called: what of that at hand each parameter gets."""

from itertools import islice, permutations
from typing import NamedTuple

from bnbook.check.diagnosis.calls import Broke, attempt, meanings, parameters

MOST = 40


class Plan(NamedTuple):
    """What is handed over: sources by place, and (parameter, source) by name."""

    places: tuple = ()
    names: tuple = ()

    def without(self, switch):
        """The plan without the argument that a switch hands over."""
        if switch is None or switch.kind != "argument":
            return self
        return Plan(self.places, tuple(n for n in self.names if n[0] != switch.where))

    def sources(self):
        return {*self.places, *(source for _, source in self.names)}


def call_by(plan, f, values, **flags):
    """f's result under a plan; values: source -> value."""
    return attempt(f, *(values[s] for s in plan.places),
                   **{name: values[s] for name, s in plan.names}, **flags)


def plans(f, known, spare, named=None):
    """The ways to fill f's parameters, the likeliest first.

    known: sources that a parameter's name may ask for, the surest first. named: name ->
    source, of names that are the author's own. spare: sources for what no name
    explains, in order. Parameters with a default are left alone if their names say
    nothing.
    """
    given = parameters(f)
    if not given:
        return [Plan(tuple(spare[:count])) for count in range(len(spare), 0, -1)]
    taken = {p.name: named[p.name] for p in given if p.name in (named or {})}
    for source in known:
        asked = [p for p in given if p.name not in taken
                 and source in meanings(p.name) and fits_default(p, source)]
        if asked and source not in taken.values():
            surest = min(asked, key=lambda p: meanings(p.name).index(source))
            taken[surest.name] = source
    left = [p for p in given if p.name not in taken and p.default is p.empty]
    free = [s for s in spare if s not in taken.values()]
    if len(free) < len(left):
        raise Broke(f"{getattr(f, '__name__', f)} asks for {left[-1].name!r}, "
                    "which means nothing here")
    return [_plan(given, taken | {p.name: s for p, s in zip(left, chosen)})
            for chosen in islice(permutations(free, len(left)), MOST)]


def fits_default(p, source):
    """Whether a parameter may take it: scale=True asks for no array."""
    if source == "learning_rate" and p.default is not p.empty:
        return meanings(p.name)[0] == source  # alpha=0.9 is a momentum
    wants_number = source not in ("mode", "training", "testing", "name", "dtype")
    return not (wants_number and isinstance(p.default, (bool, str)))


def _plan(given, taken):
    places = tuple(taken[p.name] for p in given if p.kind is p.POSITIONAL_ONLY
                   and p.name in taken)
    return Plan(places, tuple((p.name, taken[p.name]) for p in given
                              if p.kind is not p.POSITIONAL_ONLY and p.name in taken))


def first_that_runs(plans, run, judged):
    """(plan, what it gave) of the plan that `judged` puts first; Broke if none runs.

    judged: of what was given, a number; 0 is right and ends the search.
    """
    found, broke = None, None
    for plan in plans:
        try:
            gave = run(plan)
        except Broke as error:
            broke = broke or error
            continue
        rank = judged(gave)
        if found is None or rank < found[0]:
            found = rank, plan, gave
        if rank == 0:
            break
    if found is None:
        raise broke or Broke("there is no way to call it")
    return found[1:]
