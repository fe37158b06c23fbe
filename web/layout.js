// needs: engine
// Where each value of a graph stands in its drawing: src/bnbook/show/layout.py, mirrored.
const bnLayout = (() => {
  "use strict";
  /** @typedef {[column: number, row: number]} Place */
  /** @typedef {Map<string, Place>} Places */

  /**
   * The names that a graph reads and does not make, in the order of first use.
   * @type {(graph: Step[]) => string[]}
   */
  function inputsOf(graph) {
    const made = new Set(graph.map(({ name }) => name));
    return [...new Set(graph.flatMap(({ inputs }) => inputs))]
      .filter((name) => !made.has(name) && !bnGraph.isNumber(name));
  }

  /**
   * The shortest way from x, or the first input, to the output, as names.
   * @type {(graph: Step[]) => string[]}
   */
  function spine(graph) {
    const given = inputsOf(graph), last = graph[graph.length - 1].name;
    const first = given.includes("x") ? "x" : given[0];
    /** @type {Map<string, string[]>} */
    const ways = new Map([[first, [first]]]);
    for (const { name, inputs } of graph) {
      const known = inputs.flatMap((i) => [ways.get(i) ?? []]).filter((way) => way.length);
      const short = Math.min(...known.map((way) => way.length));
      const way = known.find(({ length }) => length === short);
      if (way) ways.set(name, [...way, name]);
    }
    return ways.get(last) ?? [last];
  }

  /**
   * A place for every value, no two in one.
   * @type {(graph: Step[]) => Places}
   */
  function layout(graph) {
    const main = spine(graph), given = inputsOf(graph);
    /** @type {Places} */
    const place = new Map();
    if (given.includes(main[0])) place.set(main[0], [0, 0]);
    for (const { name, inputs } of graph) {
      const column = main.includes(name) ? 0 : 1;
      const rows = [...place].filter(([i]) => inputs.includes(i))
        .map(([, [at, row]]) => row + Number(at === column));
      place.set(name, below(column, rows.length ? Math.max(...rows) : 2, place));
    }
    for (const name of given.filter((input) => !place.has(input))) {
      const reader = graph.find(({ inputs }) => inputs.includes(name));
      place.set(name, beside(/** @type {Place} */ (place.get(reader?.name ?? "")), place));
    }
    return place;
  }

  /** @type {(place: Places, at: Place) => boolean} */
  const free = (place, [column, row]) =>
    ![...place.values()].some(([c, r]) => c === column && r === row);

  /**
   * The first free place of a column from a row on.
   * @type {(column: number, row: number, place: Places) => Place}
   */
  function below(column, row, place) {
    while (!free(place, [column, row])) row += 1;
    return [column, row];
  }

  /** @type {(reader: Place, place: Places) => Place} */
  function beside([column, row], place) {
    const ways = [[1, 0], [0, -1], [1, -1], [2, -1]];
    const near = ways.map(([right, down]) => /** @type {Place} */ ([column + right, row + down]));
    return near.find((at) => at[0] < 3 && free(place, at)) ?? below(2, row, place);
  }

  return { inputsOf, spine, layout };
})();
