// needs: small
//
// The backward pass of a batch of three as a projection (chapter 5).
//
// data: start, with x1 x2 x3, dy1 dy2 dy3, eps and turn (degrees); epses (the slider's
// places). gamma is 1. The view is that of bnbook.show.geometry.
(() => {
  "use strict";
  const { html, svg, picture, line, text, table, few, fixed, colour } = bnSmall;
  const TILT = (25 * Math.PI) / 180;
  const ONE = [1, 1, 1], ZERO = [0, 0, 0];
  const WIDE = 340, HIGH = 230;

  const dot = (a, b) => a.reduce((sum, v, i) => sum + v * b[i], 0);
  const plus = (a, b, times = 1) => a.map((v, i) => v + times * b[i]);
  const times = (a, s) => a.map((v) => v * s);
  const long = (a) => Math.sqrt(dot(a, a));
  const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2],
    a[0] * b[1] - a[1] * b[0]];
  const columns = (s) => [[s.x1, s.x2, s.x3], [s.dy1, s.dy2, s.dy3]];

  // Equal values have no spread; rounding in their mean must not make them one.
  function deviations(x) {
    const mu = bnSmall.mean(x);
    return x.every((v) => v === x[0]) ? ZERO : x.map((v) => v - mu);
  }

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

  // Three unit vectors: along 1, along the xhat of the start, at right angles to both.
  function frame(start) {
    const xmu = deviations(columns(start)[0]);
    const up = times(ONE, 1 / Math.sqrt(3)), out = times(xmu, 1 / long(xmu));
    return [up, out, cross(up, out)];
  }

  // Points as the eye sees them: 1 points up, and the floor turns with the slider.
  const eye = ([up, out, along], turn) => (point) => {
    const [c, s] = [Math.cos, Math.sin].map((f) => f((turn * Math.PI) / 180));
    const u = dot(point, up), o = dot(point, out), a = dot(point, along);
    return [o * c - a * s, u * Math.cos(TILT) + (o * s + a * c) * Math.sin(TILT)];
  };

  const circle = ([, out, along]) => Array.from({ length: 61 }, (_, k) => {
    const angle = (k * Math.PI) / 30, radius = Math.sqrt(3);
    return plus(times(out, radius * Math.cos(angle)), along, radius * Math.sin(angle));
  });

  function arrow(from, to, name, dash) {
    const way = plus(to, from, -1), [u, v] = times(way, 1 / long(way));
    const head = [to, [to[0] - 8 * u + 4 * v, to[1] - 8 * v - 4 * u],
      [to[0] - 8 * u - 4 * v, to[1] - 8 * v + 4 * u]];
    return [line([from, plus(to, [u, v], -5)], name, { "stroke-dasharray": dash }),
      svg("path", { d: `M${head.join("L")}Z`, fill: colour(name) })];
  }

  // What is drawn: start, end, colour, dash, words, where along the arrow they stand,
  // and on which side of that place.
  function parts({ dy, xhat, alongOne, alongXhat }) {
    const tip = plus(xhat, dy), corner = plus(tip, alongOne, -1);
    const end = plus(corner, alongXhat, -1);
    return [
      [ZERO, ONE, "ink", "none", "1", 1, [7, 4], "start"],
      [ZERO, xhat, "ink", "none", "x̂", 0.5, [0, -6], "middle"],
      [xhat, tip, "orange", "none", "dy", 1, [0, -7], "middle"],
      [tip, corner, "purple", "6 3", "− mean(dy)", 0.5, [-7, 4], "end"],
      [corner, end, "blue", "2 3", "− x̂ mean(dy · x̂)", 0, [0, 17], "start"],
      [xhat, end, "green", "none", "what is left", 1, [7, 4], "start"],
    ];
  }

  // From seen points to the picture: at most 54 units a length, shifted or shrunk only
  // as far as it takes to keep all of it inside, so that it stays put under a slider.
  function fit(points) {
    const [as, bs] = [0, 1].map((k) => points.map((p) => p[k]));
    const [left, right] = [Math.min(...as), Math.max(...as)];
    const [low, high] = [Math.min(...bs), Math.max(...bs)];
    const unit = Math.min(54, 250 / (right - left), 185 / (high - low));
    const x = clamp(225, 80 - left * unit, 330 - right * unit);
    const y = clamp(115, 20 + high * unit, 205 + low * unit);
    return ([a, b]) => [x + a * unit, y - b * unit];
  }
  const clamp = (v, low, high) => Math.min(Math.max(v, low), high);

  // Where the words of a label can stand, inside the picture.
  function box(from, to, words, at, offset, anchor) {
    const [x, y] = plus(plus(times(from, 1 - at), to, at), offset);
    const wide = words.length * 6.5; // enough for 12-unit type
    const before = { start: 0, middle: wide / 2, end: wide }[anchor];
    const left = clamp(x - before, 2, WIDE - 2 - wide);
    return { left, right: left + wide, x: left + before, y: clamp(y, 12, HIGH - 4) };
  }

  const apart = (a, b) =>
    a.right < b.left || b.right < a.left || Math.abs(a.y - b.y) >= 13;

  // Labels on their places, or the nearest line up or down that is free.
  function labels(arrows) {
    const taken = [];
    return arrows.map(([from, to, name, , words, ...where]) => {
      const wish = box(from, to, words, ...where);
      const tries = [0, 14, -14, 28, -28, 42, -42]
        .map((d) => ({ ...wish, y: wish.y + d }));
      const free = tries.find((t) => taken.every((other) => apart(t, other))) ?? wish;
      taken.push(free);
      return text(free.x, free.y, words, { fill: colour(name),
        "text-anchor": where.at(-1), class: "bn-small-halo" });
    });
  }

  function drawing(state, result, axes) {
    const see = eye(axes, state.turn), rim = circle(axes).map(see);
    const shown = parts(result);
    const put = fit([...rim, ...shown.flatMap(([from, to]) => [see(from), see(to)])]);
    const floor = svg("path", { d: `M${rim.map(put).join("L")}Z`,
      fill: colour("lit"), stroke: colour("muted") });
    const placed = shown.map(([from, to, ...more]) =>
      [put(see(from)), put(see(to)), ...more]);
    const seen = placed.filter(([from, to]) => long(plus(to, from, -1)) >= 2);
    const words = "x̂ on its circle, dy at its tip, the two parts taken away from dy, " +
      "and what is left.";
    return picture(words, WIDE, HIGH, floor,
    ...seen.flatMap(([from, to, name, dash]) => arrow(from, to, name, dash)),
    ...labels(seen));
  }

  function numbers({ dy, xhat, alongOne, alongXhat, left, dx }) {
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

  const near0 = (v) => (Math.abs(v) < 1e-12 ? "0" : few(v));

  function words(state, { dy, left, xhat, sum, sumXhat, share, ivar }) {
    if (!Number.isFinite(ivar)) return "x is constant, eps is 0: no x̂, no gradient.";
    const kept = long(dy) ? (100 * long(left)) / long(dy) : 0;
    const still = long(xhat) ? "" : " x is constant: x̂ is 0 and takes nothing away.";
    return `Of the length of dy ${fixed(kept, 0)} percent is left.${still} dx sums to ` +
      `${near0(sum)}, and dx · x̂ to ${near0(sumXhat)}: eps lets ` +
      `${few(share)} of the part along x̂ through.`;
  }

  bnLive.register("projection", (root, data) => {
    const axes = frame(data.start);
    const slide = (name, label) =>
      ({ name, label, min: -2, max: 2, step: 0.1, show: (v) => fixed(v, 1) });
    const rows = [1, 2, 3].flatMap((k) =>
      ["dy", "x"].map((name) => slide(`${name}${k}`, `${name}, row ${k}`)));
    bnSmall.explorable(root, {
      controls: [...rows,
        { name: "eps", label: "eps", values: data.epses, show: (v) => few(v, 1) },
        { name: "turn", label: "Turn the view", min: 0, max: 360, step: 2,
          show: (v) => `${v}°` }],
      start: data.start,
      compute,
      draw: (state, result) => (Number.isFinite(result.ivar)
        ? [drawing(state, result, axes), numbers(result)] : []),
      words,
    });
  });
})();
