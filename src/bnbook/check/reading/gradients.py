"""Finding what a backward is handed, and where its gradients are left."""

from dataclasses import replace

import numpy as np

from bnbook.check.diagnosis.calls import Broke, meanings, parameters
from bnbook.check.diagnosis.probes import error, probe
from bnbook.check.reading import slots
from bnbook.check.reading.judge import fitted_eps, judged, textbook
from bnbook.check.reading.outputs import gradients, kept_gradient, left_behind, moved
from bnbook.check.reading.parameters import found_by
from bnbook.check.reading.plans import first_that_runs, plans

KNOWN = ("dy", "context", "cache", "x", "gamma", "beta", "eps", "bn_param", "y",
         "learning_rate", "optimizer", "index")
GRAPH = ("mu", "sq", "xmu", "var", "vareps", "std", "ivar", "xhat", "gx")
UPSTREAM = ("d", "grad", "err", "delta", "accum")


class Gradients:
    """The part of a study that is of the backward; `results` is what it gives."""

    def __init__(self, study):
        self.study, self.p, self.use = study, study.p, study.use
        own = study.reading.eps
        self.right = textbook(self.p, self.p.eps if own is None else own)
        self.results = self._find()

    def _find(self):
        """What the backward gives; its plan, and where it leaves what it finds."""
        try:
            plan, (results, self.study.reading) = first_that_runs(
                self._plans(), self._outcome,
                lambda gave: judged(self.p, self.study.results | gave[0])[0])
        except Broke as broke:
            self.study.reading.broke = str(broke)
            return {}
        if self.study.reading.stepped:
            results |= self._stepped(plan)
        return results

    def _plans(self):
        session = self.study.ran()
        f, named = session.methods(self.p.x)[1], session.named()
        given = parameters(f)
        if not any("dy" in meanings(q.name) for q in given):
            said = [q.name for q in given if q.name.lower().startswith(UPSTREAM)]
            named |= dict.fromkeys(said[:1], "dy")
        spare = ("dy", *(session.given_back() or ("cache",)), "x", "learning_rate",
                 "nothing")
        known = KNOWN + GRAPH * (self.study.reader.kind == "backward")
        return plans(f, known, spare, named) + plans(f, (), spare)

    def _outcome(self, plan):
        """(what a backward gave, the reading with the places of what it left)."""
        use, reading = self.study.ran(), self.study.reading
        before = slots.copied(slots.places(use.object))
        result = use.call_backward(plan, self.p.dy.copy())
        after = slots.places(use.object)
        changed = moved(before, after)
        use.reading = replace(
            reading, backward=plan, left=self._left(use, result, changed, after),
            stepped=bool({*reading.parameters.values()} & {*changed}))
        results = use.returned(result)
        if "x" not in results:
            raise Broke("the backward returned no dx")
        return results, use.reading

    def _left(self, use, result, changed, after):
        """The places of the gradients that were not returned."""
        reading, told = self.study.reading, self.study.reader.hints
        given = gradients(result, self.p.x.size, use.own_names(), use.order)
        own = reading.parameters
        free = [q for q in changed if q not in (
            *own.values(), *reading.running.values())]
        free.sort(key=lambda q: np.size(after[q]) != self.p.gamma.size)
        left = {n: found_by(free, told[f"d{n}"]) or kept_gradient(
            n, own.get(n), free, after, self.right[n]) for n in ("gamma", "beta")}
        left["x"] = left_behind(changed, after, self.p.x.size, "x")
        return {n: q for n, q in left.items() if q is not None and n not in given}

    def _stepped(self, plan):
        """The gradients of a step that the backward takes, and whether dx is late."""
        r = self.study.reading
        if "learning_rate" in plan.sources():
            r.late = error(self._dx(plan, 0.0), self._dx(plan, 1.0)) > 1e-9
        else:
            r.rate = self._rate(plan)
        return self.study.ran().backward(self.p.dy.copy())

    def _dx(self, plan, rate):
        use = self.study.ran()
        return use.returned(use.call_backward(plan, self.p.dy.copy(), rate))["x"]

    def _rate(self, plan):
        """By what the gradients are multiplied in a step: one number, or None."""
        n, c, *space = self.p.x.shape
        seen = []
        for p in (self.p, probe(3, n + 3, c, *space)):
            use = self.study.ran(p)
            before = use.parameters()
            use.call_backward(plan, p.dy.copy())
            after, right = use.parameters(), textbook(p, fitted_eps(p, use.y) or p.eps)
            seen.append({n: (before[n] - after[n]).ravel() / right[n] for n in before})
        for name in ("beta", "gamma"):
            rates = np.concatenate([a[name] for a in seen if name in a] or [[0.0, 1.0]])
            if np.ptp(rates) < 1e-6 * np.abs(rates).max():
                return float(np.abs(rates).mean())
        return None
