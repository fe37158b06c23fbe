// needs: small
//
// Running statistics on their way from the start to the truth (chapter 8).
//
// data: values (one feature of the training set), steps, marks (the table's steps),
// momenta and sizes (the sliders' places), starts (name -> [mean, variance]), start.
// A batch is drawn with replacement; momentum weighs the old value.
(() => {
  "use strict";
  const { picture, line, text, table, scale, few, fixed, colour } = bnSmall;
  const WIDE = 240, HIGH = 170;
  const START = { standard: "mean 0, variance 1", zero: "mean 0, variance 0",
    far: "far off" };

  function batch(values, seed, step, size) {
    return Array.from({ length: size }, (_, i) => values[Math.floor(
      bnSmall.uniform(seed, (step - 1) * size + i) * values.length)]);
  }

  // The running value after 0, 1, 2 … batches with these statistics.
  function follow(statistics, first, momentum) {
    const out = [first];
    for (const s of statistics) out.push(momentum * out.at(-1) + (1 - momentum) * s);
    return out;
  }

  function compute({ momentum, size, from, seed, unbiased }, data) {
    const steps = Array.from({ length: data.steps }, (_, t) => t + 1);
    const batches = steps.map((t) => batch(data.values, seed, t, size));
    const factor = unbiased ? size / (size - 1) : 1;
    const [mean0, var0] = data.starts[from];
    const truth = {
      mean: bnSmall.mean(data.values), var: bnSmall.variance(data.values) };
    const seen = truth.var * ((factor * (size - 1)) / size);
    const weight = [0, ...steps].map((t) => 1 - momentum ** t);
    const expected = (first, s) => weight.map((w) => (1 - w) * first + w * s);
    return {
      truth, weight,
      mean: follow(batches.map(bnSmall.mean), mean0, momentum),
      var: follow(batches.map((b) => factor * bnSmall.variance(b)), var0, momentum),
      expected: { mean: expected(mean0, truth.mean), var: expected(var0, seen) },
    };
  }

  // One curve with its expectation (dashed) and the truth (a level line).
  function panel(title, curve, expected, truth, top, words) {
    const across = scale(0, curve.length - 1, 34, WIDE - 12);
    const down = scale(Math.min(0, ...curve), top, HIGH - 34, 24);
    const path = (values, name, more) =>
      line(values.map((v, t) => [across(t), down(v)]), name, more);
    const level = (v, name) =>
      line([[34, down(v)], [WIDE - 12, down(v)]], name, { "stroke-width": 1 });
    const number = (v) => text(29, down(v) + 4, few(v), { "text-anchor": "end" });
    const last = curve.length - 1;
    return picture(words, WIDE, HIGH,
      text(34, 13, title), level(0, "grid"), number(0), level(truth, "ink"),
      number(truth),
      ...(expected ? [path(expected, "muted", { "stroke-dasharray": "5 3" })] : []),
      path(curve, "green"),
      ...[0, last / 2, last].map((t) => text(across(t), HIGH - 18, String(t),
        { "text-anchor": "middle" })),
      text((34 + WIDE - 12) / 2, HIGH - 4, "batches",
        { "text-anchor": "middle", fill: colour("muted") }));
  }

  function draw(_, { truth, mean, var: variance, weight, expected }, marks) {
    const top = (curve, level) => Math.max(1.4 * level, ...curve);
    const end = (name, curve, level) => `Running ${name}: from ${few(curve[0])} to ` +
      `${few(curve.at(-1), 3)} after ${curve.length - 1} batches; truth ` +
      `${few(level, 3)}.`;
    const rows = marks.map((t) => [String(t), fixed(weight[t], 3), fixed(mean[t]),
      fixed(variance[t])]);
    const pictures = bnSmall.html("div", { class: "bn-small-panels" },
      panel("running mean", mean, expected.mean, truth.mean, top(mean, truth.mean),
        end("mean", mean, truth.mean)),
      panel("running variance", variance, expected.var, truth.var,
        top(variance, truth.var), end("variance", variance, truth.var)),
      panel("weight of the batches, 1 − αᵗ", weight, null, 1, 1.1,
        `The weight of the batches grows from 0 to ${few(weight.at(-1))}.`));
    return [pictures, table("After so many batches",
      ["batches", "1 − αᵗ", "running mean", "running variance"],
      [...rows, ["truth", "1", fixed(truth.mean), fixed(truth.var)]])];
  }

  function words({ momentum, size, unbiased }, { truth, weight, var: variance }) {
    const percent = (t) => fixed(100 * (1 - weight[t]), 0);
    const short = size <= 10 && !unbiased
      ? ` A batch of ${size} shows on average ${size - 1}/${size} of the variance.`
      : "";
    return `Momentum ${momentum}, batches of ${size}. Of the start ${percent(10)} ` +
      `percent is there after 10 batches, ${percent(100)} percent after 100. The ` +
      `running variance ends at ${few(variance.at(-1), 3)}; the truth is ` +
      `${few(truth.var, 3)}.${short}`;
  }

  bnLive.register("running", (root, data) => bnSmall.explorable(root, {
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
    draw: (state, result) => draw(state, result, data.marks),
    words,
  }));
})();
