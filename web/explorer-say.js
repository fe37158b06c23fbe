// needs: live, explorer-model
// The live graph in words: a sentence for each step.
const bnSay = (() => {
  "use strict";
  const { stepAt, last, known, into, products, rule } = bnModel;
  const { short } = bnLive;
  const COUNTS = "no one two three four five six seven eight".split(" ");

  /** @type {(n: number) => string} */
  const count = (n) => COUNTS[n] ?? String(n);
  /** @type {(i: number) => string} */
  const sub = (i) => String(i + 1).replace(/\d/g, (d) => "₀₁₂₃₄₅₆₇₈₉"[Number(d)]);
  /** @type {(list: number[]) => number} */
  const sum = (list) => list.reduce((a, b) => a + b, 0);
  /** @type {(a: number, b: number, scale?: number) => boolean} */
  const near = (a, b, scale = 1) =>
    Math.abs(a - b) <= 1e-9 * Math.max(scale, Math.abs(a), Math.abs(b));

  /**
   * An array in words: its numbers.
   * @type {(a: NDArray) => string}
   */
  function list(a) {
    const numbers = [...a.data].map(short);
    return numbers.length === 1 ? numbers[0] : `(${numbers.join(", ")})`;
  }

  /**
   * The same, shorter: the ends of many numbers.
   * @type {(a: NDArray) => string}
   */
  function brief(a) {
    const data = [...a.data], low = Math.min(...data), high = Math.max(...data);
    if (data.length < 3) return list(a);
    return near(low, high, 0) ? `${count(data.length)} times ${short(low)}`
      : `${count(data.length)} numbers from ${short(low)} to ${short(high)}`;
  }

  /**
   * One sentence for the step that was just done.
   * @type {(now: Snapshot) => string}
   */
  function say(now) {
    const { graph, run, state: { at } } = now, here = stepAt(graph, at);
    if (!here) return `Start: the inputs are given. The first step is ${graph.steps[0].name}.`;
    const { step } = here, of = `Step ${at} of ${last(graph)}`;
    if (here.backward) return `${of}, backward: ${sends(now, step)}`;
    const end = at === graph.steps.length ? " The forward pass is done." : "";
    return `${of}: ${step.name} = ${rule(graph, step)} = ${brief(run.values[step.name])}.${end}`;
  }

  /** @type {(now: Snapshot, step: Step) => string} */
  function sends(now, step) {
    const sent = products(now, step), inputs = [...new Set(sent.map(({ input }) => input))];
    if (!sent.length) return `${step.name} sends nothing.`;
    const parts = sent.map(({ rule, input, gradient, cut }) =>
      (cut ? `nothing to ${input} (this message is cut)`
        : `${rule} = ${brief(gradient)} to ${input}`));
    return `${step.name} sends ${parts.join(" and ")}.${
      inputs.map((input) => waits(now, input)).join("")}`;
  }

  /**
   * Whether the gradient of a value with several messages is whole.
   * @type {(now: Snapshot, input: string) => string}
   */
  function waits(now, input) {
    const all = into(now.run.whole, input).length;
    const { got, of } = known(now).grads[input] ?? { got: 0, of: 0 };
    if (all < 2) return "";
    if (got < of) return ` Its gradient d${input} still waits for another message.`;
    if (!now.run.cut) return ` d${input} is whole: its ${count(of)} messages add up.`;
    return of < all ? ` The cut leaves this of d${input}.` : "";
  }

  /**
   * The sets of elements that share their statistics, as lists of places.
   * @type {(graph: Graph, n: number) => number[][]}
   */
  function sets(graph, n) {
    const each = n / graph.groups;
    return Array.from({ length: graph.groups }, (_, j) =>
      Array.from({ length: each }, (_, i) => j * each + i));
  }

  return { say, list, count, sub, sum, near, sets };
})();
