// needs: small
// Float32 loses the digits of a variance as the mean grows. Every result of
// an operation goes through Math.fround: this is float32, to the last bit. Sums are made
// row after row, as NumPy's sum(axis=0) of a C-ordered matrix makes them.
(() => {
  "use strict";
  const { svg, picture, line, text, table, scale, colour } = bnSmall;
  const { few, fixed } = bnNumbers;
  /** @typedef {"two" | "one" | "twice"} Way */
  /** @typedef {{mean: number}} State */
  /** @typedef {ReturnType<typeof compute>} Result */
  const fl = Math.fround;
  const ALL = -Math.log10(2 ** -24); // the digits of float32: 7.2
  /** @type {[way: Way, name: string][]} */
  const WAYS = [["two", "two passes"], ["one", "one pass"], ["twice", "centred twice"]];

  /** @type {(v: number) => string} */
  const round = (v) => (v < 1e5 ? v.toLocaleString("en") : few(v, 1));

  /** @type {(a: number[]) => number} */
  const sum = (a) => a.reduce((total, v) => fl(total + v));
  /** @type {(a: number[]) => number} */
  const average = (a) => fl(sum(a) / a.length);
  /** @type {(a: number[], b: number) => number[]} */
  const minus = (a, b) => a.map((v) => fl(v - b));
  /** @type {(a: number[]) => number[]} */
  const squares = (a) => a.map((v) => fl(v * v));

  /** @type {(x: number[]) => Record<Way, number>} */
  function variances(x) {
    const mu = average(x), once = minus(x, mu);
    return {
      two: average(squares(once)),
      one: fl(average(squares(x)) - fl(mu * mu)),
      twice: average(squares(minus(once, average(once)))),
    };
  }

  /**
   * How many digits of `found` are right: 0 if none, at most ALL.
   * @type {(found: number, truth: number) => number}
   */
  function right(found, truth) {
    if (found === truth) return ALL;
    const error = Math.abs(found - truth) / truth;
    return Math.min(Math.max(-Math.log10(error), 0), ALL);
  }

  /**
   * @param {State} state
   * @param {number[]} deviations one a row
   */
  function compute({ mean }, deviations) {
    const x = deviations.map((d) => fl(d + mean));
    const truth = { mean: bnNumbers.mean(x), var: bnNumbers.variance(x) };
    const found = variances(x);
    const digits = WAYS.map(([way]) => [way, right(found[way], truth.var)]);
    return {
      x, truth, found, given: bnNumbers.variance(deviations),
      mu: average(x), delta: average(x) - truth.mean,
      digits: /** @type {Record<Way, number>} */ (Object.fromEntries(digits)),
    };
  }

  /** @type {(digits: Record<Way, number>) => string} */
  const counted = (digits) =>
    WAYS.map(([way, name]) => `${name} ${fixed(digits[way], 1)}`).join(", ");

  /** @type {(result: Result) => SVGElement} */
  function bars({ digits }) {
    const along = scale(0, ALL, 105, 305);
    /** @type {(row: [Way, string], k: number) => SVGElement[]} */
    const bar = ([way, name], k) => [
      text(98, 20 + 26 * k, name, { "text-anchor": "end" }),
      svg("rect", { x: along(0), y: 8 + 26 * k, height: 16,
        width: Math.max(along(digits[way]) - along(0), 1),
        fill: colour(digits[way] < 3 ? "red" : "blue") }),
      text(along(digits[way]) + 5, 20 + 26 * k, fixed(digits[way], 1)),
    ];
    return picture(`Digits of the variance that are right: ${counted(digits)}.`, 340, 100,
      line([[105, 2], [105, 84]], "muted", { "stroke-width": 1 }), ...WAYS.flatMap(bar),
      text(205, 97, "digits that are right", { "text-anchor": "middle",
        fill: colour("muted") }));
  }

  /**
   * The rows as float32 holds them, about their true mean, and the mean it found.
   * @type {(result: Result) => SVGElement}
   */
  function strip({ x, truth, delta }) {
    const far = Math.max(3, ...x.map((v) => Math.abs(v - truth.mean)),
      Math.abs(delta));
    const along = scale(-far, far, 15, 325);
    const anchor = delta > far / 3 ? "end" : delta < -far / 3 ? "start" : "middle";
    const dots = x.map((v) => svg("circle", { cx: along(v - truth.mean), cy: 42, r: 5,
      fill: colour("blue"), "fill-opacity": 0.35, stroke: colour("blue") }));
    /** @type {(at: number, top: number, name: string, dash: string) => SVGElement} */
    const mark = (at, top, name, dash) =>
      line([[along(at), top], [along(at), 58]], name, { "stroke-dasharray": dash });
    return picture(
      `The stored rows about their true mean; the mean found is off by ${few(delta)}.`,
      340, 84,
      line([[15, 42], [325, 42]], "muted", { "stroke-width": 1 }), ...dots,
      mark(0, 24, "ink", "none"), mark(delta, 16, "red", "4 3"),
      text(along(delta), 12, `mean found, off by ${few(delta)}`,
        { "text-anchor": anchor, fill: colour("red") }),
      text(along(0), 76, "true mean", { "text-anchor": "middle" }),
      text(15, 76, few(-far)), text(325, 76, few(far), { "text-anchor": "end" }));
  }

  /** @type {(state: State, result: Result) => Node[]} */
  function draw(_, result) {
    const { found, truth, digits } = result;
    const rows = WAYS.map(([way, name]) => [name, few(found[way], 8),
      few(found[way] - truth.var, 2), fixed(digits[way], 1)]);
    return [bars(result), strip(result), table(
      `The variance in float32; of the stored rows it is ${few(truth.var, 8)}`,
      ["way", "variance", "off by", "digits right"], rows)];
  }

  /** @type {(state: State, result: Result) => string} */
  function words({ mean }, result) {
    const { found, delta, digits } = result;
    const why = delta === 0
      ? "The mean found is exact here."
      : `The mean found is off by δ = ${few(delta)}, which adds δ² = ` +
        `${few(delta * delta)} to the variance of two passes.`;
    const negative = found.one < 0
      ? " One pass gives a negative variance, so its root is not a number." : "";
    return `Mean ${round(mean)}. Digits right: ${counted(digits)}. ${why}${negative}${
      ruin(result)}`;
  }

  /**
   * What storing alone did to the rows.
   * @type {(result: Result) => string}
   */
  function ruin({ truth, given }) {
    if (truth.var === 0)
      return " float32 stores all rows as one number: nothing is left to compute.";
    return Math.abs(truth.var / given - 1) > 0.01
      ? ` Storing the rows alone moved their variance from ${few(given, 3)} to ` +
        `${few(truth.var, 3)}.` : "";
  }

  /** @typedef {{means: number[], deviations: number[], start: State}} Data */
  bnLive.register("digits", (root, /** @type {Data} */ data) => bnSmall.explorable(root, {
    controls: [{ name: "mean", label: "Mean", values: data.means, show: round }],
    start: data.start,
    compute: (state) => compute(state, data.deviations),
    draw, words,
  }));
})();
