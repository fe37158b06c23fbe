// What bnbook.graph does, in script: graphs run, and their backward passes are made, as
// graphs, from the rules that the page's data brings along. There is no derivative here.
// A browser test holds it to NumPy.
const bnGraph = (() => {
  "use strict";
  const PART = "'";
  /** @type {(shape: number[]) => number} */
  const count = (shape) => shape.reduce((a, b) => a * b, 1);

  /** @type {(shape: number[], numbers: ArrayLike<number>) => NDArray} */
  const array = (shape, numbers) => ({ shape, data: Float64Array.from(numbers) });

  /** @type {(a: number[], b: number[]) => boolean} */
  const same = (a, b) => a.length === b.length && a.every((n, k) => n === b[k]);

  /**
   * The shape to which several broadcast.
   * @type {(shapes: number[][]) => number[]}
   */
  function joint(shapes) {
    const rank = Math.max(...shapes.map((s) => s.length));
    return Array.from({ length: rank }, (_, k) => {
      const sizes = shapes.map((s) => s[s.length - rank + k] ?? 1);
      return sizes.find((n) => n !== 1) ?? 1;
    });
  }

  /**
   * Where element i of an array of `shape` lies in one that was broadcast to it.
   * @type {(i: number, shape: number[], from: number[]) => number}
   */
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

  /** @type {(a: NDArray, i: number, shape: number[]) => number} */
  const read = (a, i, shape) => a.data[place(i, shape, a.shape)];

  /** @type {(shape: number[], number: (i: number) => number) => NDArray} */
  const filledBy = (shape, number) => ({ shape, data:
    Float64Array.from({ length: count(shape) }, (_, i) => number(i)) });

  /** @type {(f: (...v: number[]) => number, ...arrays: NDArray[]) => NDArray} */
  function each(f, ...arrays) {
    const shape = joint(arrays.map((a) => a.shape));
    return filledBy(shape, (i) => f(...arrays.map((a) => read(a, i, shape))));
  }

  /**
   * Sums down to `shape`: what was copied forward adds up backward.
   * @type {(a: NDArray, shape: number[]) => NDArray}
   */
  function unbroadcast(a, shape) {
    const data = new Float64Array(count(shape));
    a.data.forEach((v, i) => { data[place(i, a.shape, shape)] += v; });
    return { shape, data };
  }

  /** @type {(a: NDArray, shape: number[]) => NDArray} */
  const copied = (a, shape) => filledBy(shape, (i) => read(a, i, shape));
  /** @type {(shape: number[], axes: number[]) => number[]} */
  const reduced = (shape, axes) => shape.map((n, k) => (axes.includes(k) ? 1 : n));
  /** @type {(a: NDArray, shape: number[]) => NDArray} */
  const reshaped = (a, shape) => ({ shape, data: a.data.slice() });
  /**
   * m: how many values of an array have one mean.
   * @type {(axes: number[], a: NDArray) => number}
   */
  function many(axes, a) {
    if (axes.some((k) => k >= a.shape.length)) throw new Error("mean of one number");
    return count(axes.map((k) => a.shape[k]));
  }

  /**
   * The value of each op, as in src/bnbook/graph/ops.py and family.py.
   * @type {Record<string, (how: How, a: NDArray, b: NDArray) => NDArray>}
   */
  const VALUES = {
    add: (_, a, b) => each((u, v) => u + v, a, b),
    subtract: (_, a, b) => each((u, v) => u - v, a, b),
    multiply: (_, a, b) => each((u, v) => u * v, a, b),
    divide: (_, a, b) => each((u, v) => u / v, a, b),
    square: (_, a) => each((u) => u * u, a),
    sqrt: (_, a) => each(Math.sqrt, a),
    reciprocal: (_, a) => each((u) => 1 / u, a),
    negate: (_, a) => each((u) => -u, a),
    same: (_, a) => each((u) => u, a),
    mean: ({ axes }, a) =>
      each((u) => u / many(axes, a), unbroadcast(a, reduced(a.shape, axes))),
    spread: ({ axes }, a, b) => copied(each((u) => u / many(axes, b), a), b.shape),
    sum: (_, a, b) => unbroadcast(a, b.shape),
    copy: (_, a, b) => copied(a, b.shape),
    split: ({ groups }, a) => reshaped(
      a, [a.shape[0], groups, a.shape[1] / groups, ...a.shape.slice(2)]),
    merge: (_, a) => reshaped(
      a, [a.shape[0], a.shape[1] * a.shape[2], ...a.shape.slice(3)]),
  };

  /** @type {(name: string) => boolean} */
  const isNumber = (name) => /^\d/.test(name);

  /**
   * Without a prototype: a reader may call a value `constructor`.
   * @type {<T>(pairs: Record<string, T>) => Record<string, T>}
   */
  const named = (pairs) => Object.assign(Object.create(null), pairs);

  /**
   * Add to `values` what the steps of a graph make of them.
   * @type {(graph: Step[], values: Values, how: How) => Values}
   */
  function evaluate(graph, values, how) {
    for (const { name, op, inputs } of graph) {
      const [a, b] = inputs.map((i) => (isNumber(i) ? array([], [Number(i)]) : values[i]));
      values[name] = VALUES[op](how, a, b);
    }
    return values;
  }

  return { PART, VALUES, array, read, each, same, isNumber, named, evaluate };
})();
