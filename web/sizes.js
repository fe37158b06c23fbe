// needs: chart
// Batch size against error, as a chapter measured it. Errors come in thousandths, one a
// seed.
(() => {
  "use strict";
  const { chart, spread, spreads, percent } = bnChart;
  /** @typedef {{size: number, norm: string}} State */
  /** @typedef {{sizes: number[], errors: Record<string, number[][]>, start: State}} Data */
  /** @typedef {ReturnType<typeof compute>} Result */

  /**
   * @param {State} state
   * @param {Data} data
   */
  function compute({ size, norm }, { sizes, errors }) {
    const at = sizes.indexOf(size), names = Object.keys(errors);
    const found = names.map((name) => spread(errors[name][at]));
    const means = found.map((s) => s.mean), best = means.indexOf(Math.min(...means));
    return { mean: means, low: found.map((s) => s.low), high: found.map((s) => s.high),
      best, apart: found[names.indexOf(norm)].low > found[best].high };
  }

  /** @type {(state: State, result: Result, data: Data) => Node[]} */
  function draw({ size, norm }, { mean, low, high }, { sizes, errors }) {
    const names = Object.keys(errors), at = sizes.indexOf(size);
    /** @type {(name: string) => Spread[]} */
    const points = (name) => errors[name].map(spread);
    const curves = [
      ...names.filter((name) => name !== norm).map((name) =>
        ({ points: points(name), hue: "muted" })),
      { points: points(norm), hue: "blue", ranges: true, label: norm },
      { points: [], hue: "muted", label: "the others" }];
    return [
      chart(`Test error against batch size. ${norm}: ${sizes.map((n, k) =>
        `${percent(points(norm)[k].mean)} at ${n}`).join(", ")} percent.`,
      "batch size", sizes.map(Math.log), sizes.map(String), at, curves),
      spreads(`Test error in percent, batches of ${size}`, "norm", names,
        mean.map((m, k) => ({ mean: m, low: low[k], high: high[k] })))];
  }

  /** @type {(state: State, result: Result, data: Data) => string} */
  function words({ size, norm }, { mean, best, apart }, { errors }) {
    const names = Object.keys(errors), own = names.indexOf(norm);
    const start = `Batches of ${size}. “${norm}”: ${percent(mean[own])} percent wrong. `;
    if (own === best) return `${start}That is the lowest mean here.`;
    const least = `The lowest mean is that of “${names[best]}”, ${percent(mean[best])}. `;
    return start + least + (apart
      ? "Each seed errs more than any of those."
      : "The seeds overlap: this does not tell them apart.");
  }

  bnLive.register("sizes", (root, /** @type {Data} */ data) => bnSmall.explorable(root, {
    controls: [
      { name: "size", label: "Batch size", values: data.sizes },
      { name: "norm", label: "In blue",
        options: Object.keys(data.errors).map((name) => [name, name]) },
    ],
    start: data.start,
    compute: (state) => compute(state, data),
    draw: (state, result) => draw(state, result, data),
    words: (state, result) => words(state, result, data),
  }));
})();
