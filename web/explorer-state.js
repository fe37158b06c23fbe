// needs: explorer-model, explorer-inputs, explorer-address
// The one state of a live graph, and the run on it. Every change goes through here.
const bnState = (() => {
  "use strict";
  const { snapshot, last, stepAt, placeOf, nameOf } = bnModel;
  const { valid, moved } = bnInputs;

  /** @type {(graphs: Graphs, to: Opening) => State} */
  function opening(graphs, { preset, at, path, cut, graph: name }) {
    const graph = graphs[name];
    return { ...graph.presets[preset], graph: name, at: placeOf(graph, at), path, cut };
  }

  /**
   * What a patch makes of a state, or null if its graph cannot take that.
   * @type {(graphs: Graphs, state: State, patch: Patch) => Snapshot | null}
   */
  function patched(graphs, state, patch) {
    const next = { ...state, ...patch }, graph = graphs[next.graph];
    if (!valid(graph, next)) return null;
    const at = typeof next.at === "string" ? placeOf(graph, next.at) : next.at;
    return snapshot(graph, { ...next, at: Math.max(0, Math.min(last(graph), at)) });
  }

  /**
   * Another batch, or another graph: it takes the batch along if it can.
   * @type {(graphs: Graphs, now: Snapshot, name: string, preset?: string) => State}
   */
  function chosen(graphs, { graph, state }, name, preset) {
    const to = graphs[name], given = preset ? to.presets[preset] : moved(graph, to, state);
    const at = name === state.graph ? state.at
      : stepAt(graph, state.at) ? placeOf(to, nameOf(graph, state.at)) : 0;
    /** @type {(path: string | null) => string | null} */
    const keep = (path) => (path && to.paths[path] ? path : null);
    return { ...given, graph: name, at, path: keep(state.path), cut: keep(state.cut) };
  }

  /** @type {(before: Snapshot, now: Snapshot) => boolean} */
  const same = (before, now) => before.graph === now.graph
    && before.state.x.length === now.state.x.length;

  /**
   * changed: told of every state, the first one too.
   * @type {(data: ExplorerData, changed: View["show"]) => Store}
   */
  function store(data, changed) {
    const { graphs } = data, first = opening(graphs, data.start);
    /** @type {Snapshot} */
    let now;
    let told = "";
    const address = bnAddress.keeper(data.name, graphs, () => now);

    /** @type {(next: Snapshot | null, anew?: boolean) => boolean} */
    function put(next, anew) {
      if (!next) return false;
      const before = now, stepped = !anew && before.state.at !== next.state.at;
      now = next;
      changed(now, anew || !same(before, now), stepped);
      return true;
    }

    /** @type {(state: State, words?: string) => boolean} */
    function renew(state, words = "") {
      told = words;
      return put(patched(graphs, state, {}), true);
    }

    return {
      now: () => now,
      told: () => told,
      start: () => renew(first),
      set(patch) {
        const taken = put(patched(graphs, now.state, patch));
        if (taken) address.write();
        return taken;
      },
      choose(name, preset) {
        renew(chosen(graphs, now, name, preset));
        address.write();
      },
      type(text) {
        graphs.own = bnOwnGraph.graphOf(text, graphs.batch);
        renew(chosen(graphs, now, "own"));
        address.write();
      },
      open(to) {
        if (to.text) graphs.own = bnOwnGraph.graphOf(to.text, graphs.batch);
        renew(opening(graphs, to), to.told);
        address.write();
      },
      put({ text, ...state }) {
        if (text) graphs.own = bnOwnGraph.graphOf(text, graphs.batch);
        renew(state);
      },
      reset() {
        renew(first);
        address.clear();
      },
      recall() {
        const said = address.read();
        return said ? renew(said) : false;
      },
      address: address.text,
    };
  }

  return { store };
})();
