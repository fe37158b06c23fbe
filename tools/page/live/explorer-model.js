// needs: engine, live
// The live graph without its page: a state, what a run on it gives, and where it stands.
// state: {graph, x, dy, gamma, beta, mu, var, eps, at, path, cut}; the batch and the
// parameters are flat lists, `at` counts the steps done, forward and then backward.
const bnModel = (() => {
  "use strict";
  const { array, read, OPS, forward, backward } = bnGraph;
  const LISTS = ["x", "dy", "gamma", "beta", "mu", "var"];

  // The shape in which a flat list enters the graph.
  function shape(graph, name, n) {
    if (name === "x" || name === "dy") return graph.upright ? [n, 1] : [1, n];
    return name === "eps" ? [] : [n];
  }

  // Everything that one run produces, in both directions, and each path's part of it.
  function solve(graph, state) {
    const how = { axes: graph.axes, groups: graph.groups };
    const given = { eps: array([], [state.eps]) };
    for (const name of graph.inputs)
      given[name] = array(shape(graph, name, state[name].length), state[name]);
    const values = forward(graph.steps, given, how);
    const upstream = array(shape(graph, "dy", state.dy.length), state.dy);
    const back = (silent) => backward(graph.steps, values, upstream, how, silent);
    const paths = {};
    for (const [path, { silent }] of Object.entries(graph.paths))
      paths[path] = back(new Set(silent.map((edge) => edge.join(" "))));
    return { how, values, paths, ...back() };
  }

  const last = (graph) => 2 * graph.steps.length;

  // What is done at a place: null at the start, else {step, backward}.
  function stepAt(graph, at) {
    const { steps } = graph, s = steps.length;
    if (!at) return null;
    return at <= s ? { step: steps[at - 1], backward: false }
      : { step: steps[2 * s - at], backward: true };
  }

  // The messages sent by then, in order.
  function sent(graph, run, at) {
    const done = new Set();
    for (let k = graph.steps.length + 1; k <= at; k++) done.add(stepAt(graph, k).step.name);
    return run.messages.filter((message) => done.has(message.step));
  }

  // Which values are known by then, and which gradients: name -> {got, of, sum}.
  function known(graph, run, at) {
    const { steps } = graph;
    const made = new Set(steps.slice(at).map((step) => step.name));
    const values = Object.keys(run.values).filter((name) => !made.has(name));
    const grads = {};
    if (at >= steps.length) {
      const name = steps.at(-1).name;
      grads[name] = { got: 0, of: 0, sum: run.grads[name] };
    }
    for (const { input, gradient } of sent(graph, run, at)) {
      const before = grads[input];
      grads[input] = before
        ? { ...before, got: before.got + 1,
            sum: bnGraph.each((u, v) => u + v, before.sum, gradient) }
        : { got: 1, of: run.messages.filter((m) => m.input === input).length,
            sum: gradient };
    }
    return { values, grads };
  }

  // A place by name: "start", a value, or a gradient ("dx": when it is whole).
  function placeOf(graph, name) {
    if (/^\d+$/.test(name)) return Math.min(Number(name), last(graph));
    const { steps } = graph, k = steps.findIndex((step) => step.name === name);
    if (k >= 0) return k + 1;
    if (name === `d${steps.at(-1).name}`) return steps.length;
    const first = steps.findIndex((step) => `d${step.inputs[0]}` === name
      || `d${step.inputs[1]}` === name);
    return first < 0 ? 0 : 2 * steps.length - first;
  }

  function nameOf(graph, at) {
    const here = stepAt(graph, at);
    if (!here) return "start";
    if (!here.backward) return here.step.name;
    // Of what is whole now, rather a value of the graph than a parameter.
    const names = here.step.inputs.filter((i) => placeOf(graph, `d${i}`) === at);
    return `d${names.find((i) => i !== "gamma" && i !== "beta") ?? names[0]}`;
  }

  // For one step on its way back: what it sends to each input, element by element.
  function products(run, step) {
    const y = run.values[step.name], upstream = run.grads[step.name];
    const args = step.inputs.map((name) => run.values[name]);
    const rule = OPS[step.op].vjp;
    const ones = array(upstream.shape, new Array(upstream.data.length).fill(1));
    const parts = rule(run.how, upstream, y, ...args);
    const local = rule(run.how, ones, y, ...args);
    return step.inputs.map((input, k) => ({
      input, part: parts[k], local: local[k],
      upstream: parts[k].data.map((_, i) => spread(upstream, i, parts[k])),
      gradient: run.messages.find((m) => m.step === step.name && m.input === input)
        .gradient,
    }));
  }

  // Element i of `over`, read from what was broadcast to it or only cut otherwise.
  const spread = (a, i, over) =>
    (a.data.length === over.data.length ? a.data[i] : read(a, i, over.shape));

  // dx and the part of it that each path brought; what is left when one is cut.
  function shares(run, cut) {
    const parts = Object.entries(run.paths)
      .map(([path, { grads }]) => [path, grads.x.data]);
    const lost = cut && run.paths[cut].grads.x.data;
    return { dx: run.grads.x.data, parts,
      left: lost ? run.grads.x.data.map((v, i) => v - lost[i]) : null };
  }

  // The address of a state, readable: graph:batch,x:1;2;3,…,at:dx
  function toText(graph, state) {
    const parts = [["graph", state.graph]];
    for (const name of [...graph.inputs, "dy"]) parts.push([name, state[name].join(";")]);
    parts.push(["eps", state.eps], ["at", nameOf(graph, state.at)]);
    for (const name of ["path", "cut"]) if (state[name]) parts.push([name, state[name]]);
    return parts.map(([name, value]) => `${name}:${value}`).join(",").replaceAll(" ", "_");
  }

  // The state that an address says, or null if it says none that the graphs know.
  function fromText(graphs, text) {
    const said = Object.fromEntries(text.replaceAll("_", " ").split(",")
      .map((part) => part.split(":")));
    if (!Object.hasOwn(graphs, said.graph ?? "")) return null;
    const graph = graphs[said.graph];
    const state = { ...graph.presets["as shipped"], graph: said.graph };
    for (const name of LISTS)
      if (name in said && name in state) state[name] = said[name].split(";").map(Number);
    if ("eps" in said) state.eps = Number(said.eps);
    state.at = placeOf(graph, said.at ?? "start");
    for (const name of ["path", "cut"]) 
      state[name] = Object.hasOwn(graph.paths, said[name] ?? "") ? said[name] : null;
    return valid(graph, state) ? state : null;
  }

  function valid(graph, state) {
    const n = state.x.length, width = graph.upright ? 1 : n;
    const lists = [...graph.inputs, "dy"].map((name) => state[name]);
    return n >= 2 && n <= 12 && n % graph.groups === 0 && state.dy.length === n
      && ["gamma", "beta"].every((p) => !state[p] || state[p].length === width)
      && ["mu", "var"].every((p) => !state[p] || state[p].length === 1)
      && [...lists.flat(), state.eps].every(Number.isFinite)
      && state.eps >= 0 && !(state.var?.[0] < 0);
  }

  // The inputs as they stand, for another graph that can take them; else its own.
  function moved(from, to, state) {
    const own = to.presets["as shipped"], now = { ...own };
    for (const name in own) if (name in state) now[name] = state[name];
    return from.upright === to.upright && valid(to, now) ? now : own;
  }

  // The cell that gives the same run in Python.
  function python(graph, state) {
    const list = (name) => `[${state[name].join(", ")}]`;
    const rows = (name) => (graph.upright
      ? `np.array([${state[name].join(", ")}])[:, None]` : `np.array([${list(name)}])`);
    const inputs = graph.inputs.map((name) =>
      `    "${name}": ${name === "x" ? rows(name) : `np.array(${list(name)})`},`);
    const axes = `axes=(${graph.axes.join(", ")},)`;
    const ops = graph.groups > 1 ? `, ops=grouped(${graph.groups})` : "";
    const names = [graph.constant, ...(ops ? ["grouped"] : []), "run"].join(", ");
    return ["import numpy as np", "", `from bnbook.graph import ${names}`, "", "inputs = {",
      ...inputs, `    "eps": ${state.eps},`, "}", `dy = ${rows("dy")}`,
      `trace = run(${graph.constant}, inputs, dy, ${axes}${ops})`,
      'print(trace.grads["x"])', ""].join("\n");
  }

  return { LISTS, spread, solve, last, stepAt, sent, known, placeOf, nameOf, products, shares,
    toText, fromText, valid, moved, python };
})();
globalThis.bnModel = bnModel;
