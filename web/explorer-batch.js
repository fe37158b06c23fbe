// needs: explorer
// needs: explorer-span, explorer-field, explorer-lanes
// The batch, the upstream gradient, the parameters and eps, as a reader may change them.
const bnBatch = (() => {
  "use strict";
  const { make } = bnLive;
  const { known } = bnModel;
  const { sub, sets } = bnSay;
  const { group, narrow } = bnElements;
  /** @typedef {{root: HTMLElement, update: (now: Snapshot) => void}} Part */

  /**
   * One number of one list is changed.
   * @type {(store: Store, name: ListName) => (i: number, v: number) => void}
   */
  const edit = (store, name) => (i, v) => {
    store.set({ [name]: store.now().state[name].map((old, k) => (k === i ? v : old)) });
  };

  /**
   * The lanes of x, a group of them for each set that shares its statistics.
   * @type {(store: Store) => Part[]}
   */
  function xs(store) {
    const { graph, state } = store.now();
    return sets(graph, state.x.length).map((places, j) => {
      const which = graph.groups > 1 ? `x, group ${j + 1}` : "x";
      const { root, update } = bnLanes.lanes({ color: "blue",
        title: `${which}: drag, type, or use the arrow keys`,
        names: places.map((i) => `x${sub(i)}`),
        values: () => places.map((i) => store.now().state.x[i]),
        set: (k, v) => edit(store, "x")(places[k], v) });
      return { root, update: (now) => update(over(now, j)) };
    });
  }

  /** @type {(store: Store) => Part} */
  function upstream(store) {
    const { root, update } = bnLanes.lanes({ title: "dy: the upstream gradient",
      color: "orange", bars: true, names: store.now().state.dy.map((_, i) => `dy${sub(i)}`),
      values: () => store.now().state.dy, set: edit(store, "dy") });
    return { root, update: () => update([]) };
  }

  /**
   * The fields of what is not drawn on a number line.
   * @type {(store: Store) => Part[]}
   */
  function fields(store) {
    const { graph, state } = store.now();
    const lists = graph.inputs.filter((name) => name !== "x").flatMap((name) =>
      state[name].map((_, i) => field(state[name].length > 1 ? name + sub(i) : name, 0.1,
        (now) => now.state[name][i], (v) => edit(store, name)(i, v),
        name === "var" ? 0 : undefined)));
    return [...lists,
      field("eps", "any", (now) => now.state.eps, (v) => { store.set({ eps: v }); }, 0)];
  }

  /**
   * @type {(name: string, step: number | string, get: (now: Snapshot) => number,
   *   set: (v: number) => void, low?: number) => Part}
   */
  function field(name, step, get, set, low) {
    const made = bnField.number(name, set, low);
    return { root: bnField.labelled(name, made),
      update: (now) => made.show(get(now), step) };
  }

  /**
   * The mean and one standard deviation to either side, once they are computed.
   * @type {(now: Snapshot, j: number) => Mark[]}
   */
  function over(now, j) {
    const { roles } = now.graph, { values } = known(now);
    /** @type {(name: string) => number | null} */
    const at = (name) => {
      if (!values.includes(name)) return null;
      const { data } = now.run.values[name];
      return data[Math.min(j, data.length - 1)];
    };
    if (!roles.scale) return [];
    const mu = roles.centred ? at("mu") : 0, std = at(roles.scale);
    if (mu == null) return [];
    const band = std == null ? [] : [{ from: mu - std, to: mu + std, kind: "band",
      label: `± ${roles.scale}` }];
    return [...band, { at: mu, kind: "mean", label: roles.centred ? "mu" : "0" }];
  }

  /** @type {(store: Store, root: HTMLElement) => Part[]} */
  function build(store, root) {
    const lines = xs(store), dy = upstream(store), numbers = fields(store);
    const open = root.querySelector("details")?.open ?? !narrow();
    root.replaceChildren(make("div", { class: "bn-xs" }, lines.map((line) => line.root)),
      make("details", { open }, make("summary", {},
        `dy, ${[...store.now().graph.inputs.slice(1), "eps"].join(", ")}`), dy.root,
      group("bn-fields bn-green", "Parameters and eps", numbers.map((part) => part.root))));
    return [...lines, dy, ...numbers];
  }

  /** @type {(store: Store) => View} */
  function view(store) {
    const root = make("div", { class: "bn-batch" });
    /** @type {Part[]} */
    let parts = [];
    return { root, show(now, fresh) {
      if (fresh) parts = build(store, root);
      for (const part of parts) part.update(now);
    } };
  }

  return { view };
})();
