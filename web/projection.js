// needs: small
// needs: projection-view
// The backward pass of a batch of three as a projection; gamma is 1.
(() => {
  "use strict";
  const { html, table, colour } = bnSmall;
  const { few, fixed, mean } = bnNumbers;
  const { dot, plus, times, long, frame, drawing } = bnVectors;
  /** @typedef {Record<"x1" | "x2" | "x3" | "dy1" | "dy2" | "dy3" | "eps" | "turn", number>}
   *   State turn: in degrees */
  /** @typedef {{start: State, epses: number[]}} Data epses: the slider's places */
  /** @typedef {ReturnType<typeof compute>} Result */
  /** @typedef {Parameters<typeof drawing>[1][number]} Arrow */
  const ONE = [1, 1, 1], ZERO = [0, 0, 0];

  /** @type {(state: State) => [x: number[], dy: number[]]} */
  const columns = (s) => [[s.x1, s.x2, s.x3], [s.dy1, s.dy2, s.dy3]];

  /**
   * Equal values have no spread; rounding in their mean must not make them one.
   * @type {(x: number[]) => number[]}
   */
  function deviations(x) {
    const mu = mean(x);
    return x.every((v) => v === x[0]) ? ZERO : x.map((v) => v - mu);
  }

  /** @param {State} state */
  function compute(state) {
    const [x, dy] = columns(state), xmu = deviations(x);
    const variance = dot(xmu, xmu) / 3;
    const ivar = 1 / Math.sqrt(variance + state.eps);
    const xhat = xmu.map((v) => (v === 0 ? 0 : v * ivar));
    const alongOne = times(ONE, dot(dy, ONE) / 3);
    const alongXhat = times(xhat, dot(dy, xhat) / 3);
    const left = plus(plus(dy, alongOne, -1), alongXhat, -1);
    const dx = times(left, ivar);
    return { dy, xhat, alongOne, alongXhat, left, dx, ivar, sum: dot(dx, ONE),
      sumXhat: dot(dx, xhat), share: state.eps / (variance + state.eps) };
  }

  /** @type {(result: Result) => Arrow[]} */
  function arrows({ dy, xhat, alongOne, alongXhat }) {
    const tip = plus(xhat, dy), corner = plus(tip, alongOne, -1);
    const end = plus(corner, alongXhat, -1);
    return [
      { from: ZERO, to: ONE, name: "ink", dash: "none",
        words: "1", at: 1, offset: [7, 4], anchor: "start" },
      { from: ZERO, to: xhat, name: "ink", dash: "none",
        words: "x̂", at: 0.5, offset: [0, -6], anchor: "middle" },
      { from: xhat, to: tip, name: "orange", dash: "none",
        words: "dy", at: 1, offset: [0, -7], anchor: "middle" },
      { from: tip, to: corner, name: "purple", dash: "6 3",
        words: "− mean(dy)", at: 0.5, offset: [-7, 4], anchor: "end" },
      { from: corner, to: end, name: "blue", dash: "2 3",
        words: "− x̂ mean(dy · x̂)", at: 0, offset: [0, 17], anchor: "start" },
      { from: xhat, to: end, name: "green", dash: "none",
        words: "what is left", at: 1, offset: [7, 4], anchor: "start" },
    ];
  }

  /** @type {(result: Result) => Node} */
  function numbers({ dy, xhat, alongOne, alongXhat, left, dx }) {
    /** @type {(name: string, a: number[], hue?: string) => Child[]} */
    const row = (name, a, hue = "ink") => [
      html("span", { style: `color: ${colour(hue)}` }, name),
      ...a.map((v) => fixed(v)), fixed(dot(a, ONE)), fixed(dot(a, xhat))];
    return table("Row by row, the sum, and the sum of products with x̂",
      ["part", "1", "2", "3", "sum", "· x̂"], [
        row("x̂", xhat), row("dy", dy, "orange"),
        row("mean(dy)", alongOne, "purple"),
        row("x̂ mean(dy · x̂)", alongXhat, "blue"), row("what is left", left, "green"),
        row("dx = ivar · left", dx)]);
  }

  /** @type {(v: number) => string} */
  const near0 = (v) => (Math.abs(v) < 1e-12 ? "0" : few(v));

  /** @type {(state: State, result: Result) => string} */
  function words(state, { dy, left, xhat, sum, sumXhat, share, ivar }) {
    if (!Number.isFinite(ivar)) return "x is constant, eps is 0: no x̂, no gradient.";
    const kept = long(dy) ? (100 * long(left)) / long(dy) : 0;
    const still = long(xhat) ? "" : " x is constant: x̂ is 0 and takes nothing away.";
    return `Of the length of dy ${fixed(kept, 0)} percent is left.${still} dx sums to ` +
      `${near0(sum)}, and dx · x̂ to ${near0(sumXhat)}: eps lets ` +
      `${few(share)} of the part along x̂ through.`;
  }

  /** @type {(epses: number[]) => ControlSpec[]} */
  function controls(epses) {
    /** @type {(name: string, label: string) => ControlSpec} */
    const slide = (name, label) =>
      ({ name, label, min: -2, max: 2, step: 0.1, show: (v) => fixed(v, 1) });
    const rows = [1, 2, 3].flatMap((k) =>
      ["dy", "x"].map((name) => slide(`${name}${k}`, `${name}, row ${k}`)));
    return [...rows,
      { name: "eps", label: "eps", values: epses, show: (v) => few(v, 1) },
      { name: "turn", label: "Turn the view", min: 0, max: 360, step: 2,
        show: (v) => `${v}°` }];
  }

  bnLive.register("projection", (root, /** @type {Data} */ data) => {
    const axes = frame(deviations(columns(data.start)[0]));
    const seen = "x̂ on its circle, dy at its tip, the two parts taken away from dy, " +
      "and what is left.";
    bnSmall.explorable(root, {
      controls: controls(data.epses),
      start: data.start,
      compute,
      draw: (state, result) => (Number.isFinite(result.ivar)
        ? [drawing(seen, arrows(result), axes, state.turn), numbers(result)] : []),
      words,
    });
  });
})();
