// needs: live, explorer-inputs, explorer-elements
// Which graph, which batch; back to the first state, and a link to this one.
const bnTools = (() => {
  "use strict";
  const { make } = bnLive;
  const { button, copyButton } = bnElements;

  /** @type {(value: string, words: string) => HTMLElement} */
  const option = (value, words) => make("option", { value }, words);

  /** @type {(words: string, control: HTMLElement) => HTMLElement} */
  const field = (words, control) => make("p", {}, make("label", { for: control.id }, words),
    " ", control);

  /** @type {(store: Store) => string} */
  const link = (store) => `${location.href.split("#")[0]}#${store.address()}`;

  /** @type {(...lists: object[]) => boolean} */
  const several = (...lists) => lists.some((list) => Object.keys(list).length > 1);

  /**
   * id: begins those of its fields.
   * @type {(id: string, graphs: Graphs, store: Store, reset: () => void,
   *   say: (words: string) => void) => View}
   */
  function view(id, graphs, store, reset, say) {
    const which = make("select", { id: `${id}-graph`, change: () => store.choose(which.value) },
      Object.entries(graphs).map(([name, g]) => option(name, g.title)));
    const preset = make("select", { id: `${id}-preset`, change: () => preset.value
      && store.choose(store.now().state.graph, preset.value) });
    const root = make("div", { class: "bn-switches" },
      several(graphs) ? field("Graph", which) : null,
      several(...Object.values(graphs).map((g) => g.presets)) ? field("Batch", preset) : null,
      make("p", {}, button("Reset", reset), " ",
        bnLive.page ? copyButton("Copy link", () => link(store), say) : null));
    return { root, show({ graph, state }, fresh) {
      which.value = state.graph;
      if (fresh) preset.replaceChildren(...Object.keys(graph.presets).map((name) =>
        option(name, name)), option("", "your own"));
      preset.value = bnInputs.presetOf(graph, state);
    } };
  }

  return { view };
})();
