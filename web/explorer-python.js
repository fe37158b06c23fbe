// needs: live, explorer-elements
// The cell that gives the same run in Python.
const bnPython = (() => {
  "use strict";
  const { make } = bnLive;

  /** @type {(now: Snapshot) => string} */
  function python({ graph, state }) {
    /** @type {(name: ListName) => string} */
    const list = (name) => `[${state[name].join(", ")}]`;
    /** @type {(name: ListName) => string} */
    const rows = (name) => `np.array(${
      graph.upright ? `${list(name)})[:, None]` : `[${list(name)}])`}`;
    const inputs = graph.inputs.map((name) =>
      `    "${name}": ${name === "x" ? rows(name) : `np.array(${list(name)})`},`);
    const name = graph.text ? "graph" : graph.constant;
    const text = graph.text ? ['graph = parse("""', graph.text.trimEnd(), '""")'] : [];
    if (graph.steps.some((step) => step.inputs.includes("eps")))
      inputs.push(`    "eps": ${state.eps},`);
    const ops = graph.groups > 1 ? `, ops=grouped(${graph.groups})` : "";
    const names = [graph.text ? "parse" : name, ...(ops ? ["grouped"] : []), "run"].join(", ");
    return ["import numpy as np", "", `from bnbook.graph import ${names}`, "", ...text,
      "inputs = {", ...inputs, "}", `dy = ${rows("dy")}`,
      `trace = run(${name}, inputs, dy, axes=(${graph.axes.join(", ")},)${ops})`,
      'print(trace.grads["x"])', ""].join("\n");
  }

  /** @type {(store: Store, say: (words: string) => void) => View} */
  function view(store, say) {
    const code = make("pre", { tabindex: 0 });
    const root = make("details", { class: "bn-python" }, make("summary", {}, "The same in Python"),
      code, bnElements.copyButton("Copy as Python", () => python(store.now()), say));
    return { root, show(now) { code.textContent = python(now); } };
  }

  return { view, python };
})();
