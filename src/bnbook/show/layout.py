"""Where each value of a graph stands in a drawing, by the graph's own depth.

The left column is the spine, the shortest way from x, or the first input, to the
output. Every other step stands in the column to its right, below the last step that it
needs. Inputs stand beside or above the step that reads them, so a step that reads
inputs only leaves two rows for them. A place that is taken moves a value down. The
page's script lays out by the same rule (`web/layout.js`), and a test holds the two
together.
"""

from bnbook.graph import PATHS, graph_inputs


def spine(graph):
    """The shortest way from x, or the first input, to the output, as names."""
    inputs, last = graph_inputs(graph), graph[-1].name
    first = "x" if "x" in inputs else (*inputs, last)[0]
    way = {first: (first,)}
    for name, _, inputs in graph:
        known = [way[i] for i in inputs if i in way]
        if known:
            way[name] = (*min(known, key=len), name)
    return way.get(last, (last,))


def layout(graph):
    """name -> (column, row) for every value of the graph, no two in one place."""
    main, inputs = spine(graph), graph_inputs(graph)
    place = {name: (0, 0) for name in main[:1] if name in inputs}
    for name, _, reads in graph:
        column = 0 if name in main else 1
        rows = [row + (col == column) for i, (col, row) in place.items() if i in reads]
        place[name] = _free(column, max(rows, default=2), place)
    for name in (n for n in inputs if n not in place):
        reader = next(step.name for step in graph if name in step.inputs)
        place[name] = _beside(place[reader], place)
    return place


def _free(column, row, place):
    """The first free place of a column from a row on."""
    while (column, row) in place.values():
        row += 1
    return column, row


def _beside(reader, place):
    column, row = reader
    ways = (1, 0), (0, -1), (1, -1), (2, -1)
    near = [(column + right, row + down) for right, down in ways]
    free = [at for at in near if at not in place.values() and at[0] < 3]
    return free[0] if free else _free(2, row, place)


def path_edges(graph, path):
    """The (step, input) edges that lead along one of the PATHS from the output to x."""
    reached, edges = {graph_inputs(graph)[0]}, set()
    for step in graph:
        new = {(step.name, i) for i in step.inputs if i in reached} - PATHS[path]
        edges |= new
        reached |= {name for name, _ in new}
    return edges
