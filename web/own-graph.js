// needs: explorer
// A graph from a reader's text, ready to be drawn and run on a column of numbers.
const bnOwnGraph = (() => {
  "use strict";
  const { PART, array, same, isNumber, evaluate } = bnGraph;
  const READS = ["x", "gamma", "beta", "eps"], MOST = 40;

  /** @type {(line: number, words: string) => never} */
  function refuse(line, words) {
    throw new Error(`line ${line}: ${words}`);
  }

  /**
   * The number of the line that makes a value, or a part of it.
   * @type {(text: string, name: string) => number}
   */
  const lineOf = (text, name) => 1 + text.split("\n").findIndex((line) =>
    line.split("#")[0].split("=")[0].trim() === name.split(PART)[0]);

  /** @type {(text: string, steps: Step[]) => void} */
  function check(text, steps) {
    const made = new Set(steps.map(({ name }) => name)), names = new Set([...READS, ...made]);
    if (steps.length > MOST) throw new Error(`text: ${steps.length} steps, expected at most ${MOST}`);
    for (const { name, inputs } of steps) {
      const line = lineOf(text, name), strange = inputs.find((i) => !isNumber(i) && !names.has(i));
      if (strange) refuse(line, `reads ${strange}, expected ${READS.join(", ")} or a name made above`);
      if (READS.includes(name)) refuse(line, `${name} is an input, expected another name`);
      if ([...names].some((other) => name === `d${other}`))
        refuse(line, `${name} is what a gradient is called, expected another name`);
    }
    const of = depending(steps), { name } = steps[steps.length - 1];
    if (!of.has(name)) refuse(lineOf(text, name), `${name} does not depend on x, expected it to`);
    tried(text, steps);
  }

  /**
   * The names that depend on x.
   * @type {(steps: Step[]) => Set<string>}
   */
  function depending(steps) {
    const found = new Set(["x"]);
    for (const { name, inputs } of steps) if (inputs.some((i) => found.has(i))) found.add(name);
    return found;
  }

  /**
   * One run, a step at a time, so that what cannot be run is named by its line.
   * @type {(text: string, steps: Step[]) => void}
   */
  function tried(text, steps) {
    const one = array([1], [1]), how = { axes: [0], groups: 1, rules: {} };
    /** @type {Values} */
    const values = { x: array([2, 1], [1, 2]), gamma: one, beta: one, eps: array([], [1]) };
    for (const step of steps)
      try { evaluate([step], values, how); } catch (error) {
        refuse(lineOf(text, step.name), `${/** @type {Error} */ (error).message}, expected x or `
          + "what is made of it");
      }
    const { name } = steps[steps.length - 1];
    if (!same(values[name].shape, values.x.shape))
      refuse(lineOf(text, name), `${name} is one number, expected one for each of x`);
  }

  /**
   * The table without the two ops that only group norm needs, as in Python.
   * @type {(ops: Table) => Table}
   */
  const plain = (ops) => Object.fromEntries(Object.entries(ops)
    .filter(([op]) => op !== "split" && op !== "merge"));

  /** @type {(given: Given, inputs: ListName[]) => Given} */
  const picked = (given, inputs) => /** @type {any} */ (Object.fromEntries(
    [...inputs, "dy", "eps"].map((name) => [name, given[/** @type {ListName} */ (name)]])));

  /**
   * like: batch norm's, whose batches it takes over. An Error, in one line, for a text that
   * is no graph of x.
   * @type {(text: string, like: Graph) => Graph}
   */
  function graphOf(text, like) {
    const steps = bnText.parse(text, plain(like.ops));
    check(text, steps);
    const read = new Set(steps.flatMap(({ inputs }) => inputs));
    const inputs = like.inputs.filter((name) => read.has(name));
    const presets = Object.fromEntries(Object.entries(like.presets)
      .map(([name, given]) => [name, picked(given, inputs)]));
    return { ...like, title: "Your own graph", text, steps, inputs, presets, paths: {},
      roles: /** @type {Graph["roles"]} */ ({}) };
  }

  return { graphOf };
})();
