"""The page's script puts every value of a graph where Python puts it."""

from functools import cache

import pytest
from own_graphs import KNOWN, as_data, by_script, faults, typed

from bnbook.graph import graph_inputs, parse
from bnbook.show.layout import layout, spine

READ = """
(graphs) => graphs.map((graph) => [[...bnLayout.layout(graph)], bnLayout.spine(graph),
  bnLayout.inputsOf(graph)])
"""
SPECIAL = [parse(text) for text in [
    "y = 2", "a = 2\ny = 3 * a", "a = x\ny = b + 1", "y = x * x", "y = x + 2 - x",
    "y = b * x + x", "a = b + c\ny = a * x", "y = a + b + c + d + e + f + g + h",
    "y = __proto__ * constructor + toString",
    "a = x\nb = a + 1\nc = square(a)\ny = c + b",
]]
GRAPHS = [*KNOWN.values(), *SPECIAL, *typed(1, 200)]


@pytest.fixture(scope="module")
def page(chromium):
    tab = chromium.tab()
    yield tab
    tab.close()


def differences(page, graphs, planted=()):
    """The graphs that the script lays out otherwise, and how."""
    found = by_script(page, ["layout"], READ, [as_data(graph) for graph in graphs],
                      planted)
    return [(graph, one) for graph, one in zip(graphs, found, strict=True)
            if one != by_python(graph)]


@cache
def by_python(graph):
    places = [[name, list(at)] for name, at in layout(graph).items()]
    return [places, list(spine(graph)), list(graph_inputs(graph))]


def test_every_graph_is_laid_out_alike(page):
    assert not differences(page, GRAPHS)


def test_every_value_has_a_place_of_its_own_in_three_columns():
    for graph in GRAPHS:
        place = layout(graph)
        assert set(place) == {*graph_inputs(graph), *(step.name for step in graph)}
        assert len(set(place.values())) == len(place), graph
        assert {column for column, _ in place.values()} <= {0, 1, 2}, graph


def test_a_step_stands_no_higher_than_the_steps_it_reads():
    for graph in GRAPHS:
        place, made = layout(graph), {step.name for step in graph}
        assert all(place[i][1] <= place[step.name][1]
                   for step in graph for i in step.inputs if i in made), graph


FAULTS = faults(r"""
    given.includes("x") ? "x" : given[0] → given[0]
    given[0]; → given.at(-1);
    !made.has(name) && → ∅
    && !bnGraph.isNumber(name) → ∅
    new Set(graph.flatMap( → (graph.flatMap(
    Math.min( → Math.max(
    length === short → length >= short
    ?? [last] → ?? []
    if (given.includes(main[0])) → if (main.length)
    ? 0 : 1 → ? 1 : 0
    at === column → at !== column
    row + Number → Number
    Math.max( → Math.min(
    : 2, place) → : 1, place)
    c === column && → true &&
    [1, 0], [0, -1] → [0, -1], [1, 0]
    [1, -1], [2, -1] → [2, -1], [1, -1]
    at[0] < 3 → at[0] < 4
    below(2, row, place) → below(1, row, place)
""")


@pytest.mark.parametrize(("said", "instead"), FAULTS)
def test_a_fault_in_the_script_is_seen(page, said, instead):
    fault = ("layout", said, instead)
    try:
        assert differences(page, GRAPHS, [fault])
    except RuntimeError as error:  # the script throws, and that is seen too
        assert "javascript: TypeError" in str(error)
