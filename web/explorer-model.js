// needs: engine, gradient, formulas
// A run of a graph on a state, and the places in it: `at` counts the steps done, forward
// and then backward.
const bnModel = (() => {
  "use strict";
  const { array, each, read, named, evaluate, isNumber } = bnGraph;
  const { without, filled, stepsOf } = bnGradient;

  /**
   * The shape in which a flat list enters the graph.
   * @type {(graph: Graph, name: string, n: number) => number[]}
   */
  function shape(graph, name, n) {
    if (name === "x" || name === "dy") return graph.upright ? [n, 1] : [1, n];
    return name === "eps" ? [] : [n];
  }

  /**
   * What a graph's run takes: its inputs as arrays, and how its means are taken.
   * @type {(graph: Graph, state: Given) => {inputs: Values, dy: NDArray, how: How}}
   */
  function taken(graph, state) {
    const { axes, groups } = graph, rules = Object.fromEntries(
      Object.entries(graph.ops).map(([name, op]) => [name, op.rules]));
    /** @type {(name: ListName) => NDArray} */
    const given = (name) => array(shape(graph, name, state[name].length), state[name]);
    /** @type {Values} */
    const inputs = Object.fromEntries(graph.inputs.map((name) => [name, given(name)]));
    if (graph.steps.some((step) => step.inputs.includes("eps")))
      inputs.eps = array([], [state.eps]);
    return { inputs, dy: given("dy"), how: { axes, groups, rules } };
  }

  /**
   * The run on a state: the pass that a cut leaves, and the whole one beside it.
   * @type {(graph: Graph, state: State) => Run}
   */
  function solve(graph, state) {
    const { inputs, dy, how } = taken(graph, state);
    const ran = bnGradient.run(graph.steps, inputs, dy, how);
    const whole = along(graph, ran), cut = state.cut ? graph.paths[state.cut].own : null;
    return { ...(cut ? along(graph, without(ran, [cut])) : whole), whole, cut };
  }

  /**
   * A run with the part that each path has in it.
   * @type {(graph: Graph, ran: Ran) => Paths}
   */
  const along = (graph, ran) => ({ ...ran, paths: Object.fromEntries(
    Object.entries(graph.paths).map(([path, { silent }]) => [path, without(ran, silent)])) });

  /**
   * dx in a pass; 0 where nothing comes to x.
   * @type {(ran: Ran) => Float64Array}
   */
  const byX = ({ grads, values }) => grads.x?.data ?? values.x.data.map(() => 0);

  /** @type {(graph: Graph, state: State) => Snapshot} */
  const snapshot = (graph, state) => ({ graph, state, run: solve(graph, state) });

  /** @type {(graph: Graph) => number} */
  const last = (graph) => 2 * graph.steps.length;

  /**
   * What is done at a place: null at the start.
   * @type {(graph: Graph, at: number) => Place | null}
   */
  function stepAt(graph, at) {
    const { steps } = graph, s = steps.length;
    if (!at) return null;
    return at <= s ? { step: steps[at - 1], backward: false }
      : { step: steps[2 * s - at], backward: true };
  }

  /**
   * The messages sent by then, in order.
   * @type {(now: Snapshot) => Message[]}
   */
  function sent({ graph, run, state }) {
    const { steps } = graph;
    const done = new Set(steps.slice(last(graph) - state.at).map((step) => step.name));
    return run.messages.filter((message) => done.has(message.step));
  }

  /**
   * Which values are known by then, and which gradients, whole or in part.
   * @type {(now: Snapshot) => Known}
   */
  function known(now) {
    const { run, state } = now, { steps } = now.graph;
    const later = new Set(steps.slice(state.at).map((step) => step.name));
    const values = Object.keys(run.values).filter((name) => !later.has(name));
    /** @type {Known["grads"]} */
    const grads = named({}), end = steps[steps.length - 1].name;
    if (state.at >= steps.length) grads[end] = { got: 0, of: 0, sum: run.grads[end] };
    for (const { input, gradient } of sent(now)) {
      const { got, of, sum } = grads[input] ?? { got: 0, of: into(run, input).length };
      grads[input] = { got: got + 1, of,
        sum: sum ? each((u, v) => u + v, sum, gradient) : gradient };
    }
    return { values, grads };
  }

  /** @type {(pass: Back, input: string) => Message[]} */
  const into = ({ messages }, input) => messages.filter((m) => m.input === input);

  /**
   * A place by name: "start", a value, or a gradient ("dx": when it is whole).
   * @type {(graph: Graph, name: string) => number}
   */
  function placeOf(graph, name) {
    if (/^\d+$/.test(name)) return Math.min(Number(name), last(graph));
    const { steps } = graph, k = steps.findIndex((step) => step.name === name);
    if (k >= 0) return k + 1;
    if (name === `d${steps[steps.length - 1].name}`) return steps.length;
    const first = steps.findIndex(({ inputs }) => inputs.some((i) => `d${i}` === name));
    return first < 0 ? 0 : last(graph) - first;
  }

  /** @type {(graph: Graph, at: number) => string} */
  function nameOf(graph, at) {
    const here = stepAt(graph, at);
    if (!here) return "start";
    if (!here.backward) return here.step.name;
    // Of what is whole now, rather a value of the graph than a parameter.
    const names = here.step.inputs.filter((i) => !isNumber(i) && placeOf(graph, `d${i}`) === at);
    const name = names.find((i) => i !== "gamma" && i !== "beta") ?? names[0];
    return name ? `d${name}` : String(at);
  }

  /**
   * For one step on its way back: what it sends to each input, element by element.
   * @type {(now: Snapshot, step: Step) => Product[]}
   */
  function products({ graph, run }, step) {
    const sent = run.whole.messages.filter((m) => m.step === step.name);
    const rules = run.how.rules[step.op].filter((rule, k) => rule && !isNumber(step.inputs[k]));
    return sent.map(({ name, input, gradient: whole }, k) => {
      const rule = rules[k] ?? "g";
      const upstream = run.grads[step.name] ?? each(() => 0, run.values[step.name]);
      const part = worth(run, step, rule, upstream);
      const { gradient } = run.messages.find((m) => m.name === name) ?? { gradient: null };
      return {
        input, part, local: worth(run, step, rule, each(() => 1, upstream)),
        rule: bnFormulas.printed(bnFormulas.tree(run.whole.back, name), graph.ops),
        upstream: part.data.map((_, i) => spread(upstream, i, part)),
        gradient: gradient ?? each(() => 0, whole), whole, cut: !gradient,
      };
    });
  }

  /**
   * What a rule gives for an upstream gradient, before it is summed to an input's shape.
   * @type {(run: Run, step: Step, rule: Tree, g: NDArray) => NDArray}
   */
  function worth({ values, how }, step, rule, g) {
    const [a, b] = step.inputs, names = named({ g: "g ", y: step.name, a, b });
    const steps = stepsOf("sent ", filled(rule, names, false), new Set());
    return evaluate(steps, named({ ...values, "g ": g }), how)["sent "];
  }

  /**
   * What one step computes, such as x − mu.
   * @type {(graph: Graph, step: Step) => string}
   */
  const rule = (graph, { name }) =>
    bnFormulas.printed(bnFormulas.tree(graph.steps, name), graph.ops);

  /**
   * Whether two arrays differ by no more than rounding, beside others of some size.
   * @type {(a: NDArray, b: NDArray, others?: NDArray[]) => boolean}
   */
  function alike(a, b, others = []) {
    const [most, all] = [[a], others].map((list) =>
      Math.max(0, ...list.flatMap(({ data }) => [...data].map(Math.abs))));
    return a.data.every((v, i) => !(Math.abs(v - b.data[i]) > Math.max(1e-9 * most, 1e-12 * all)));
  }

  /**
   * A gradient without the cut, if the cut changes it.
   * @type {(run: Run, name: string) => NDArray | null}
   */
  function before({ grads, whole }, name) {
    const was = whole.grads[name], is = grads[name];
    return was && !(is && alike(was, is, Object.values(whole.grads))) ? was : null;
  }

  /**
   * Element i of `over`, read from what was broadcast to it or only cut otherwise.
   * @type {(a: NDArray, i: number, over: NDArray) => number}
   */
  const spread = (a, i, over) =>
    (a.data.length === over.data.length ? a.data[i] : read(a, i, over.shape));

  return { snapshot, taken, last, stepAt, sent, known, into, placeOf, nameOf, products, rule, alike,
    before, spread, byX };
})();
