// The inputs of a graph that a reader may change: which it can take, which it ships with.
const bnInputs = (() => {
  "use strict";

  /** @type {(graph: Graph, given: Given) => boolean} */
  function valid(graph, given) {
    const n = given.x.length, width = graph.upright ? 1 : n;
    /** @type {ListName[]} */
    const names = [...graph.inputs, "dy"], lists = names.map((name) => given[name]);
    /** @type {(size: number, ...names: ListName[]) => boolean} */
    const fit = (size, ...some) => some.every((p) => !given[p] || given[p].length === size);
    return n >= 2 && n <= 12 && n % graph.groups === 0
      && fit(n, "dy") && fit(width, "gamma", "beta") && fit(1, "mu", "var")
      && [...lists.flat(), given.eps].every(Number.isFinite)
      && given.eps >= 0 && !(given.var?.[0] < 0);
  }

  /**
   * The inputs as they stand, for another graph that can take them; else its own.
   * @type {(from: Graph, to: Graph, given: Given) => Given}
   */
  function moved(from, to, given) {
    const own = to.presets["as shipped"];
    const kept = Object.entries(given).filter(([name]) => name in own);
    const now = { ...own, ...Object.fromEntries(kept) };
    return from.upright === to.upright && valid(to, now) ? now : own;
  }

  /**
   * The name of the preset that this is, "" if it is none.
   * @type {(graph: Graph, given: Given) => string}
   */
  function presetOf(graph, given) {
    const found = Object.entries(graph.presets).find(([, preset]) =>
      Object.entries(preset).every(([name, v]) =>
        String(v) === String(given[/** @type {ListName} */ (name)])));
    return found ? found[0] : "";
  }

  return { valid, moved, presetOf };
})();
