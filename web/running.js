// needs: small
// Running statistics on their way from the start to the truth. A batch is drawn with
// replacement; momentum weighs the old value.
(() => {
  "use strict";
  const { html, picture, line, text, table, scale, colour } = bnSmall;
  const { few, fixed, mean, variance, uniform } = bnNumbers;
  /** @typedef {{momentum: number, size: number, seed: number, from: string,
   *   unbiased: boolean}} State */
  /**
   * values: one feature of the training set; marks: the table's steps; momenta, sizes: the
   * sliders' places; starts: name -> [mean, variance].
   * @typedef {{values: number[], steps: number, marks: number[], momenta: number[],
   *   sizes: number[], starts: Record<string, [number, number]>, start: State}} Data
   */
  /** @typedef {ReturnType<typeof compute>} Result */
  const WIDE = 240, HIGH = 170;
  /** @type {Record<string, string>} */
  const START = { standard: "mean 0, variance 1", zero: "mean 0, variance 0",
    far: "far off" };

  /** @type {(values: number[], seed: number, step: number, size: number) => number[]} */
  function batch(values, seed, step, size) {
    return Array.from({ length: size }, (_, i) => values[Math.floor(
      uniform(seed, (step - 1) * size + i) * values.length)]);
  }

  /**
   * The running value after 0, 1, 2 … batches with these statistics.
   * @type {(statistics: number[], first: number, momentum: number) => number[]}
   */
  function follow(statistics, first, momentum) {
    const out = [first];
    for (const s of statistics) out.push(momentum * out[out.length - 1] + (1 - momentum) * s);
    return out;
  }

  /**
   * @param {State} state
   * @param {Data} data
   */
  function compute({ momentum, size, from, seed, unbiased }, data) {
    const steps = Array.from({ length: data.steps }, (_, t) => t + 1);
    const batches = steps.map((t) => batch(data.values, seed, t, size));
    const factor = unbiased ? size / (size - 1) : 1;
    const [mean0, var0] = data.starts[from];
    const truth = { mean: mean(data.values), var: variance(data.values) };
    const seen = truth.var * ((factor * (size - 1)) / size);
    const weight = [0, ...steps].map((t) => 1 - momentum ** t);
    /** @type {(first: number, s: number) => number[]} */
    const expected = (first, s) => weight.map((w) => (1 - w) * first + w * s);
    return {
      truth, weight,
      mean: follow(batches.map(mean), mean0, momentum),
      var: follow(batches.map((b) => factor * variance(b)), var0, momentum),
      expected: { mean: expected(mean0, truth.mean), var: expected(var0, seen) },
    };
  }

  /**
   * One curve with its expectation (dashed) and the truth (a level line).
   * @type {(title: string, curve: number[], expected: number[] | null, truth: number,
   *   top: number, words: string) => SVGElement}
   */
  function panel(title, curve, expected, truth, top, words) {
    const last = curve.length - 1, across = scale(0, last, 34, WIDE - 12);
    const down = scale(Math.min(0, ...curve), top, HIGH - 34, 24);
    /** @type {(values: number[], name: string, more?: Attributes) => SVGElement} */
    const path = (values, name, more) =>
      line(values.map((v, t) => [across(t), down(v)]), name, more);
    /** @type {(v: number, name: string) => SVGElement} */
    const level = (v, name) =>
      line([[34, down(v)], [WIDE - 12, down(v)]], name, { "stroke-width": 1 });
    /** @type {(v: number) => SVGElement} */
    const number = (v) => text(29, down(v) + 4, few(v), { "text-anchor": "end" });
    return picture(words, WIDE, HIGH,
      text(34, 13, title), level(0, "grid"), number(0), level(truth, "ink"), number(truth),
      ...(expected ? [path(expected, "muted", { "stroke-dasharray": "5 3" })] : []),
      path(curve, "green"),
      ...[0, last / 2, last].map((t) => text(across(t), HIGH - 18, String(t),
        { "text-anchor": "middle" })),
      text((34 + WIDE - 12) / 2, HIGH - 4, "batches",
        { "text-anchor": "middle", fill: colour("muted") }));
  }

  /**
   * The panel of a running statistic.
   * @type {(name: string, curve: number[], expected: number[], truth: number) =>
   *   SVGElement}
   */
  function statistic(name, curve, expected, truth) {
    const last = curve.length - 1;
    return panel(`running ${name}`, curve, expected, truth, Math.max(1.4 * truth, ...curve),
      `Running ${name}: from ${few(curve[0])} to ${few(curve[last], 3)} after ${last} ` +
      `batches; truth ${few(truth, 3)}.`);
  }

  /** @type {(result: Result, marks: number[]) => Node[]} */
  function draw(result, marks) {
    const { truth, weight, expected } = result;
    const rows = marks.map((t) => [String(t), fixed(weight[t], 3), fixed(result.mean[t]),
      fixed(result.var[t])]);
    const pictures = html("div", { class: "bn-small-panels" },
      statistic("mean", result.mean, expected.mean, truth.mean),
      statistic("variance", result.var, expected.var, truth.var),
      panel("weight of the batches, 1 − αᵗ", weight, null, 1, 1.1,
        `The weight of the batches grows from 0 to ${few(weight[weight.length - 1])}.`));
    return [pictures, table("After so many batches",
      ["batches", "1 − αᵗ", "running mean", "running variance"],
      [...rows, ["truth", "1", fixed(truth.mean), fixed(truth.var)]])];
  }

  /** @type {(state: State, result: Result) => string} */
  function words({ momentum, size, unbiased }, { truth, weight, var: curve }) {
    /** @type {(t: number) => string} */
    const percent = (t) => fixed(100 * (1 - weight[t]), 0);
    const short = size <= 10 && !unbiased
      ? ` A batch of ${size} shows on average ${size - 1}/${size} of the variance.`
      : "";
    return `Momentum ${momentum}, batches of ${size}. Of the start ${percent(10)} ` +
      `percent is there after 10 batches, ${percent(100)} percent after 100. The ` +
      `running variance ends at ${few(curve[curve.length - 1], 3)}; the truth is ` +
      `${few(truth.var, 3)}.${short}`;
  }

  bnLive.register("running", (root, /** @type {Data} */ data) => bnSmall.explorable(root, {
    controls: [
      { name: "momentum", label: "Momentum α", values: data.momenta },
      { name: "size", label: "Batch size", values: data.sizes },
      { name: "seed", label: "Seed", min: 1, max: 20, step: 1 },
      { name: "from", label: "Start",
        options: Object.keys(data.starts).map((name) => [name, START[name]]) },
      { name: "unbiased", label: "Unbiased" },
    ],
    start: data.start,
    compute: (state) => compute(state, data),
    draw: (_, result) => draw(result, data.marks),
    words,
  }));
})();
