"""The page's script draws a run as Python does: the same elements, to 0.1 pixels."""

import re
import xml.etree.ElementTree as ET
from functools import cache
from itertools import pairwise

import pytest
from own_graphs import as_data, by_script, faults, known_runs, ran, typed

from bnbook.graph import parse
from bnbook.show.arrows import HEIGHT, WIDTH
from bnbook.show.drawing import draw
from bnbook.show.live import inline

WORDS = "a graph, its arrows & <boxes>"
READ = """
(all) => all.map((ran) => new XMLSerializer().serializeToString(
  bnDrawing.draw(ran, "own", "a graph, its arrows & <boxes>")))
"""
NUMBER, FALLBACK = re.compile(r"-?\d+(?:\.\d+)?"), re.compile(", #[0-9a-f]{6}")
CLOSE = 0.1 + 1e-9  # both round to 0.1
# Lines that have other lines in their way, long names, a value read twice.
WRITTEN = [parse(text) for text in [
    "mu = mean(x)\nv = mean(square(x - mu))\na = gamma / sqrt(v + eps)\n"
    "b = beta - a * mu\ny = a * x + b",
    "mu = mean(x)\nvar = mean(square(x - mu))\nbn = (x - mu) / sqrt(var + eps)\n"
    "rms = x / sqrt(mean(square(x)) + eps)\ny = gamma * bn + (1 - gamma) * rms + beta",
    "standardized = x - mean(x)\na_very_long_name_indeed = square(standardized)\n"
    "normalized = standardized / a_very_long_name_indeed\ny = normalized + 1",
    "y = x * x", "a = x * x\ny = a * a * a", "y = b * x + x * b + b",
]]


@cache
def runs():
    """Those that have a backward pass, by name."""
    own = {f"typed {k}": ran(g) for k, g in enumerate([*WRITTEN, *typed(3, 50)])}
    return {name: run for name, run in (known_runs() | own).items() if run.messages}


def elements(svg):
    """A drawing without its numbers, and these: each element's tag, text and so on."""
    said = [(e.tag, sorted(e.attrib.items()), e.text or "", len(e))
            for e in ET.fromstring(svg).iter()]
    said = FALLBACK.sub("", repr(said))
    return NUMBER.sub("0", said), [*map(float, NUMBER.findall(said))]


@cache
def by_python(name):
    return elements(inline(draw(runs()[name]), "own", WORDS))


def alike(name, svg):
    """Whether the script's drawing differs in nothing but the rounding of numbers."""
    (said, numbers), (wanted, right) = elements(svg), by_python(name)
    return said == wanted and all(abs(a - b) <= CLOSE for a, b in zip(numbers, right))


def data(run):
    return {"graph": as_data(run.graph),
            "values": {name: {"shape": a.shape} for name, a in run.values.items()},
            "messages": [{"step": m.step, "input": m.input,
                          "gradient": {"shape": m.gradient.shape}}
                         for m in run.messages]}


@pytest.fixture(scope="module")
def page(chromium):
    tab = chromium.tab()
    yield tab
    tab.close()


def differences(page, names, planted=()):
    """Those of the runs that the script draws otherwise, one after the other."""
    sent = [data(runs()[name]) for name in names]
    found = by_script(page, ["drawing"], READ, sent, planted)
    return (name for name, svg in zip(names, found, strict=True)
            if not alike(name, svg))


def test_every_run_is_drawn_alike(page):
    assert not [*differences(page, [*runs()])]


def test_almost_every_typed_graph_has_a_gradient_to_draw():
    assert sum(name.startswith("typed") for name in runs()) > 50


def test_the_drawing_is_of_the_page(page):
    """Its names are SVG's, and its ids are its own."""
    ids, kind = by_script(page, ["drawing"], """(ran) => {
      const picture = bnDrawing.draw(ran, "own-3", "words");
      return [[...picture.querySelectorAll("[id]")].map((e) => e.id),
        picture.constructor.name];
    }""", data(runs()["batch, shipped"]))
    assert (ids, kind) == (["own-3-edge", "own-3-message"], "SVGSVGElement")


SVG = "{http://www.w3.org/2000/svg}"


def boxes_and_lines(svg):
    """name -> middle of a box; (from, to, points) of each arrow."""
    boxes, lines = {}, []
    for group in ET.fromstring(svg).iter(f"{SVG}g"):
        if group.get("class") == "node":
            rect = group.find(f"{SVG}rect")
            boxes[group.get("data-name")] = (float(rect.get("x")) + WIDTH / 2,
                                             float(rect.get("y")) + HEIGHT / 2)
        else:
            d = group.find(f"{SVG}path").get("d")[1:]
            points = [tuple(map(float, point.split())) for point in d.split("L")]
            lines.append(({group.get("data-step"), group.get("data-input")}, points))
    return boxes, lines


def through(points, middle, margin):
    """Whether a line runs through a box, and that not only along its border."""
    for (x0, y0), (x1, y1) in pairwise(points):
        for k in range(101):
            x, y = x0 + (x1 - x0) * k / 100, y0 + (y1 - y0) * k / 100
            if (abs(x - middle[0]) < WIDTH / 2 - margin
                    and abs(y - middle[1]) < HEIGHT / 2 - margin):
                return True
    return False


def test_no_arrow_runs_through_a_box():
    """Those of one value that is read twice are 8 apart, so they may graze one."""
    for name, run in runs().items():
        boxes, lines = boxes_and_lines(str(draw(run)))
        crossed = [(ends, box) for ends, points in lines for box, at in boxes.items()
                   if through(points, at, 0 if box in ends else 15)]
        assert not crossed, name


def test_a_line_through_a_box_is_seen():
    assert through([(0, 0), (200, 0)], (100, 10), 5)
    assert not through([(0, 0), (200, 0)], (100, 16), 5)


DRAWING = faults(r"""
    PITCH = 124 → PITCH = 125
    ROW = 70 → ROW = 71
    LEFT = 60 → LEFT = 61
    TOP = 24 → TOP = 25
    INK = "var(--bn-ink)" → INK = "var(--bn-paper)"
    Math.max(...shapes → Math.min(...shapes
    6 * longest + 8 → 6 * longest + 9
    Math.max(0, 6 → Math.max(1, 6
    ?? "input" → ?? "same"
    role: "img", → ∅
    class: "bn-graph" → class: "graph"
    head(prefix, "edge"), → ∅
    Math.min(...rows) - TOP → 0
    Math.max(...rows) + TOP - top → Math.max(...rows)
    id: `${prefix}-${kind}` → id: kind
    refX: 6 → refX: 5
    "data-name": name → "data-name": op
    op === "input" ? 20 : 6 → 6
    y - 2, → y - 3,
    length > 12 → length > 13
    Math.max(10, → Math.max(9,
    120 / length → 140 / length
    font-weight: 600 → font-weight: 700
""")
ARROWS = faults(r"""
    WIDTH = 80 → WIDTH = 82
    HEIGHT = 40 → HEIGHT = 42
    message: "var(--bn-orange)" → message: "var(--bn-blue)"
    shape.length === 1 ? "," → shape.length === 3 ? ","
    shape.join(", ") → shape
    from: kind === "edge" → from: kind !== "edge"
    Object.hasOwn(values, i) → i !== graph[0].name
    name === one.name → name !== one.name
    bent++ → ++bent
    bent++ → bent
    blocked(one, place) ? → false ?
    5 + 8 * → 5 + 9 *
    5 + 8 * → 4 + 8 *
    all.slice(0, k) → []
    && !often(all.slice(k + 1)) → ∅
    one.kind === "edge" && → ∅
    v.toFixed(1) → Math.round(v)
    "data-step": step → "data-step": input
    "data-input": input, → ∅
    `url(#${prefix}-${kind})` → `url(#${kind})`
    opacity: 1 → opacity: 0.5
    stroke-width: 1.6 → stroke-width: 1.8
    font-size: 10px → font-size: 11px
    name !== arrow.from → name
    2 * u < WIDTH → 2 * u < -WIDTH
    2 * v < HEIGHT → 2 * v < -HEIGHT
    2 * aside < → 9 * aside <
    ox = apart * uy → ox = apart * ux
    oy = -apart → oy = apart
    ox, oy) - 2; → ox, oy) - 3;
    reach(-ux, -uy → reach(ux, -uy
    aside * uy → aside * ux
    - aside * ux → + aside * ux
    Math.abs(ux * uy) > 0.1 → true
    && arrow.shape.length <= 9 → ∅
    0.35 : 0.5 → 0.4 : 0.5
    0.35 : 0.5 → 0.35 : 0.52
    0.5), 5) → 0.5), 6)
    3.5 : ux < 0 → 3 : ux < 0
    ux < 0 ? 7 → ux > 0 ? 7
    uy > 0 ? "start" : "end" → "end"
    ox * (ux > 0 → ox * (ux < 0
    oy * (uy > 0 → oy * (uy < 0
    Math.min(across, down) → Math.max(across, down)
    lane % 6 → lane % 5
    y1 > y0 ? 1 : -1 → y1 > y0 ? -1 : 1
    x0 < x1 ? -1 : 1 → x0 < x1 ? 1 : -1
    x0 + 10 + 4 * n → x0 + 11 + 4 * n
    x0 + 10 + 4 * n → x0 + 10 + 5 * n
    24 + 4 * n → 25 + 4 * n
    24 + 4 * n → 24 + 3 * n
    8 + 2 * n → 9 + 2 * n
    8 + 2 * n → 8 + 3 * n
    WIDTH / 2 + 8 + 5 → WIDTH / 2 + 9 + 5
    8 + 5 * n → 8 + 6 * n
    (down * HEIGHT) / 2 → HEIGHT / 2
    WIDTH / 2 + 2) → WIDTH / 2 + 3)
    [gap + 4, → [gap + 5,
    (y + end) / 2] → (y + end) / 3]
    / 2], anchor: "start" → / 2], anchor: "end"
""")


@cache
def few():
    own = [name for name in runs() if name.startswith("typed")]
    return ["batch, shipped", "group", *own[:14]]


@pytest.mark.parametrize(("script", "said", "instead"), [
    *(("drawing", *fault) for fault in DRAWING),
    *(("drawing-arrows", *fault) for fault in ARROWS)])
def test_a_fault_in_the_script_is_seen(page, script, said, instead):
    try:
        assert any(differences(page, few(), [(script, said, instead)]))
    except RuntimeError as error:  # the script throws, and that is seen too
        assert "javascript: TypeError" in str(error)
