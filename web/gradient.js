// needs: engine
// The gradient of a graph as a graph, as in src/bnbook/graph/gradient.py and edits.py.
const bnGradient = (() => {
  "use strict";
  const { PART, same, isNumber, named, evaluate } = bnGraph;
  /** @typedef {{step: Step, k: number, input: string, rule: Tree}} Sends */

  /**
   * A rule with a step's names in it; without its sum where nothing was copied.
   * @type {(tree: Tree, names: Record<string, string>, summed: boolean) => Tree}
   */
  function filled(tree, names, summed) {
    if (typeof tree === "string") return names[tree] ?? tree;
    const [op, ...parts] = tree, given = parts.map((part) => filled(part, names, summed));
    return summed || op !== "sum" ? [op, ...given] : given[0];
  }

  /**
   * A tree as steps: the last is called `line`, and before it stand its parts.
   * @type {(line: string, tree: Tree, taken: Set<string>) => Step[]}
   */
  function stepsOf(line, tree, taken) {
    const [op, ...parts] = typeof tree === "string" ? ["same", tree] : tree;
    /** @type {Step[]} */
    const before = [];
    const inputs = parts.map((part) => {
      if (typeof part === "string") return part;
      let name = line + PART;
      while (taken.has(name)) name += PART;
      taken.add(name);
      before.push(...stepsOf(name, part, taken));
      return name;
    });
    return [...before, { name: line, op, inputs }];
  }

  /**
   * Where gradients flow from the last step, that one first.
   * @type {(graph: Step[], how: How) => Sends[]}
   */
  function edgesOf(graph, { rules }) {
    const reached = new Set([graph[graph.length - 1].name]);
    return [...graph].reverse().flatMap((step) => {
      if (!reached.has(step.name)) return [];
      const sends = step.inputs.map((input, k) => ({ step, k, input, rule: rules[step.op][k] }));
      return sends.flatMap(({ rule, input, ...sent }) => {
        if (!rule || isNumber(input)) return [];
        reached.add(input);
        return [{ ...sent, rule, input }];
      });
    });
  }

  /** @type {(name: string, list: string[]) => boolean} */
  const twice = (name, list) => list.indexOf(name) !== list.lastIndexOf(name);

  /**
   * The backward pass: its steps and its messages. Its values join `values`, which hold
   * the upstream gradient already.
   * @type {(graph: Step[], values: Values, how: How) => {back: Step[], sent: Named[]}}
   */
  function sendBack(graph, values, how) {
    const edges = edgesOf(graph, how), often = edges.map(({ input }) => input);
    const last = graph[graph.length - 1].name;
    const lines = edges.map(({ step: { name, inputs }, k, input }) => `d${input}${
      twice(input, often) ? `.${name}` : ""}${twice(input, inputs) ? `.${"ab"[k]}` : ""}`);
    const taken = new Set([...Object.keys(values), ...lines, ...often.map((i) => `d${i}`)]);
    /** @type {Step[]} */
    const back = [];
    /** @type {Record<string, string[]>} */
    const inbox = named({ [last]: [`d${last}`] });

    /** @type {(line: string, tree: Tree) => void} */
    function write(line, tree) {
      const steps = stepsOf(line, tree, taken);
      back.push(...steps);
      evaluate(steps, values, how);
    }

    /** @type {(name: string) => string} */
    function total(name) {
      const [first, ...others] = inbox[name], line = `d${name}`;
      /** @type {Tree} */
      let sum = first;
      for (const message of others) sum = ["add", sum, message];
      if (!(line in values)) write(line, sum);
      return line;
    }

    const sent = edges.map(({ step, input, rule }, i) => {
      const [a, b] = step.inputs, g = total(step.name), name = lines[i];
      const summed = !same(values[g].shape, values[input].shape);
      write(name, filled(rule, named({ g, y: step.name, a, b }), summed));
      (inbox[input] ??= []).push(name);
      return { step: step.name, input, name };
    });
    Object.keys(inbox).forEach(total);
    return { back, sent };
  }

  /**
   * A backward pass in which messages are not sent: a sum loses a term, and what is made
   * of nothing else is not made at all.
   * @type {(back: Step[], names: string[]) => Step[]}
   */
  function dropped(back, names) {
    const gone = new Set(names);
    return back.flatMap((step) => {
      const left = step.inputs.filter((name) => !gone.has(name));
      if (gone.has(step.name)) return [];
      if (left.length === step.inputs.length) return [step];
      if (step.op === "add" && left.length) return [{ ...step, op: "same", inputs: left }];
      gone.add(step.name);
      return [];
    });
  }

  /**
   * A pass from its steps: sums, what they made; grads; the messages in the order sent.
   * @type {(graph: Step[], back: Step[], sent: Named[], values: Values) => Back}
   */
  function pass(graph, back, sent, values) {
    const last = graph[graph.length - 1].name;
    /** @type {(names: string[], key?: string) => Values} */
    const pick = (names, key = "") => named(Object.fromEntries(
      names.filter((n) => key + n in values).map((n) => [n, values[key + n]])));
    return { back, sums: pick([`d${last}`, ...back.map(({ name }) => name)]),
      grads: pick([last, ...sent.map(({ input }) => input)], "d"),
      messages: sent.filter(({ name }) => name in values)
        .map((message) => ({ ...message, gradient: values[message.name] })) };
  }

  /** @type {(graph: Step[], inputs: Values, upstream: NDArray, how: How) => Ran} */
  function run(graph, inputs, upstream, how) {
    const values = evaluate(graph, named(inputs), how);
    const all = named({ ...values, [`d${graph[graph.length - 1].name}`]: upstream });
    const { back, sent } = sendBack(graph, all, how);
    return { graph, how, values, ...pass(graph, back, sent, all) };
  }

  /**
   * The run if some edges sent nothing: what is downstream of them is made anew.
   * @type {(ran: Ran, edges: Edge[]) => Ran}
   */
  function without(ran, edges) {
    const { graph, how, values, sums, messages } = ran, dy = `d${graph[graph.length - 1].name}`;
    const cut = messages.filter((m) => edges.some(([step, i]) => step === m.step && i === m.input));
    const back = dropped(ran.back, cut.map(({ name }) => name));
    const all = evaluate(back, named({ ...values, [dy]: sums[dy] }), how);
    return { ...ran, ...pass(graph, back, messages, all) };
  }

  return { run, without, filled, stepsOf };
})();
