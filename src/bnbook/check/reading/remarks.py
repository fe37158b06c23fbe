"""What reading a stranger's code found out: notes, and a backward that breaks."""

from bnbook.check.diagnosis.probes import images, observe, tried
from bnbook.check.diagnosis.told import Told, as_findings, note
from bnbook.check.reading.hints import option
from bnbook.check.reading.judge import right_of

WORD = {"gamma": "γ", "beta": "β"}


def remarks(reader, seed=0):
    """The findings that are of the reading itself, each with the part that it is of."""
    if reader.kind == "backward":
        return []
    seen = observe(reader, reader.ground)
    found = [("y", note("layout", "x", f"x is read as {layout.words}"))
             for layout in reader.reading.layouts.values()
             if layout.name in ("columns", "channels last")]
    broken = _broken(seen, "dx") or _on_images(reader, seed)
    found += [*broken, *_lost(reader, seen), *_step(reader.reading)]
    return [f for part, told in found for f in as_findings([told], [seen], part=part)]


def _broken(seen, part):
    """A backward that returns nothing, or raises."""
    line = seen.session.broke
    if not line:
        return []
    where = " on images (N, C, H, W)" if seen.probe.x.ndim == 4 else ""
    words = line if "came back" in line or "returned no dx" in line else (
        f"the backward raises {line}")
    return [(part, Told("no dx", "x", f"{words}{where}: dx is not judged"))]


def _on_images(reader, seed):
    """A backward that breaks on images, where the forward is right on them."""
    seen = tried(reader, images(seed)[:1])[0] if reader.ground.x.ndim == 2 else []
    if not seen or "y" not in right_of(seen[0].probe, {"y": seen[0].results["y"]}):
        return []
    return _broken(seen[0], "images")


def _lost(reader, seen):
    """The parameters that were not found, and the gradients that a layer left."""
    r, known = reader.reading, not seen.session.broke and reader.backward_code
    for name, word in WORD.items():
        if name in r.missing():
            yield f"d{name}", note(
                f"{name} not found", name, f"{word} was not found, and what depends on "
                f"it is not judged; if there is one, {option(name)} NAME tells")
        elif known and reader.kind == "layer" and name not in seen.results:
            why = ("is not judged: of the step that backward takes the size is not "
                   "known" if r.stepped else
                   f"was not found; {option('d' + name)} NAME tells where it is left")
            yield f"d{name}", note(f"d{name} not found", name,
                                   f"the gradient of {word} {why}")


def _step(reading):
    """A step that backward takes: a fault if dx is computed after it."""
    if reading.late:
        yield "dx", Told("dx after the step", "xhat", "dx is computed with γ after its "
                         "step: take the step after dx, or keep the γ of the forward")
    elif reading.stepped:
        size = f", {reading.rate:.4g} times the gradient" if reading.rate not in (
            None, 1.0) else ""
        yield "dgamma", note("step in backward", "gamma", "backward takes a step of "
                             f"its own{size}: the gradients are read from it")
