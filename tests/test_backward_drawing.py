"""A backward pass drawn as itself: its lines are the boxes, what they read arrows."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from bnbook.graph import BATCH_NORM, INFERENCE, RMS_NORM, gradient, graph_inputs
from bnbook.show import listing
from bnbook.show.backward_drawing import HEIGHT, WIDTH, draw_backward, line_reads

SVG = "{http://www.w3.org/2000/svg}"
GRAPHS = {"batch": BATCH_NORM, "inference": INFERENCE, "rms": RMS_NORM}
PHONE = 350  # px, what a page leaves of the narrowest screen that is looked at


@pytest.fixture(params=GRAPHS)
def passes(request, rng):
    """(a graph with its backward pass, where that begins)"""
    graph = GRAPHS[request.param]
    shapes = {"x": (5, 3), "gamma": 3, "beta": 3, "eps": (), "mu": (1, 3),
              "var": (1, 3)}
    given = {n: rng.uniform(1, 2, shapes[n]) for n in graph_inputs(graph)}
    trained = [n for n in ("x", "gamma", "beta") if n in given]
    return gradient(graph, trained, given), len(graph)


def lines(passes):
    """name -> the words of its line, as `listing` prints them."""
    return dict(line.split(" = ") for line in listing(*passes).split("\n"))


def boxes(drawing):
    """name -> (x, y, the box's two texts)"""
    found = {}
    for group in ET.fromstring(str(drawing)).iter(f"{SVG}g"):
        rect, *texts = group
        said = ["".join(text.itertext()) for text in texts]
        found[group.get("data-name")] = float(rect.get("x")), float(rect.get("y")), said
    return found


def arrows(drawing):
    """(start, end, (x0, y0, x1, y1)) of each arrow."""
    return [(path.get("data-start"), path.get("data-end"),
             [float(n) for n in re.findall(r"-?[\d.]+", path.get("d"))])
            for path in ET.fromstring(str(drawing)).iter(f"{SVG}path")
            if path.get("data-start")]


def test_every_named_line_is_a_box_that_says_it_and_dy_is_the_only_other(passes):
    drawn = {name: said for name, (_, _, said) in boxes(draw_backward(*passes)).items()}
    expected = {name: [name, text] for name, text in lines(passes).items()}
    assert drawn == expected | {"dy": ["dy", "upstream"]}


def test_the_arrows_are_what_the_lines_read_of_each_other(passes):
    said = {(word, name) for name, text in lines(passes).items()
            for word in re.findall(r"[a-z][\w.]*", text)}
    pass_alone = {*lines(passes), "dy"}
    found = [(start, end) for start, end, _ in arrows(draw_backward(*passes))]
    assert sorted(found) == sorted(pair for pair in said if pair[0] in pass_alone)


def test_what_the_forward_pass_made_is_blue_in_the_boxes_that_read_it(passes):
    graph, start = passes
    known = {*graph_inputs(graph[:start]), *(step.name for step in graph[:start])}
    blue = re.findall(r'fill: #0068b8">([\w.]+)<', str(draw_backward(*passes)))
    reads = [n for names in line_reads(*passes).values() for n in names if n in known]
    assert blue and sorted(blue) == sorted(reads)


def test_no_two_boxes_stand_in_one_place_and_no_arrow_crosses_one(passes):
    drawing = draw_backward(*passes)
    place = {name: (x, y) for name, (x, y, _) in boxes(drawing).items()}
    assert len(set(place.values())) == len(place)
    for start, end, (x0, y0, x1, y1) in arrows(drawing):
        for name in place.keys() - {start, end}:
            x, y = place[name]
            for t in np.linspace(0, 1, 101):
                inside = (x < x0 + t * (x1 - x0) < x + WIDTH
                          and y < y0 + t * (y1 - y0) < y + HEIGHT)
                assert not inside, (start, end, name)


def test_the_drawing_is_narrow_enough_for_a_phone_and_its_words_fit(passes):
    drawing = draw_backward(*passes)
    root = ET.fromstring(str(drawing))
    assert float(root.get("width")) <= PHONE
    for _, _, (name, formula) in boxes(drawing).values():
        assert max(9.1 * len(name), 7 * len(formula)) < WIDTH


def test_lit_lines_differ_and_the_rest_do_not(passes):
    lit = [re.search(r'data-name="([\w.]+)"', part)[1]
           for part in str(draw_backward(*passes, ["dxhat", "dx"])).split("<g")
           if "#fff0b8" in part]
    assert sorted(lit) == ["dx", "dxhat"]


@pytest.mark.parametrize("lit", ["dx", ["dq"], ["xhat"]])
def test_a_name_that_is_no_line_is_refused(passes, lit):
    with pytest.raises(ValueError, match=r"^lit: .*, expected names out of"):
        draw_backward(*passes, lit)


def test_the_same_pass_gives_the_same_bytes(passes):
    assert str(draw_backward(*passes)) == str(draw_backward(*passes))
