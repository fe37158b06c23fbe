// needs: engine, live, explorer-model
// The live graph in words: a sentence for each step.
const bnSay = (() => {
  "use strict";
  const { stepAt, last, known, products } = bnModel;
  const { short } = bnLive;
  const COUNTS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight"];
  const count = (n) => COUNTS[n] ?? String(n);
  const sub = (i) => String(i + 1).replace(/\d/g, (d) => "₀₁₂₃₄₅₆₇₈₉"[d]);
  const sum = (list) => list.reduce((a, b) => a + b, 0);
  const near = (a, b, scale = 1) => Math.abs(a - b) <= 1e-9 * Math.max(scale, Math.abs(a), Math.abs(b));

  // An array in words: its numbers if they are few.
  function list(a) {
    const numbers = [...a.data].map(short);
    return numbers.length === 1 ? numbers[0] : `(${numbers.join(", ")})`;
  }

  // The same, shorter: the ends of many numbers.
  function brief(a) {
    const data = [...a.data], low = Math.min(...data), high = Math.max(...data);
    if (data.length < 3) return list(a);
    return near(low, high, 0) ? `${count(data.length)} times ${short(low)}`
      : `${count(data.length)} numbers from ${short(low)} to ${short(high)}`;
  }

  // One sentence for the step that was just done.
  function say(graph, run, at) {
    const here = stepAt(graph, at), of = `Step ${at} of ${last(graph)}`;
    if (!here) return `Start: the inputs are given. The first step is ${graph.steps[0].name}.`;
    const { step } = here;
    if (!here.backward) {
      const end = at === graph.steps.length ? " The forward pass is done." : "";
      return `${of}: ${step.name} = ${step.rule} = ${brief(run.values[step.name])}.${end}`;
    }
    const { grads } = known(graph, run, at);
    const parts = products(run, step).map(({ input, gradient }, k) =>
      `${step.back[k]} = ${brief(gradient)} to ${input}`);
    const ends = step.inputs.filter((i) => grads[i].of > 1).map((i) =>
      (grads[i].got < grads[i].of
        ? ` Its gradient d${i} still waits for another message.`
        : ` d${i} is whole: its ${count(grads[i].of)} messages add up.`));
    return `${of}, backward: ${step.name} sends ${parts.join(" and ")}.${ends.join("")}`;
  }

  // The sets of elements that share their statistics, as lists of places.
  function sets(graph, n) {
    const each = n / graph.groups;
    return Array.from({ length: graph.groups }, (_, j) =>
      Array.from({ length: each }, (_, i) => j * each + i));
  }

  return { say, list, count, sub, sum, near, sets };
})();
globalThis.bnSay = bnSay;
