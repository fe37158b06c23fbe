// needs: chart
// Data that changed: an image under a fault, and the accuracy that a chapter measured with
// stored and with new statistics, in thousandths, one a seed.
(() => {
  "use strict";
  const { svg, picture, html } = bnSmall;
  const { chart, spread, spreads, percent } = bnChart;
  const SHADES = 25; // as in shift.py
  const LITTLE = 0.03; // a difference that the seeds could make
  /** @typedef {{fault: string, strength: number, rows: number}} State */
  /**
   * accuracy: by fault, strength and kind of statistics, stored ones first.
   * @typedef {{strengths: number[], rows: number[], images: Record<string, string[]>,
   *   accuracy: Record<string, number[][][]>, start: State}} Data
   */
  /** @typedef {ReturnType<typeof compute>} Result */

  /**
   * @param {State} state
   * @param {Data} data
   */
  function compute({ fault, strength, rows }, data) {
    const found = data.accuracy[fault][data.strengths.indexOf(strength)].map(spread);
    const sound = spread(data.accuracy[fault][0][0]).mean;
    const mean = found.map((s) => s.mean), now = mean[1 + data.rows.indexOf(rows)];
    return { mean, low: found.map((s) => s.low), high: found.map((s) => s.high), sound,
      gain: now - mean[0], short: sound - now };
  }

  /** @type {(pixels: string, words: string) => SVGElement} */
  function image(pixels, words) {
    const side = Math.sqrt(pixels.length);
    return picture(words, side, side, ...Array.from(pixels, (letter, k) => svg("rect", {
      x: k % side, y: Math.floor(k / side), width: 1.03, height: 1.03,
      fill: `hsl(0 0% ${100 - (100 * (letter.charCodeAt(0) - 97)) / SHADES}%)` })));
  }

  /** @type {(state: State, result: Result, data: Data) => Node[]} */
  function draw({ fault, strength, rows }, { mean, low, high }, data) {
    const { strengths, accuracy, images } = data, at = strengths.indexOf(strength);
    /** @type {(kind: number) => Spread[]} */
    const points = (kind) => accuracy[fault].map((kinds) => spread(kinds[kind]));
    const chosen = 1 + data.rows.indexOf(rows);
    const curves = [
      { points: points(0), hue: "orange", dash: "6 3", ranges: true, label: "stored" },
      { points: points(chosen), hue: "blue", ranges: true, label: `of ${rows} rows` }];
    const names = ["stored", ...data.rows.map((n) => `${n} rows`)];
    return [
      html("div", { class: "bn-shift" },
        html("div", { class: "bn-shift-image" }, image(images[fault][at],
          `A digit under the fault ${fault}, strength ${strength}.`)),
        chart(`Accuracy against the strength of ${fault}. At ${strength}: stored ` +
          `${percent(mean[0])}, new ${percent(mean[chosen])} percent.`, "strength",
        strengths, strengths.map((s, k) => (k % 5 ? "" : String(s))), at, curves)),
      spreads(`Right in percent: ${fault}, strength ${strength}`, "statistics", names,
        mean.map((m, k) => ({ mean: m, low: low[k], high: high[k] })))];
  }

  /** @type {(result: Result) => string} */
  function verdict({ gain, short }) {
    if (gain < -LITTLE) return "They do harm: so few rows are worse than the wrong ones.";
    if (gain <= LITTLE) return short > LITTLE
      ? "They hardly help: this is not what statistics hold."
      : "Nothing needs repair.";
    return short > LITTLE
      ? "They help, but not all the way." : "They repair it, without training.";
  }

  /** @type {(state: State, result: Result, data: Data) => string} */
  function words({ fault, strength, rows }, result, data) {
    const now = result.mean[1 + data.rows.indexOf(rows)];
    return `Fault: ${fault}, strength ${strength}. With stored statistics ` +
      `${percent(result.mean[0])} percent are right, with those of ${rows} new rows ` +
      `${percent(now)}; without the fault ${percent(result.sound)}. ${verdict(result)}`;
  }

  bnLive.register("shift", (root, /** @type {Data} */ data) => bnSmall.explorable(root, {
    controls: [
      { name: "fault", label: "Fault",
        options: Object.keys(data.images).map((name) => [name, name]) },
      { name: "strength", label: "Strength", values: data.strengths },
      { name: "rows", label: "New rows", values: data.rows },
    ],
    start: data.start,
    compute: (state) => compute(state, data),
    draw: (state, result) => draw(state, result, data),
    words: (state, result) => words(state, result, data),
  }));
})();
