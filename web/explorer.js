// needs: live
// needs: engine, gradient, formulas, explorer-model, explorer-inputs, explorer-address, explorer-state
// needs: explorer-say, explorer-elements, explorer-steps, explorer-tools, explorer-card
// needs: explorer-bars, explorer-boxes, explorer-arrows, explorer-graph, explorer-values
// needs: explorer-python
// The live graph on a page: a batch one edits, a graph one steps through, and what the
// step did in numbers and in words. What it shows follows from one state. The parts that
// not every page shows, such as explorer-batch, come with the part that does.
(() => {
  "use strict";
  let count = 0;

  /**
   * The drawing of each graph, made by Python.
   * @type {(root: HTMLElement) => Record<string, SVGElement>}
   */
  function pictures(root) {
    /** @type {NodeListOf<HTMLElement>} */
    const boxes = root.querySelectorAll(".bn-fallback [data-graph]");
    return Object.fromEntries([...boxes].map((box) => [box.dataset.graph,
      (box instanceof HTMLTemplateElement ? box.content : box).querySelector("svg")]));
  }

  /**
   * The parts that this live graph shows, in their order on the page.
   * @type {(root: HTMLElement, data: ExplorerData, store: Store,
   *   steps: ReturnType<typeof bnSteps.view>, reset: () => void) => View[]}
   */
  function parts(root, data, store, steps, reset) {
    const id = `bn-${data.name}-${count++}`, { say, pick } = steps;
    /** @type {[string, () => View][]} */
    const all = [
      ["told", () => bnTold.view(store)],
      ["graph", () => bnStage.view(pictures(root), pick, store)],
      ["steps", () => steps],
      ["batch", () => bnBatch.view(store)],
      ["tries", () => bnTries.view(data.tries, store)],
      ["tools", () => bnTools.view(id, data.graphs, store, reset, say)],
      ["detail", () => bnCard.view()],
      ["shares", () => bnShares.view(store, id, steps.next)],
      ["story", () => bnStory.view()],
      ["aim", () => bnAim.view(store, data.aim)],
      ["beside", () => bnBeside.view(store, id, data.graphs, pictures(root))],
      ["values", () => bnValues.view(pick)],
      ["python", () => bnPython.view(store, say)],
      ["own", () => bnOwn.view(store, id)],
    ];
    return all.filter(([name]) => name === "steps" || data.view.includes(name))
      .map(([, make]) => make());
  }

  /** @type {(store: Store, reset: () => void) => Part} */
  const interfaceOf = (store, reset) => ({
    state() {
      const { graph, state, run } = store.now(), { values, grads, messages, paths } = run;
      return { ...state, name: bnModel.nameOf(graph, state.at), values, grads, messages, paths };
    },
    put: store.put, set: store.set, choose: store.choose, address: store.address, reset,
    text: () => bnSay.say(store.now()),
    type: store.type,
    story: () => bnStory.story(store.now()),
    python: () => bnPython.python(store.now()),
  });

  /** @type {(root: HTMLElement, data: ExplorerData) => void} */
  function start(root, data) {
    /** @type {View[]} */
    let views = [];
    for (const graph of Object.values(data.graphs)) graph.ops = data.ops;
    if (data.own) data.graphs.own = bnOwnGraph.graphOf(data.own, data.graphs.batch);
    const store = bnState.store(data, (...shown) => {
      const { state, graph: { text } } = shown[0];
      views.forEach((view) => view.show(...shown));
      bnLive.tell(root, text ? { ...state, text } : state);
    });
    const steps = bnSteps.view(store);
    const reset = () => {
      steps.stop();
      store.reset();
    };
    // The address names this graph, wherever it stands on its page.
    const recall = () => store.recall() && (root.scrollIntoView(), true);
    views = parts(root, data, store, steps, reset);
    const box = bnElements.group("bn-made bn-explorer", "The live graph",
      ...views.map((view) => view.root));
    box.addEventListener("keydown", steps.keys);
    root.prepend(box);
    if (!recall()) store.start();
    addEventListener("hashchange", recall);
    root.explorer = interfaceOf(store, reset);
  }

  bnLive.register("explorer", start);
})();
