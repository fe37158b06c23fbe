// needs: explorer
// needs: explorer-descent, explorer-span, explorer-field, explorer-story-set
// A target for y, and where steps along dx lead: all of it, or the straight path alone.
const bnAim = (() => {
  "use strict";
  const { make, svg, short } = bnLive;
  const { sub, sum } = bnSay;
  const { button, table, cell } = bnElements;
  /** @typedef {ReturnType<typeof bnDescent.descend>} Points */
  /** @typedef {{target: number[], rate: number, steps: number}} Aim */

  // Where a way's value stands: a disc, and a square.
  const FORMS = [["all of dx", "orange", "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0Z"],
    ["the straight path alone", "red", "M-4.5-4.5h9v9h-9Z"]];

  /** @type {(a: number[]) => number} */
  const mean = (a) => sum(a) / a.length;
  /** @type {(a: number[]) => number} */
  const spread = (a) => Math.sqrt(mean(a.map((v) => (v - mean(a)) ** 2)));

  /**
   * A row for each y: where it began, its target, where each way has brought it.
   * @type {(ways: Points[], target: number[], k: number) => SVGElement}
   */
  function picture(ways, target, k) {
    const span = bnSpan.around([...target, ...ways.flatMap((way) => way.flatMap(({ y }) => y))]);
    /** @type {(v: number) => number} */
    const at = (v) => 40 + 3.7 * bnSpan.percent(span, v);
    /** @type {(v: number, row: number, d: string, kind: string) => SVGElement} */
    const mark = (v, row, d, kind) => svg("path", { d, class: kind,
      transform: `translate(${at(v).toFixed(1)} ${14 + 26 * row})` });
    const tall = 26 * target.length;
    return svg("svg", { viewBox: `0 0 420 ${tall + 18}`, class: "bn-ways", "aria-hidden": "true" },
      target.flatMap((t, i) => [
        svg("text", { x: 0, y: 18 + 26 * i }, `y${sub(i)}`),
        svg("path", { d: `M40 ${14 + 26 * i}h370`, class: "bn-zero" }),
        mark(t, i, "M0-9V9", "bn-target"),
        mark(ways[0][0].y[i], i, FORMS[0][2], "bn-first"),
        ...ways.map((way, w) => mark(way[k].y[i], i, FORMS[w][2], `bn-${FORMS[w][1]}`))]),
      bnSpan.marks(span).map((v) => svg("text", { x: at(v), y: tall + 14,
        "text-anchor": "middle", class: "bn-tick" }, String(v).replace("-", "−"))));
  }

  /** @type {(k: number) => string} */
  const stepsOf = (k) => `${k} step${k === 1 ? "" : "s"}`;

  /**
   * What k steps did, in numbers.
   * @type {(ways: Points[], k: number, rate: number) => string}
   */
  function words(ways, k, rate) {
    const [all, part] = ways, from = all[0];
    if (!k) return `The cost ½ Σ (y − target)² is ${short(from.cost)}. Its dy is y − target: `
      + `(${from.dy.map(short).join(", ")}). One step takes ${rate} · dx from x.`;
    /** @type {(way: Points, who: string) => string} */
    const told = (way, who) => `With ${who} the cost is ${short(way[k].cost)}, from ${
      short(from.cost)}. ${rises(way, k)} ${bnSetStory.change("The mean of x", mean(from.x),
      mean(way[k].x))}, and its std went from ${short(spread(from.x))} to ${
      short(spread(way[k].x))}.`;
    return [`After ${stepsOf(k)} of ${rate}. ${told(all, FORMS[0][0])}`,
      ...(part ? [told(part, FORMS[1][0])] : [])].join(" ");
  }

  /**
   * Whether each step lowered the cost.
   * @type {(way: Points, k: number) => string}
   */
  function rises(way, k) {
    const costs = way.slice(0, k + 1).map(({ cost }) => cost), low = Math.min(...costs);
    const up = costs.filter((cost, i) => i && cost > costs[i - 1] * (1 + 1e-9)).length;
    return up ? `It rose in ${up} of ${stepsOf(k)}; its lowest was ${short(low)
    }, at step ${costs.indexOf(low)}.` : "It never rose.";
  }

  /** @type {(ways: Points[], target: number[], k: number) => HTMLElement} */
  const numbers = (ways, target, k) => table(`y after ${stepsOf(k)}`, ["", "target", "at first",
    ...ways.map((_, w) => FORMS[w][0])], target.map((t, i) => [`y${sub(i)}`, cell(t),
    cell(ways[0][0].y[i]), ...ways.map((way, w) => cell(way[k].y[i], FORMS[w][1]))]));

  /** @type {(store: Store, aim: Aim) => View} */
  function view(store, { target: first, rate: size, steps }) {
    const box = make("div"), fields = make("div", { class: "bn-fields" });
    const said = make("p", { role: "status" });
    let target = [...first], rate = size, k = 0, key = "";
    /** @type {Points[]} */
    let ways = [];

    function draw() {
      box.replaceChildren(picture(ways, target, k), legend(ways.length), numbers(ways, target, k));
      said.textContent = words(ways, k, rate);
    }
    function compute() {
      const { graph, state } = store.now(), { straight } = graph.paths;
      target = state.x.map((_, i) => target[i] ?? first[i] ?? 0);
      ways = [[], ...(straight ? [straight.silent] : [])].map((silent) =>
        bnDescent.descend(graph, state, target, rate, steps, silent));
    }
    /** @type {(to: number) => void} */
    function go(to) {
      k = Math.min(to, steps);
      draw();
    }
    /** @type {(name: string, v: number, set: (v: number) => void, low?: number) => Node} */
    function field(name, v, set, low) {
      const made = bnField.number(name, (now) => {
        set(now);
        compute();
        go(0);
      }, low);
      made.show(v, 0.1);
      return bnField.labelled(name, made);
    }
    function build() {
      fields.replaceChildren(...target.map((t, i) =>
        field(`target of y${sub(i)}`, t, (v) => { target[i] = v; })),
      field("step size", rate, (v) => { rate = v; }, 0));
    }
    const root = make("details", { class: "bn-aim" },
      make("summary", {}, "What is dx for? Give y a target, and take steps"), fields,
      make("div", { class: "bn-buttons" }, button("One step", () => go(k + 1)),
        button("To fifty", () => go(steps)), button("Start again", () => go(0)),
        button("Send this dy into the graph", () => store.set({ at: bnModel.last(store.now().graph),
          dy: ways[0][k].dy.map((v) => Number(v.toFixed(6))),
          x: ways[0][k].x.map((v) => Number(v.toFixed(6))) }))), said, box);
    return { root, show({ graph, state }) {
      const now = [state.graph, graph.text, ...graph.inputs.map((n) => state[n]), state.eps].join();
      if (now === key) return;
      key = now;
      compute();
      build();
      go(0);
    } };
  }

  /** @type {(many: number) => HTMLElement} */
  const legend = (many) => make("p", { class: "bn-legend" }, "○ at first, │ target",
    FORMS.slice(0, many).map(([words, kind], w) =>
      make("span", { class: `bn-${kind}` }, `, ${"●■"[w]} ${words}`)));

  return { view };
})();
