// needs: small
// Measured curves with one place marked, and the table beside them: a mean and the range
// of the seeds, in percent.
const bnChart = (() => {
  "use strict";
  const { svg, picture, line, text, table, scale, colour } = bnSmall;
  const { fixed } = bnNumbers;
  const WIDE = 340, HIGH = 190, LEFT = 42, RIGHT = 12, LOW = 34, HEAD = 22;

  /** @type {(shares: number[]) => Spread} */
  function spread(shares) {
    const values = shares.map((v) => v / 1000);
    return { mean: bnNumbers.mean(values), low: Math.min(...values),
      high: Math.max(...values) };
  }

  /** @type {(share: number) => string} */
  const percent = (share) => fixed(100 * share, 1);

  /**
   * xs: where the places stand; ticks: a label for each, or "". `at` is marked. Curves are
   * drawn in their order; a curve with `ranges` shows its seeds.
   * @type {(words: string, side: string, xs: number[], ticks: string[], at: number,
   *   curves: Curve[]) => SVGElement}
   */
  function chart(words, side, xs, ticks, at, curves) {
    const most = Math.max(0.1, ...curves.flatMap((c) => c.points.map((p) => p.high)));
    const top = Math.ceil(10 * most) / 10;
    const across = scale(xs[0], xs[xs.length - 1], LEFT + 8, WIDE - RIGHT);
    const down = scale(0, top, HIGH - LOW, HEAD);
    /** @type {(share: number) => SVGElement[]} */
    const level = (share) => [
      line([[LEFT, down(share)], [WIDE - RIGHT, down(share)]], "grid", { "stroke-width": 1 }),
      text(LEFT - 4, down(share) + 4, `${fixed(100 * share, 0)} %`, { "text-anchor": "end" }),
    ];
    /** @type {(curve: Curve) => SVGElement[]} */
    const drawn = ({ points, hue, dash = "none", ranges }) => (points.length ? [
      line(points.map((p, k) => [across(xs[k]), down(p.mean)]), hue,
        { "stroke-dasharray": dash, "stroke-width": ranges ? 2.5 : 1.25 }),
      ...(ranges ? points.map((p, k) =>
        line([[across(xs[k]), down(p.low)], [across(xs[k]), down(p.high)]], hue,
          { "stroke-width": 1 })) : []),
      ...(ranges ? [svg("circle", { cx: across(xs[at]), cy: down(points[at].mean), r: 5,
        fill: colour(hue) })] : []),
    ] : []);
    return picture(words, WIDE, HIGH,
      ...[0, top / 2, top].flatMap(level),
      line([[across(xs[at]), HEAD - 6], [across(xs[at]), HIGH - LOW]], "muted",
        { "stroke-width": 1, "stroke-dasharray": "2 3" }),
      ...curves.flatMap(drawn),
      ...xs.map((x, k) => text(across(x), HIGH - LOW + 15, ticks[k],
        { "text-anchor": "middle" })),
      text((LEFT + WIDE - RIGHT) / 2, HIGH - 4, side,
        { "text-anchor": "middle", fill: colour("muted") }),
      ...curves.filter((c) => c.label).map((c, k) => text(LEFT + 8 + 140 * k, 12,
        c.label || "", { fill: colour(c.hue) })));
  }

  /** @type {(caption: string, head: string, names: string[], found: Spread[]) =>
   *   HTMLElement} */
  const spreads = (caption, head, names, found) =>
    table(caption, [head, "mean", "of the seeds"], found.map((s, k) =>
      [names[k], percent(s.mean), `${percent(s.low)} to ${percent(s.high)}`]));

  return { chart, spread, spreads, percent };
})();
