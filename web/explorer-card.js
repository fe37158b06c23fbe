// needs: live, explorer-model, explorer-say, explorer-elements
// The step that was just done, in numbers.
const bnCard = (() => {
  "use strict";
  const { make } = bnLive;
  const { isNumber } = bnGraph;
  const { stepAt, known, into, products, rule, alike, before, spread } = bnModel;
  const { head, group, cell, table } = bnElements;

  /** @type {(graph: Graph, a: NDArray, i: number) => string} */
  function label(graph, a, i) {
    if (a.data.length === 1) return "";
    return a.data.length === graph.groups ? `group ${i + 1}` : String(i + 1);
  }

  /** @type {(a: NDArray) => string} */
  const shape = (a) => `(${a.shape.join(", ")}${a.shape.length === 1 ? "," : ""})`;

  /** @type {(now: Snapshot) => Node[]} */
  function card(now) {
    const here = stepAt(now.graph, now.state.at);
    if (!here) return [head("Start"), make("p", {}, "The inputs are given. Step forward: each "
      + "step computes one value. After y the steps go back, and each sends a gradient to "
      + "the values it read.")];
    const { step } = here, [forth, back] = now.graph.ops[step.op].words ?? ["", ""];
    return here.backward ? backward(now, step, back) : forward(now, step, forth);
  }

  /** @type {(now: Snapshot, step: Step, words: string) => Node[]} */
  function forward({ graph, run }, step, words) {
    const { name, op } = step, inputs = step.inputs.filter((input) => !isNumber(input));
    const y = run.values[name], args = inputs.map((input) => run.values[input]);
    const long = args.reduce((a, b) => (b.data.length > a.data.length ? b : a), y);
    const folds = op === "mean";
    const rows = [...long.data].map((_, i) => [label(graph, long, i),
      ...args.map((a) => cell(spread(a, i, long))),
      ...(folds ? [] : [cell(y.data[i], "blue")])]);
    return [head(`${name} = ${rule(graph, step)}`), make("p", {}, `${words} Shape ${shape(y)}.`),
      table(`Forward: ${op}`, ["", ...inputs, ...(folds ? [] : [name])], rows,
        folds ? ["mean", cell(bnSay.list(y), "blue")] : null)];
  }

  /** @type {(now: Snapshot, step: Step, words: string) => Node[]} */
  function backward(now, step, words) {
    const sends = products(now, step), inputs = [...new Set(sends.map(({ input }) => input))];
    const sums = sends.some(({ part, gradient }) => part.data.length > gradient.data.length);
    return [head(`Back through ${step.name}`),
      make("p", {}, words + (sums ? " What was copied forward adds up backward." : "")),
      make("div", { class: "bn-messages" }, sends.map((send) =>
        (send.cut ? nothing(send) : product(now.graph, send, `d${step.name}`)))),
      ...inputs.flatMap((input) => adding(now, input))];
  }

  /** @type {(sent: Product) => Node} */
  const nothing = ({ input, whole }) => make("p", { class: "bn-lost" },
    `To ${input} nothing: this message is cut. It was ${bnSay.list(whole)}.`);

  /** @type {(graph: Graph, sent: Product, up: string) => Node} */
  function product(graph, { input, rule, part, local, upstream, gradient, whole }, up) {
    const sum = part.data.length > gradient.data.length;
    const rows = [...part.data].map((v, i) => [label(graph, part, i),
      cell(upstream[i], "orange"), cell(local.data[i]), cell(v, sum ? "" : "orange")]);
    const made = table(`To ${input} ${shape(gradient)}: ${rule}`,
      ["", up, "× local", sum ? "= part" : "= message"], rows,
      sum ? ["sum", cell(""), cell(""), cell(bnSay.list(gradient), "orange")] : null);
    return alike(gradient, whole) ? made : make("div", {}, made, was(whole));
  }

  /** @type {(whole: NDArray) => Node} */
  const was = (whole) => make("p", { class: "bn-was" },
    `Uncut: ${bnSay.list(whole)}.`);

  /**
   * The messages of a value that was used twice, and their sum.
   * @type {(now: Snapshot, input: string) => Node[]}
   */
  function adding(now, input) {
    const all = into(now.run.whole, input), { cut } = now.run, old = before(now.run, input);
    if (all.length < 2) return [];
    if (cut?.[1] === input) return left(now, input, cut[0]);
    const { got, sum } = known(now).grads[input];
    if (got < all.length) return [make("p", {}, `${input} was used ${
      all.length === 2 ? "twice" : `${all.length} times`}. Its other message comes from ${
      all.slice(got).map((m) => m.step).join(", ")}.`)];
    const rows = [...sum.data].map((v, i) => [label(now.graph, sum, i),
      ...into(now.run, input).map((m) => cell(m.gradient.data[i])), cell(v, "orange")]);
    return [...(old ? [was(old)] : []), table(`d${input}: the messages add up`, ["",
      ...all.map((m, k) => `${k ? "+ " : ""}from ${m.step}`), `= d${input}`], rows)];
  }

  /**
   * What a cut leaves of a value's gradient.
   * @type {(now: Snapshot, input: string, step: string) => Node[]}
   */
  function left({ run }, input, step) {
    return [make("p", {}, `The message from ${step} is cut. It leaves d${input} at ${
      bnSay.list(run.grads[input])}.`), was(run.whole.grads[input])];
  }

  /** @type {() => View} */
  function view() {
    const root = group("bn-card", "This step");
    return { root, show: (now) => root.replaceChildren(...card(now)) };
  }

  return { view };
})();
