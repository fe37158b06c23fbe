// needs: small
//
// Float32 loses the digits of a variance as the mean grows (chapter 10).
//
// data: means (the slider's places), deviations (one number a row), start. Every result
// of an operation goes through Math.fround: this is float32, to the last bit. Sums are
// made row after row, as NumPy's sum(axis=0) of a C-ordered matrix makes them.
(() => {
  "use strict";
  const { svg, picture, line, text, table, scale, few, fixed, colour } = bnSmall;
  const fl = Math.fround;
  const ALL = -Math.log10(2 ** -24); // the digits of float32: 7.2
  const WAYS = { two: "two passes", one: "one pass", twice: "centred twice" };

  const round = (v) => (v < 1e5 ? v.toLocaleString("en") : few(v, 1));

  const sum = (a) => a.reduce((total, v) => fl(total + v));
  const average = (a) => fl(sum(a) / a.length);
  const minus = (a, b) => a.map((v) => fl(v - b));
  const squares = (a) => a.map((v) => fl(v * v));

  function variances(x) {
    const mu = average(x), once = minus(x, mu);
    return {
      two: average(squares(once)),
      one: fl(average(squares(x)) - fl(mu * mu)),
      twice: average(squares(minus(once, average(once)))),
    };
  }

  // How many digits of `found` are right: 0 if none, at most ALL.
  function right(found, truth) {
    if (found === truth) return ALL;
    const error = Math.abs(found - truth) / truth;
    return Math.min(Math.max(-Math.log10(error), 0), ALL);
  }

  function compute({ mean }, deviations) {
    const x = deviations.map((d) => fl(d + mean));
    const truth = { mean: bnSmall.mean(x), var: bnSmall.variance(x) };
    const found = variances(x);
    return {
      x, truth, found, given: bnSmall.variance(deviations),
      mu: average(x), delta: average(x) - truth.mean,
      digits: Object.fromEntries(Object.keys(WAYS).map((way) =>
        [way, right(found[way], truth.var)])),
    };
  }

  function bars({ digits }) {
    const along = scale(0, ALL, 105, 305);
    const bar = (way, k) => [
      text(98, 20 + 26 * k, WAYS[way], { "text-anchor": "end" }),
      svg("rect", { x: along(0), y: 8 + 26 * k, height: 16,
        width: Math.max(along(digits[way]) - along(0), 1),
        fill: colour(digits[way] < 3 ? "red" : "blue") }),
      text(along(digits[way]) + 5, 20 + 26 * k, fixed(digits[way], 1)),
    ];
    const said = Object.keys(WAYS)
      .map((way) => `${WAYS[way]} ${fixed(digits[way], 1)}`).join(", ");
    return picture(`Digits of the variance that are right: ${said}.`, 340, 100,
      line([[105, 2], [105, 84]], "muted", { "stroke-width": 1 }),
      ...Object.keys(WAYS).flatMap(bar),
      text(205, 97, "digits that are right", { "text-anchor": "middle",
        fill: colour("muted") }));
  }

  // The rows as float32 holds them, about their true mean, and the mean it found.
  function strip({ x, truth, mu, delta }) {
    const far = Math.max(3, ...x.map((v) => Math.abs(v - truth.mean)),
      Math.abs(delta));
    const along = scale(-far, far, 15, 325);
    const anchor = delta > far / 3 ? "end" : delta < -far / 3 ? "start" : "middle";
    const dots = x.map((v) => svg("circle", { cx: along(v - truth.mean), cy: 42, r: 5,
      fill: colour("blue"), "fill-opacity": 0.35, stroke: colour("blue") }));
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

  function draw(state, result) {
    const rows = Object.entries(WAYS).map(([way, name]) => [name,
      few(result.found[way], 8), few(result.found[way] - result.truth.var, 2),
      fixed(result.digits[way], 1)]);
    return [bars(result), strip(result), table(
      `The variance in float32; of the stored rows it is ${few(result.truth.var, 8)}`,
      ["way", "variance", "off by", "digits right"], rows)];
  }

  function words({ mean }, { found, truth, given, delta, digits }) {
    const counted = Object.keys(WAYS)
      .map((way) => `${WAYS[way]} ${fixed(digits[way], 1)}`).join(", ");
    const why = delta === 0
      ? "The mean found is exact here."
      : `The mean found is off by δ = ${few(delta)}, which adds δ² = ` +
        `${few(delta * delta)} to the variance of two passes.`;
    const ruin = truth.var === 0
      ? " float32 stores all rows as one number: nothing is left to compute."
      : Math.abs(truth.var / given - 1) > 0.01
        ? ` Storing the rows alone moved their variance from ${few(given, 3)} to ` +
          `${few(truth.var, 3)}.`
        : "";
    const negative = found.one < 0
      ? " One pass gives a negative variance, so its root is not a number." : "";
    return `Mean ${round(mean)}. Digits right: ${counted}. ${why}${negative}${ruin}`;
  }

  bnLive.register("digits", (root, data) => bnSmall.explorable(root, {
    controls: [{ name: "mean", label: "Mean", values: data.means,
      show: round }],
    start: data.start,
    compute: (state) => compute(state, data.deviations),
    draw, words,
  }));
})();
