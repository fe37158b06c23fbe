// needs: explorer
// needs: graph-text, layout, drawing-arrows, drawing, own-graph
// A graph of the reader's own: its text, what is wrong with it, its backward pass by line.
const bnOwn = (() => {
  "use strict";
  const { make } = bnLive;
  const { button, head } = bnElements;

  /** @type {(graph: Graph, run: Run) => Node[]} */
  const derived = ({ title, ops }, { whole }) => [
    head(`${title}, backward: the lines that its rules give`),
    make("pre", { tabindex: 0 }, bnFormulas.listing(whole.back, ops))];

  /**
   * id: begins that of its field.
   * @type {(store: Store, id: string) => View}
   */
  function view(store, id) {
    const wrong = make("p", { class: "bn-wrong", role: "alert", id: `${id}-wrong` }), lines = make("div");
    const area = make("textarea", { id: `${id}-own`, rows: 10, spellcheck: "false",
      autocapitalize: "off", autocomplete: "off", "aria-describedby": `${id}-wrong` });
    let shown = "";
    function draw() {
      try {
        store.type(area.value);
        wrong.textContent = "";
      } catch (error) {
        wrong.textContent = /** @type {Error} */ (error).message;
      }
    }
    area.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      draw();
    });
    const root = make("details", { class: "bn-own" },
      make("summary", {}, "Your own graph"),
      make("p", {}, "Type a normalization, a line a step. x is the batch; gamma, beta and eps "
        + "are numbers that you set above. Write + - * /, mean(…), sqrt(…), square(…), numbers "
        + "and the names of lines above. The last line is the output."),
      make("p", {}, make("label", { for: area.id }, "The steps")), area,
      make("p", {}, button("Draw it", draw), " or Ctrl and Enter"), wrong, lines);
    return { root, show({ graph, run }, fresh) {
      if (graph.text && graph.text !== shown) area.value = shown = graph.text;
      if (fresh) wrong.textContent = "";
      lines.replaceChildren(...derived(graph, run));
    } };
  }

  return { view };
})();
