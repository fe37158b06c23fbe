// needs: small
// Vectors of three numbers as arrows in a picture, seen from above and turned: the view
// is that of bnbook.show.geometry.
const bnVectors = (() => {
  "use strict";
  const { svg, picture, line, text, colour } = bnSmall;
  /** @typedef {"start" | "middle" | "end"} Anchor */
  /**
   * An arrow: its ends, its colour and dash, its words, where along it they stand, and on
   * which side of that place.
   * @typedef {{from: number[], to: number[], name: string, dash: string, words: string,
   *   at: number, offset: number[], anchor: Anchor}} Arrow
   */
  /** @typedef {{left: number, right: number, x: number, y: number}} Box */
  /** @typedef {[up: number[], out: number[], along: number[]]} Frame */
  const TILT = (25 * Math.PI) / 180;
  const WIDE = 340, HIGH = 230;

  /** @type {(a: number[], b: number[]) => number} */
  const dot = (a, b) => a.reduce((sum, v, i) => sum + v * b[i], 0);
  /** @type {(a: number[], b: number[], times?: number) => number[]} */
  const plus = (a, b, times = 1) => a.map((v, i) => v + times * b[i]);
  /** @type {(a: number[], s: number) => number[]} */
  const times = (a, s) => a.map((v) => v * s);
  /** @type {(a: number[]) => number} */
  const long = (a) => Math.sqrt(dot(a, a));
  /** @type {(a: number[], b: number[]) => number[]} */
  const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2],
    a[0] * b[1] - a[1] * b[0]];
  /** @type {(v: number, low: number, high: number) => number} */
  const clamp = (v, low, high) => Math.min(Math.max(v, low), high);

  /**
   * Three unit vectors: along 1, along `out`, and at right angles to both.
   * @type {(out: number[]) => Frame}
   */
  function frame(out) {
    const up = times([1, 1, 1], 1 / Math.sqrt(3)), unit = times(out, 1 / long(out));
    return [up, unit, cross(up, unit)];
  }

  /**
   * Points as the eye sees them: 1 points up, and the floor turns.
   * @type {(frame: Frame, turn: number) => (point: number[]) => number[]}
   */
  const eye = ([up, out, along], turn) => (point) => {
    const [c, s] = [Math.cos, Math.sin].map((f) => f((turn * Math.PI) / 180));
    const u = dot(point, up), o = dot(point, out), a = dot(point, along);
    return [o * c - a * s, u * Math.cos(TILT) + (o * s + a * c) * Math.sin(TILT)];
  };

  /** @type {(frame: Frame) => number[][]} */
  const circle = ([, out, along]) => Array.from({ length: 61 }, (_, k) => {
    const angle = (k * Math.PI) / 30, radius = Math.sqrt(3);
    return plus(times(out, radius * Math.cos(angle)), along, radius * Math.sin(angle));
  });

  /** @type {(arrow: Arrow) => SVGElement[]} */
  function arrow({ from, to, name, dash }) {
    const way = plus(to, from, -1), [u, v] = times(way, 1 / long(way));
    const head = [to, [to[0] - 8 * u + 4 * v, to[1] - 8 * v - 4 * u],
      [to[0] - 8 * u - 4 * v, to[1] - 8 * v + 4 * u]];
    return [line([from, plus(to, [u, v], -5)], name, { "stroke-dasharray": dash }),
      svg("path", { d: `M${head.join("L")}Z`, fill: colour(name) })];
  }

  /**
   * From seen points to the picture: at most 54 units a length, shifted or shrunk only as
   * far as it takes to keep all of it inside, so that it stays put under a slider.
   * @type {(points: number[][]) => (point: number[]) => number[]}
   */
  function fit(points) {
    const [as, bs] = [0, 1].map((k) => points.map((p) => p[k]));
    const [left, right] = [Math.min(...as), Math.max(...as)];
    const [low, high] = [Math.min(...bs), Math.max(...bs)];
    const unit = Math.min(54, 250 / (right - left), 185 / (high - low));
    const x = clamp(225, 80 - left * unit, 330 - right * unit);
    const y = clamp(115, 20 + high * unit, 205 + low * unit);
    return ([a, b]) => [x + a * unit, y - b * unit];
  }

  /**
   * Where the words of a label can stand, inside the picture.
   * @type {(arrow: Arrow) => Box}
   */
  function box({ from, to, words, at, offset, anchor }) {
    const [x, y] = plus(plus(times(from, 1 - at), to, at), offset);
    const wide = words.length * 6.5; // enough for 12-unit type
    const before = { start: 0, middle: wide / 2, end: wide }[anchor];
    const left = clamp(x - before, 2, WIDE - 2 - wide);
    return { left, right: left + wide, x: left + before, y: clamp(y, 12, HIGH - 4) };
  }

  /** @type {(a: Box, b: Box) => boolean} */
  const apart = (a, b) =>
    a.right < b.left || b.right < a.left || Math.abs(a.y - b.y) >= 13;

  /**
   * Labels on their places, or the nearest line up or down that is free.
   * @type {(arrows: Arrow[]) => SVGElement[]}
   */
  function labels(arrows) {
    /** @type {Box[]} */
    const taken = [];
    return arrows.map((one) => {
      const wish = box(one);
      const tries = [0, 14, -14, 28, -28, 42, -42]
        .map((d) => ({ ...wish, y: wish.y + d }));
      const free = tries.find((t) => taken.every((other) => apart(t, other))) ?? wish;
      taken.push(free);
      return text(free.x, free.y, one.words, { fill: colour(one.name),
        "text-anchor": one.anchor, class: "bn-small-halo" });
    });
  }

  /** @type {(words: string, arrows: Arrow[], axes: Frame, turn: number) => SVGElement} */
  function drawing(words, arrows, axes, turn) {
    const see = eye(axes, turn), rim = circle(axes).map(see);
    const put = fit([...rim, ...arrows.flatMap(({ from, to }) => [see(from), see(to)])]);
    const floor = svg("path", { d: `M${rim.map(put).join("L")}Z`,
      fill: colour("lit"), stroke: colour("muted") });
    const placed = arrows.map((one) =>
      ({ ...one, from: put(see(one.from)), to: put(see(one.to)) }));
    const seen = placed.filter(({ from, to }) => long(plus(to, from, -1)) >= 2);
    return picture(words, WIDE, HIGH, floor, ...seen.flatMap(arrow), ...labels(seen));
  }

  return { dot, plus, times, long, frame, drawing };
})();
