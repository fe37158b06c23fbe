// needs: explorer
// A second graph beside the first: the same batch, at the same place.
const bnBeside = (() => {
  "use strict";
  const { make } = bnLive;
  const { group, head, table, cell } = bnElements;
  const { placeOf, nameOf, snapshot } = bnModel;

  /**
   * The same batch in another graph; what only that one takes is its own.
   * @type {(now: Snapshot, graphs: Graphs, name: string) => Snapshot | null}
   */
  function other(now, graphs, name) {
    const graph = graphs[name], own = graph.presets["as shipped"], { state } = now;
    const n = state.x.length, width = graph.upright ? 1 : n;
    /** @type {(list: number[], size: number) => number[]} */
    const fitted = (list, size) => Array.from({ length: size }, (_, i) => list[i % list.length]);
    /** @type {any} */
    const given = Object.fromEntries(graph.inputs.map((input) => {
      const list = state[input] && input in now.graph.presets["as shipped"]
        ? state[input] : own[input];
      return [input, input === "x" ? state.x
        : fitted(list, input === "mu" || input === "var" ? 1 : width)];
    }));
    const next = { ...given, dy: state.dy, eps: state.eps };
    if (!bnInputs.valid(graph, next)) return null;
    const at = now.state.at ? placeOf(graph, nameOf(now.graph, now.state.at)) : 0;
    return snapshot(graph, { ...next, graph: name, at, path: null, cut: null });
  }

  /**
   * The values and gradients of both, and which of them differ.
   * @type {(a: Snapshot, b: Snapshot) => HTMLElement}
   */
  function compared(a, b) {
    const names = Object.keys(a.run.values).filter((name) => name in b.run.values);
    const rows = [...names.map((name) => [name, a.run.values[name], b.run.values[name]]),
      ...names.map((name) => [`d${name}`, a.run.grads[name], b.run.grads[name]])];
    const differ = rows.filter(([, p, q]) => p && q && /** @type {any} */ (p).data.some(
      (/** @type {number} */ v, /** @type {number} */ i) =>
        !bnSay.near(v, /** @type {any} */ (q).data[i] ?? NaN)));
    return table("What differs", ["", a.graph.title, b.graph.title], differ.map(([name, p, q]) =>
      [String(name), ...[p, q].map((v) => cell(bnSay.list(/** @type {NDArray} */ (v))))]));
  }

  /** @type {(store: Store, id: string, graphs: Graphs, pictures: Record<string, SVGElement>) => View} */
  function view(store, id, graphs, pictures) {
    const pick = make("select", { id: `${id}-beside`, change: () => draw(store.now(), true) },
      make("option", { value: "" }, "nothing"), Object.entries(graphs).filter(([, g]) => !g.text)
        .map(([name, g]) => make("option", { value: name }, g.title)));
    const stage = bnStage.view(pictures, () => {}), box = make("div");
    const first = bnStage.view(pictures, () => {});
    let shown = "";
    for (const one of [stage, first]) {
      one.root.tabIndex = -1;
      one.root.removeAttribute("role");
      one.root.removeAttribute("aria-label");
    }
    const pair = make("div", { class: "bn-pair" }, ...[first, stage].map((one) =>
      make("figure", {}, make("figcaption", {}), one.root)));

    /** @type {(now: Snapshot, fresh: boolean) => void} */
    function draw(now, fresh) {
      const b = pick.value ? other(now, graphs, pick.value) : null;
      pair.hidden = !b;
      box.replaceChildren();
      if (!b) {
        if (pick.value) box.append(make("p", {}, "That graph cannot take this batch."));
        shown = "";
        return;
      }
      const key = `${pick.value} ${now.graph.title}`, anew = fresh || key !== shown;
      shown = key;
      first.show(now, anew, false);
      stage.show(b, anew, false);
      pair.querySelectorAll("figcaption").forEach((words, k) => {
        words.textContent = [now, b][k].graph.title;
      });
      box.append(group("bn-wide-table", "What differs", compared(now, b)));
    }
    return { root: make("div", { class: "bn-beside" }, head("Two graphs, one batch"),
      make("p", {}, make("label", { for: pick.id }, "Beside it"), " ", pick), pair, box),
    show: draw };
  }

  return { view };
})();
