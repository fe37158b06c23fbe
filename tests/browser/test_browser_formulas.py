"""The page's script prints a graph and its gradient as Python does."""

from functools import cache

import pytest
from own_graphs import TABLE, as_data, by_script, faults, known_runs, ran, typed

from bnbook.graph import Step, graph_inputs, parse
from bnbook.show.export import table_data
from bnbook.show.formulas import listing, printed, tree

READ = """
({ all, table }) => all.map(({ graph, start, name }) => [
  bnFormulas.listing(graph, table), bnFormulas.listing(graph, table, start),
  bnFormulas.printed(bnFormulas.tree(graph, name), table, (n) => `<${n}>`)])
"""
WRITTEN = [parse(text) for text in [
    "y = a - (b - c) - d", "y = a + -b", "y = a - -b", "y = -(a + b)", "y = --a",
    "y = (a + b) * (c - d) / (e * a)", "y = square(a + b) + square(square(a))",
    "y = sqrt(a) * reciprocal(b + c)", "y = 1 / (1 / a)", "y = mean(x - mean(x))",
    "y = a * mean(x) + mean(a * x)", "y = a / b / c", "y = a / (b / c)", "y = 2",
    "y = same(a) + same(b + c) * d", "y = -a * b", "y = -(a * b)", "y = a - -(b + c)",
    "y = constructor + __proto__ * toString", "y = (a * b) * c",
    "y = x\nz = square(-y)",
]]
LENT = (Step("y", "split", ("x",)), Step("y'", "spread", ("a", "x")),
        Step("z", "multiply", ("y'", "y'")), Step("w", "merge", ("y",)),
        Step("v'", "copy", ("w", "x")), Step("v", "square", ("v'",)),
        Step("u'", "sum", ("z", "a")), Step("u", "divide", ("2", "u'")))


@cache
def printing():
    """(graph, where to start): of known and of typed graphs, their gradients too."""
    runs = [*known_runs().values(), *(ran(graph) for graph in typed(2, 200))]
    whole = [((*run.graph, *run.back), len(run.graph)) for run in runs]
    return [(LENT, 3), *((graph, 0) for graph in WRITTEN), *whole]


@pytest.fixture(scope="module")
def page(chromium):
    tab = chromium.tab()
    yield tab
    tab.close()


def differences(page, planted=()):
    """The graphs that the script prints otherwise."""
    data = {"table": table_data(TABLE),
            "all": [{"graph": as_data(graph), "start": start, "name": graph[-1].name}
                    for graph, start in printing()]}
    found = by_script(page, ["formulas"], READ, data, planted)
    return [(one, wanted) for one, (graph, start) in zip(found, printing(), strict=True)
            if one != (wanted := by_python(graph, start))]


@cache
def by_python(graph, start):
    last = printed(tree(graph, graph[-1].name), symbol=lambda name: f"<{name}>")
    return [listing(graph), listing(graph, start), last]


def test_graphs_and_their_gradients_are_printed_alike(page):
    assert not differences(page)


def test_what_is_printed_has_every_op_of_the_table():
    assert {step.op for graph, _ in printing() for step in graph} == set(TABLE)


def test_the_gradients_of_typed_graphs_are_among_them():
    made = [{step.name for step in graph} & {f"d{n}" for n in graph_inputs(graph)}
            for graph, _ in printing()]
    assert sum(map(bool, made)) > 150


FAULTS = faults(r"""
    PART = "'" → PART = "''"
    ATOM = 5 → ATOM = 4
    part ? whole(part) : input → input
    input.endsWith(PART) && → ∅
    symbol(tree), ATOM → tree, ATOM
    symbol(tree), ATOM → symbol(tree), 1
    if (!row) → if (op === 'same')
    inputs[0], table → inputs.at(-1), table
    held >= need → held > need
    held >= need → true
    `(${inside})` → inside
    "ab".indexOf → "ba".indexOf
    .replace("+ −", "− ") → ∅
    , holds]; → , 5];
    .slice(start) → ∅
    !name.endsWith(PART) → name
    .join("\n") → .join("; ")
""")


@pytest.mark.parametrize(("said", "instead"), FAULTS)
def test_a_fault_in_the_script_is_seen(page, said, instead):
    fault = ("formulas", said, instead)
    try:
        assert differences(page, [fault])
    except RuntimeError as error:  # the script throws, and that is seen too
        assert "javascript: TypeError" in str(error)
