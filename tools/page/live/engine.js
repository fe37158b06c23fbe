// The op table and the backward loop of bnbook.graph, mirrored. An array is a shape and
// its numbers in row-major order. A browser test holds every rule to NumPy.
const bnGraph = (() => {
  "use strict";
  const count = (shape) => shape.reduce((a, b) => a * b, 1);

  function array(shape, numbers) {
    return { shape, data: Float64Array.from(numbers) };
  }

  // Nested lists, as JSON holds an array; a number has the shape [].
  function nested(value) {
    const shape = [];
    for (let v = value; Array.isArray(v); v = v[0]) shape.push(v.length);
    return array(shape, [value].flat(Infinity));
  }

  // The shape to which several broadcast.
  function joint(shapes) {
    const rank = Math.max(...shapes.map((s) => s.length));
    return Array.from({ length: rank }, (_, k) => {
      const sizes = shapes.map((s) => s[s.length - rank + k] ?? 1);
      return sizes.find((n) => n !== 1) ?? 1;
    });
  }

  // Where element i of an array of `shape` lies in one that was broadcast to it.
  function place(i, shape, from) {
    let at = 0, step = 1;
    for (let k = 1; k <= shape.length; k++) {
      const n = shape[shape.length - k], m = from[from.length - k] ?? 1;
      if (m !== 1) at += (i % n) * step;
      step *= m;
      i = Math.floor(i / n);
    }
    return at;
  }

  const read = (a, i, shape) => a.data[place(i, shape, a.shape)];

  function each(f, ...arrays) {
    const shape = joint(arrays.map((a) => a.shape));
    const data = new Float64Array(count(shape));
    for (let i = 0; i < data.length; i++)
      data[i] = f(...arrays.map((a) => read(a, i, shape)));
    return { shape, data };
  }

  // Sums down to `shape`: what was copied forward adds up backward.
  function unbroadcast(g, shape) {
    const data = new Float64Array(count(shape));
    g.data.forEach((v, i) => { data[place(i, g.shape, shape)] += v; });
    return { shape, data };
  }

  const reduced = (shape, axes) => shape.map((n, k) => (axes.includes(k) ? 1 : n));
  const like = (g, a) => each((u) => u, g, array(a.shape, new Array(a.data.length)));
  const reshaped = (a, shape) => ({ shape, data: a.data.slice() });

  function averaged(a, axes) {
    const total = unbroadcast(a, reduced(a.shape, axes));
    const m = a.data.length / total.data.length;
    return each((s) => s / m, total);
  }

  // Each rule as in src/bnbook/graph/ops.py and family.py. how: {axes, groups}.
  const OPS = {
    mean: {
      forward: ({ axes }, a) => averaged(a, axes),
      vjp: (_, g, y, a) =>
        [like(each((u) => u * (y.data.length / a.data.length), g), a)],
    },
    subtract: {
      forward: (_, a, b) => each((u, v) => u - v, a, b),
      vjp: (_, g) => [g, each((u) => -u, g)],
    },
    add: {
      forward: (_, a, b) => each((u, v) => u + v, a, b),
      vjp: (_, g) => [g, g],
    },
    multiply: {
      forward: (_, a, b) => each((u, v) => u * v, a, b),
      vjp: (_, g, y, a, b) =>
        [each((u, v) => u * v, g, b), each((u, v) => u * v, g, a)],
    },
    square: {
      forward: (_, a) => each((u) => u * u, a),
      vjp: (_, g, y, a) => [each((u, v) => 2 * u * v, g, a)],
    },
    sqrt: {
      forward: (_, a) => each(Math.sqrt, a),
      vjp: (_, g, y) => [each((u, v) => u / (2 * v), g, y)],
    },
    reciprocal: {
      forward: (_, a) => each((u) => 1 / u, a),
      vjp: (_, g, y) => [each((u, v) => -u * v * v, g, y)],
    },
    split: {
      forward: ({ groups }, a) => reshaped(
        a, [a.shape[0], groups, a.shape[1] / groups, ...a.shape.slice(2)]),
      vjp: (_, g, y, a) => [reshaped(g, a.shape)],
    },
    merge: {
      forward: (_, a) => reshaped(
        a, [a.shape[0], a.shape[1] * a.shape[2], ...a.shape.slice(3)]),
      vjp: (_, g, y, a) => [reshaped(g, a.shape)],
    },
  };

  function forward(graph, inputs, how) {
    const values = { ...inputs };
    for (const { name, op, inputs: args } of graph)
      values[name] = OPS[op].forward(how, ...args.map((a) => values[a]));
    return values;
  }

  // silent: a set of "step input" edges that send nothing.
  function backward(graph, values, upstream, how, silent = new Set()) {
    const grads = { [graph.at(-1).name]: upstream }, messages = [];
    for (const step of [...graph].reverse()) {
      if (!grads[step.name]) continue;
      const args = step.inputs.map((name) => values[name]);
      const parts = OPS[step.op].vjp(how, grads[step.name], values[step.name], ...args);
      step.inputs.forEach((name, k) => {
        if (silent.has(`${step.name} ${name}`)) return;
        const gradient = unbroadcast(parts[k], values[name].shape);
        grads[name] = grads[name] ? each((u, v) => u + v, grads[name], gradient) : gradient;
        messages.push({ step: step.name, input: name, gradient });
      });
    }
    return { grads, messages };
  }

  return { array, nested, read, each, OPS, forward, backward, unbroadcast };
})();
globalThis.bnGraph = bnGraph;
