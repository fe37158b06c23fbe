// needs: small
// needs: gradient
// The graph of the opening page: a value of x is pulled, and every gradient answers.
(() => {
  "use strict";
  const { svg, text, colour } = bnSmall;
  const { short } = bnLive;
  /** @typedef {Record<string, number>} State x1, x2…: the values of x */
  /** @typedef {Record<string, number[]>} Flat */
  /** @typedef {{values: Flat, grads: Flat}} Result */
  /**
   * @typedef {{x: number[], dy: number[], eps: number, most: number, steps: Step[],
   *   rules: How["rules"], places: Record<string, number[]>, words: string,
   *   start: State}} Data
   */
  /** @typedef {{x: number, y: number}} Point */
  /** @typedef {{high: number, along: number, across: number}} Sizes of boxes, from one to the next */
  const WIDTH = 96, UNITS_A_PIXEL = 0.1;
  const LEARNED = ["gamma", "beta"], INPUTS = ["x", "eps", ...LEARNED];
  const LYING = { high: 60, along: 122, across: 106 }, STANDING = { high: 41, along: 55, across: 128 };

  /** @type {(data: Data, x: number[]) => Result} */
  function compute({ dy, eps, steps, rules }, x) {
    /** @type {(numbers: number[]) => NDArray} */
    const column = (numbers) => bnGraph.array([numbers.length, 1], numbers);
    const given = { x: column(x), gamma: bnGraph.array([1], [1]),
      beta: bnGraph.array([1], [0]), eps: bnGraph.array([], [eps]) };
    const how = { axes: [0], groups: 1, rules };
    const { values, grads } = bnGradient.run(steps, given, column(dy), how);
    return { values: flat(values), grads: flat(grads) };
  }

  /** @type {(arrays: Values) => Flat} */
  const flat = (arrays) => Object.fromEntries(
    Object.entries(arrays).map(([name, { data }]) => [name, [...data]]));

  /** @type {(v: number[]) => number} */
  const largest = (v) => Math.max(...v.map(Math.abs));

  /** @type {(from: Point, to: Point, apart: number, high: number) => Point[]} border to border */
  function between(from, to, apart, high) {
    const dx = to.x - from.x, dy = to.y - from.y, long = Math.hypot(dx, dy);
    const u = dx / long, v = dy / long;
    const reach = Math.min(u ? WIDTH / 2 / Math.abs(u) : long,
      v ? high / 2 / Math.abs(v) : long);
    return [reach + 1, long - reach - 3].map((t) =>
      ({ x: from.x + t * u + apart * v, y: from.y + t * v - apart * u }));
  }

  /** @type {(from: Point, to: Point, name: string, high: number) => SVGElement} */
  function arrow(from, to, name, high) {
    const [a, b] = between(from, to, 4.5, high), long = Math.hypot(b.x - a.x, b.y - a.y);
    const u = (b.x - a.x) / long, v = (b.y - a.y) / long;
    const head = [[0, 0], [-7 * u + 3.2 * v, -7 * v - 3.2 * u],
      [-7 * u - 3.2 * v, -7 * v + 3.2 * u]]
      .map(([p, q]) => `${(b.x + p).toFixed(1)} ${(b.y + q).toFixed(1)}`).join("L");
    return svg("g", {}, svg("path", { d: `M${a.x} ${a.y}L${b.x - 5 * u} ${b.y - 5 * v}`,
      stroke: colour(name), "stroke-width": 1.6, fill: "none" }),
    svg("path", { d: `M${head}Z`, fill: colour(name) }));
  }

  /**
   * Numbers as bars about a zero line, in outline what they were before.
   * @type {(now: number[], before: number[], name: string, left: number, middle: number,
   *   wide: number, high: number) => SVGElement[]}
   */
  function bars(now, before, name, left, middle, wide, high) {
    const most = Math.max(largest(now), largest(before)) || 1, pitch = wide / now.length;
    /** @type {(v: number, k: number, look: Attributes) => SVGElement} */
    const bar = (v, k, look) => svg("rect", { x: left + k * pitch + 0.8, width: pitch - 1.6,
      y: middle - (Math.max(v, 0) / most) * high, height: (Math.abs(v) / most) * high, ...look });
    return [
      svg("path", { d: `M${left} ${middle}h${wide}`, stroke: colour("muted"), "stroke-width": 0.7 }),
      ...now.map((v, k) => bar(v, k, { fill: colour(name) })),
      ...before.map((v, k) => bar(v, k, { fill: "none", stroke: colour("muted"), "stroke-width": 0.8 })),
    ];
  }

  /** @type {(name: string, at: Point, now: Result, before: Result, high: number) => SVGElement} */
  function box(name, { x, y }, now, before, high) {
    const left = x - WIDTH / 2, top = y - high / 2, room = (high - 21) / 2, middle = top + 18 + room;
    /** @type {(k: number, hue: string, v: number[], was: number[]) => SVGElement[]} */
    const half = (k, hue, v, was) => (v.length > 1
      ? bars(v, was, hue, left + 4 + k * 46, middle, 42, room)
      : [text(left + 25 + k * 46, middle + 5, short(v[0]), { fill: colour(hue),
        "text-anchor": "middle", class: "bn-opening-number" })]);
    return svg("g", { "data-name": name },
      svg("rect", { x: left, y: top, width: WIDTH, height: high, fill: colour("paper"),
        stroke: colour("muted"), rx: INPUTS.includes(name) ? 16 : 5 }),
      text(x, top + 14, name, { "text-anchor": "middle", class: "bn-opening-name",
        fill: colour(LEARNED.includes(name) ? "green" : "ink") }),
      ...half(0, "blue", now.values[name], before.values[name]),
      ...half(1, "orange", now.grads[name], before.grads[name]));
  }

  /**
   * The graph along its spine, lying where the page is wide and standing where it is not.
   * @type {(data: Data, now: Result, before: Result, lies: boolean, pull: (event:
   *   PointerEvent, row: number) => void) => SVGElement}
   */
  function drawing(data, now, before, lies, pull) {
    const { high, along, across } = lies ? LYING : STANDING;
    /** @type {Record<string, Point>} */
    const place = Object.fromEntries(Object.entries(data.places).map(([name, [c, r]]) => {
      const a = lies ? r * along : c * across, b = lies ? c * across : r * along;
      return [name, { x: WIDTH / 2 + 2 + a, y: high / 2 + 2 + b }];
    }));
    const [wide, tall] = lies ? [7 * along, 2 * across] : [2 * across, 7 * along];
    const edges = data.steps.flatMap(({ name, inputs }) => inputs.map((i) => [i, name]));
    const { x, y } = place.x;
    const handles = data.x.map((_, k) => svg("rect", { class: "bn-opening-handle",
      x: x - 44 + (k * 42) / data.x.length, y: y - high / 2, width: 42 / data.x.length, height: high,
      fill: "transparent", pointerdown: (/** @type {PointerEvent} */ e) => pull(e, k) }));
    return svg("svg", { viewBox: `0 0 ${wide + WIDTH + 4} ${tall + high + 4}`, role: "img",
      "aria-label": data.words, class: `bn-opening-${lies ? "lying" : "standing"}` },
    ...edges.flatMap(([i, s]) => [arrow(place[i], place[s], "blue", high),
      arrow(place[s], place[i], "orange", high)]),
    ...Object.entries(place).map(([name, at]) => box(name, at, now, before, high)), ...handles);
  }

  /** @type {(data: Data, before: Result) => (state: State, now: Result) => string} */
  const words = (data, before) => (state, now) => {
    const moved = data.x.map((v, k) => ({ v, k, to: state[`x${k + 1}`] })).filter(({ v, to }) => v !== to);
    if (!moved.length) return "Nothing is pulled. Move the slider, or drag a bar of x.";
    const said = moved.map(({ v, k, to }) => `x${"₁₂₃₄₅₆"[k]} went from ${fixed(v)} to ${fixed(to)}`);
    const [spread, was] = [now, before].map(({ values }) => short(values.std[0]));
    const [most, had] = [now, before].map(({ grads }) => short(largest(grads.x)));
    return `${said.join(", ")}; so std went from ${was} to ${spread}, and the largest `
      + `gradient of x from ${had} to ${most}.`;
  };

  /** @type {(v: number) => string} */
  const fixed = (v) => v.toFixed(1).replace("-", "−");

  bnLive.register("opening", (root, /** @type {Data} */ data) => {
    const before = compute(data, data.x), names = Object.keys(data.start);
    let now = { ...data.start };

    /** @type {(event: PointerEvent, row: number) => void} */
    function pull(event, row) {
      const from = event.clientY, value = now[names[row]];
      /** @type {(e: PointerEvent) => void} */
      const move = (e) => {
        const to = value + (from - e.clientY) * UNITS_A_PIXEL;
        const kept = Math.max(-data.most, Math.min(data.most, Math.round(to * 10) / 10));
        /** @type {any} */ (root.explorable).set({ [names[row]]: kept });
      };
      const end = () => removeEventListener("pointermove", move);
      event.preventDefault();
      addEventListener("pointermove", move);
      for (const over of ["pointerup", "pointercancel"]) addEventListener(over, end, { once: true });
    }

    bnSmall.explorable(root, {
      controls: [{ name: "x1", label: "Pull x₁", min: -data.most, max: data.most, step: 0.1, show: fixed }],
      start: data.start,
      compute: (state) => {
        now = state;
        return compute(data, names.map((name) => state[name]));
      },
      draw: (_, result) => [true, false].map((lies) => drawing(data, result, before, lies, pull)),
      words: words(data, before),
    });
  });
})();
