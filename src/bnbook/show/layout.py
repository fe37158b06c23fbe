"""Where each value of a graph stands in a drawing, by the graph's own depth.

The left column is the spine, the shortest way from the first input to the output. Every
other step stands in the column to its right, below the last step that it needs. Inputs
stand beside or above the step that reads them, so a step that reads inputs only leaves
two rows for them.
"""

from bnbook.graph import PATHS, graph_inputs


def spine(graph):
    """The shortest way from the graph's first input to its output, as names."""
    first = graph_inputs(graph)[0]
    way = {first: (first,)}
    for name, _, inputs in graph:
        known = [way[i] for i in inputs if i in way]
        if known:
            way[name] = (*min(known, key=len), name)
    return way[graph[-1].name]


def layout(graph):
    """name -> (column, row) for every value of the graph, no two in one place."""
    main = spine(graph)
    place = {main[0]: (0, 0)}
    for name, _, inputs in graph:
        column = 0 if name in main else 1
        rows = [row + (col == column) for i, (col, row) in place.items() if i in inputs]
        place[name] = (column, max(rows, default=2))
    for name in graph_inputs(graph)[1:]:
        reader = next(step.name for step in graph if name in step.inputs)
        place[name] = _beside(place[reader], set(place.values()))
    return place


def _beside(reader, taken):
    column, row = reader
    ways = (1, 0), (0, -1), (1, -1), (2, -1), (2, 0)
    near = [(column + right, row + down) for right, down in ways]
    return next(place for place in near if place not in taken)


def path_edges(graph, path):
    """The (step, input) edges that lead along one of the PATHS from the output to x."""
    reached, edges = {graph_inputs(graph)[0]}, set()
    for step in graph:
        new = {(step.name, i) for i in step.inputs if i in reached} - PATHS[path]
        edges |= new
        reached |= {name for name, _ in new}
    return edges
