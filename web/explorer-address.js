// needs: live, explorer-model, explorer-inputs
// A state as a readable address, graph:batch,x:1;2;3,…,at:dx, and back.
const bnAddress = (() => {
  "use strict";
  const { placeOf, nameOf } = bnModel;
  /** @type {ListName[]} */
  const LISTS = ["x", "dy", "gamma", "beta", "mu", "var"];
  // ms after the last change
  const REST = 400;

  /** @type {(now: Snapshot) => string} */
  function toText({ graph, state }) {
    const parts = [["graph", state.graph],
      .../** @type {ListName[]} */ ([...graph.inputs, "dy"]).map((name) =>
        [name, state[name].join(";")]),
      ["eps", state.eps], ["at", nameOf(graph, state.at)]];
    if (graph.text) parts.push(["text", encodeURIComponent(graph.text).replaceAll("_", "%5F")]);
    if (state.path) parts.push(["path", state.path]);
    if (state.cut) parts.push(["cut", state.cut]);
    return parts.map(([name, value]) => `${name}:${value}`).join(",").replaceAll(" ", "_");
  }

  /**
   * The state that an address says, or null if it says none that the graphs know.
   * @type {(graphs: Graphs, text: string) => State | null}
   */
  function fromText(graphs, text) {
    const said = Object.fromEntries(text.replaceAll("_", " ").split(",")
      .map((part) => part.split(":")));
    if (!Object.hasOwn(graphs, said.graph ?? "")) return null;
    if (said.text) try {
      graphs.own = bnOwnGraph.graphOf(decodeURIComponent(said.text), graphs.batch);
    } catch { return null; }
    const graph = graphs[said.graph], given = { ...graph.presets["as shipped"] };
    for (const name of LISTS)
      if (name in said && name in given) given[name] = said[name].split(";").map(Number);
    if ("eps" in said) given.eps = Number(said.eps);
    /** @type {(name: string) => string | null} */
    const path = (name) => (Object.hasOwn(graph.paths, said[name] ?? "") ? said[name] : null);
    return bnInputs.valid(graph, given) ? { ...given, graph: said.graph,
      at: placeOf(graph, said.at ?? "start"), path: path("path"), cut: path("cut") } : null;
  }

  /**
   * Keeps the page's address at the state. name: the live graph's own on its page.
   * @type {(name: string, graphs: Graphs, now: () => Snapshot) => {
   *   text: () => string, write: () => void, clear: () => void, read: () => State | null}}
   */
  function keeper(name, graphs, now) {
    /** @type {number | undefined} */
    let writing;
    const text = () => `${name}=${toText(now())}`;
    return {
      text,
      write() {
        clearTimeout(writing);
        if (!bnLive.page) return;
        writing = setTimeout(() => {
          try { history.replaceState(null, "", `#${text()}`); } catch { /* no history here */ }
        }, REST);
      },
      clear() {
        clearTimeout(writing);
        if (!bnLive.page) return;
        history.replaceState(null, "", location.pathname + location.search);
      },
      read() {
        // No character in it needs an escape.
        const [own, said] = location.hash.slice(1).split(/=(.*)/s);
        return bnLive.page && own === name && said != null ? fromText(graphs, said) : null;
      },
    };
  }

  return { keeper };
})();
