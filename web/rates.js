// needs: small
// Steps to a goal against the learning rate, and the loss along one step: all of it
// measured in the chapter. Here medians are taken and shown.
(() => {
  "use strict";
  const { html, picture, line, text, table, scale, svg, colour } = bnSmall;
  const { few, fixed } = bnNumbers;
  /** @typedef {{f: string, rate: number}} State */
  /**
   * steps: by network, without and with batch norm, a list of seeds for each rate, 0 where
   * a run never got there; losses: without and with, a list for each seed; never: where the
   * plot shows that.
   * @typedef {{rates: number[], etas: number[], losses: number[][][], never: number,
   *   steps: Record<string, number[][][]>, start: State}} Data
   */
  /** @typedef {ReturnType<typeof side>} Side */
  /** @typedef {{without: Side, with: Side}} Result */
  const WIDE = 260, HIGH = 190, LEFT = 42, RIGHT = WIDE - 12, TOP = 40, LOW = HIGH - 36;
  /** @type {["without" | "with", string, string][]} */
  const SIDES = [["without", "orange", "6 4"], ["with", "blue", "none"]];

  /** @type {(values: number[]) => number} */
  function median(values) {
    const a = [...values].sort((p, q) => p - q), k = (a.length - 1) / 2;
    return (a[Math.floor(k)] + a[Math.ceil(k)]) / 2;
  }

  /** @type {(places: number[], at: number) => number} */
  function nearest(places, at) {
    const gaps = places.map((v) => Math.abs(Math.log(v / at)));
    return gaps.indexOf(Math.min(...gaps));
  }

  /**
   * @param {number} k 0 without batch norm, 1 with it
   * @param {State} state
   * @param {Data} data
   */
  function side(k, { f, rate }, { rates, etas, losses, steps, never }) {
    const runs = steps[f][k].map((seeds) => seeds.map((v) => (v === 0 ? Infinity : v)));
    const middle = runs.map((seeds) => Math.min(median(seeds), never));
    const curve = etas.map((_, e) => median(losses[k].map((seed) => seed[e])));
    const best = Math.min(...middle);
    return { steps: middle, best, bestRate: rates[middle.indexOf(best)], line: curve,
      reached: runs.map((seeds) => seeds.filter((v) => v < Infinity).length),
      loss: curve[nearest(etas, rate)] };
  }

  /**
   * A panel with a logarithmic axis of rates, a level line, and where the slider stands.
   * @type {(title: string, xs: number[], curves: number[][], down: (v: number) => number,
   *   marks: [number, string][], level: number, at: number, words: string) => SVGElement}
   */
  function panel(title, xs, curves, down, marks, level, at, words) {
    const log = scale(Math.log(xs[0]), Math.log(xs[xs.length - 1]), LEFT + 6, RIGHT - 6);
    /** @type {(v: number) => number} */
    const across = (v) => log(Math.log(v));
    const place = xs[nearest(xs, at)];
    return picture(words, WIDE, HIGH, text(0, 13, title),
      ...SIDES.map(([name, hue], k) => text(LEFT + 90 * k, 31, name, { fill: colour(hue) })),
      ...marks.map(([v, said]) =>
        text(LEFT - 5, down(v) + 4, said, { "text-anchor": "end" })),
      line([[LEFT, down(level)], [RIGHT, down(level)]], "green", { "stroke-width": 1 }),
      line([[across(place), TOP - 4], [across(place), LOW]], "muted", { "stroke-width": 1 }),
      ...SIDES.flatMap(([, hue, dash], k) => [
        line(xs.map((v, i) => [across(v), down(curves[k][i])]), hue,
          { "stroke-dasharray": dash }),
        svg("circle", { cx: across(place), cy: down(curves[k][xs.indexOf(place)]), r: 4,
          fill: colour(hue) })]),
      ...[xs[0], xs[Math.floor(xs.length / 2)], xs[xs.length - 1]].map((v) =>
        text(across(v), LOW + 17, few(v, 3), { "text-anchor": "middle" })),
      text((LEFT + RIGHT) / 2, HIGH - 4, "learning rate",
        { "text-anchor": "middle", fill: colour("muted") }));
  }

  /** @type {(state: State, result: Result, data: Data) => SVGElement[]} */
  function panels({ f, rate }, result, { rates, etas, never }) {
    const sides = SIDES.map(([name]) => result[name]);
    const lines = sides.map((one) => one.line);
    const high = Math.max(...lines.flat()), low = Math.min(...lines.flat());
    const log = scale(Math.log(low), Math.log(high), LOW, TOP);
    const half = Math.round(never / 20) * 10;
    const steps = panel("steps to the goal", rates, sides.map((one) => one.steps),
      scale(0, never, LOW, TOP), [[0, "0"], [half, String(half)], [never, "never"]], never,
      rate, "Median steps against the learning rate, without and with batch norm.");
    const loss = panel("loss after one step / before", etas, lines,
      (v) => log(Math.log(v)), [[low, few(low)], [1, "1"], [high, few(high)]], 1, rate,
      "Loss after one step against its length, over the loss before.");
    return f === "relu" ? [steps, loss] : [steps];
  }

  /** @type {(s: number, never: number) => string} */
  const said = (s, never) => (s >= never ? "never" : few(s, 3));

  /** @type {(state: State, result: Result, data: Data) => Node[]} */
  function draw(state, result, data) {
    const k = data.rates.indexOf(state.rate), seeds = data.steps[state.f][0][0].length;
    const rows = SIDES.map(([name, hue]) => [
      html("span", { style: `color: ${colour(hue)}` }, name),
      said(result[name].steps[k], data.never), `${result[name].reached[k]} of ${seeds}`,
      said(result[name].best, data.never), few(result[name].bestRate, 3)]);
    return [html("div", { class: "bn-small-panels" }, ...panels(state, result, data)),
      table(`At rate ${state.rate}, and at each network's best`,
        ["batch norm", "steps", "got there", "best", "at rate"], rows)];
  }

  /** @type {(a: number, b: number, never: number) => string} */
  function compared(a, b, never) {
    if (a >= never && b >= never) return "neither gets there";
    if (a >= never || b >= never)
      return `only the one ${a >= never ? "with" : "without"} batch norm gets there`;
    if (a === b) return `both need ${few(a, 3)} steps`;
    const times = `${fixed(Math.max(a, b) / Math.min(a, b), 1)} times as many`;
    return b < a
      ? `batch norm needs ${few(b, 3)} steps, and without it there are ${times}, ${few(a, 3)}`
      : `batch norm needs ${few(b, 3)} steps, ${times} as the ${few(a, 3)} without it`;
  }

  /** @type {(state: State, result: Result, data: Data) => string} */
  function words({ f, rate }, result, { rates, never }) {
    const k = rates.indexOf(rate), { without, with: norm } = result;
    const loss = f === "relu"
      ? ` One step of this length leaves ${few(norm.loss)} of the loss with it, ` +
        `${few(without.loss)} without.`
      : "";
    return `At rate ${rate} ${compared(without.steps[k], norm.steps[k], never)}. Each at ` +
      `its own best rate, ${compared(without.best, norm.best, never)}.${loss}`;
  }

  bnLive.register("rates", (root, /** @type {Data} */ data) => bnSmall.explorable(root, {
    controls: [
      { name: "rate", label: "Learning rate", values: data.rates },
      { name: "f", label: "Network", options: [["relu", "ReLU"], ["sigmoid", "sigmoid"]] },
    ],
    start: data.start,
    compute: (/** @type {State} */ state) =>
      ({ without: side(0, state, data), with: side(1, state, data) }),
    draw: (state, result) => draw(state, result, data),
    words: (state, result) => words(state, result, data),
  }));
})();
