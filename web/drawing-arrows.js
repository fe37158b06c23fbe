// needs: live
// The arrows of a drawn graph: src/bnbook/show/arrows.py, mirrored.
const bnDrawnArrows = (() => {
  "use strict";
  const { svg } = bnLive;
  // Of the boxes between which they run.
  const WIDTH = 80, HEIGHT = 40;
  const COLORS = { edge: "var(--bn-blue)", message: "var(--bn-orange)" };
  /** @typedef {[x: number, y: number]} Point */
  /** @typedef {Map<string, Point>} Points */
  /** @typedef {"edge" | "message"} Kind */
  /** @typedef {{kind: Kind, step: string, input: string, from: string, to: string,
   *   shape: string, name: string}} Arrow */
  /** @typedef {{points: Point[], at: Point, anchor: string}} Way */

  /** @type {(x: number | string, y: number | string, style: string, anchor: string,
   *   words: string) => SVGElement} */
  const text = (x, y, style, anchor, words) =>
    svg("text", { x, y, style: `${style}; text-anchor: ${anchor}` }, words);

  /**
   * A shape as Python writes it.
   * @type {(a: NDArray) => string}
   */
  const shapeText = ({ shape }) => `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;

  /**
   * An arrow for every value that a step read and for every message it sent.
   * @type {(ran: Ran, place: Points, prefix: string) => SVGElement[]}
   */
  function draw({ graph, values, messages }, place, prefix) {
    /** @type {(kind: Kind, step: string, input: string, a: NDArray) => Arrow} */
    const arrow = (kind, step, input, a) => ({ kind, step, input, shape: shapeText(a),
      from: kind === "edge" ? input : step, to: kind === "edge" ? step : input,
      name: [kind, step, input].join(" ") });
    const all = [...graph.flatMap(({ name, inputs }) => inputs.filter((i) => Object.hasOwn(values, i))
      .map((i) => arrow("edge", name, i, values[i]))),
    ...messages.map((m) => arrow("message", m.step, m.input, m.gradient))];
    let bent = 0;
    return all.map((one, k) => {
      /** @type {(list: Arrow[]) => number} */
      const often = (list) => list.filter(({ name }) => name === one.name).length;
      const way = blocked(one, place) ? bend(one, place, bent++)
        : straight(one, place, 5 + 8 * often(all.slice(0, k)));
      return line(one, way, prefix, one.kind === "edge" && !often(all.slice(k + 1)));
    });
  }

  /** @type {(arrow: Arrow, way: Way, prefix: string, label: boolean) => SVGElement} */
  function line({ kind, step, input, shape }, { points, at: [x, y], anchor }, prefix, label) {
    const d = points.map((point) => point.map((v) => v.toFixed(1)).join(" ")).join("L");
    return svg("g", { class: kind, "data-step": step, "data-input": input, opacity: 1 },
      svg("path", { d: `M${d}`, "marker-end": `url(#${prefix}-${kind})`,
        style: `fill: none; stroke: ${COLORS[kind]}; stroke-width: 1.6` }),
      label ? text(x.toFixed(1), y.toFixed(1), `fill: ${COLORS[kind]}; font-size: 10px`,
        anchor, shape) : null);
  }

  /** @type {(arrow: Arrow, place: Points) => [...Point, ...Point]} */
  const ends = ({ from, to }, place) => [.../** @type {Point} */ (place.get(from)),
    .../** @type {Point} */ (place.get(to))];

  /**
   * Whether another box stands in the straight way of an arrow.
   * @type {(arrow: Arrow, place: Points) => boolean}
   */
  function blocked(arrow, place) {
    const [x0, y0, x1, y1] = ends(arrow, place), dx = x1 - x0, dy = y1 - y0;
    return [...place].some(([name, [x, y]]) => {
      const u = Math.abs(x - (x0 + x1) / 2), v = Math.abs(y - (y0 + y1) / 2);
      const aside = Math.abs((x - x0) * dy - (y - y0) * dx);
      return name !== arrow.from && name !== arrow.to
        && 2 * u < WIDTH + Math.abs(dx) && 2 * v < HEIGHT + Math.abs(dy)
        && 2 * aside < WIDTH * Math.abs(dy) + HEIGHT * Math.abs(dx);
    });
  }

  /**
   * From border to border, `apart` to its own left.
   * @type {(arrow: Arrow, place: Points, apart: number) => Way}
   */
  function straight(arrow, place, apart) {
    const [x0, y0, x1, y1] = ends(arrow, place), length = Math.hypot(x1 - x0, y1 - y0);
    const ux = (x1 - x0) / length, uy = (y1 - y0) / length, ox = apart * uy, oy = -apart * ux;
    const start = reach(ux, uy, ox, oy), end = length - reach(-ux, -uy, ox, oy) - 2;
    /** @type {(t: number, right?: number) => Point} */
    const along = (t, aside = 0) =>
      [x0 + ox + t * ux + aside * uy, y0 + oy + t * uy - aside * ux];
    const slanted = Math.abs(ux * uy) > 0.1 && arrow.shape.length <= 9;
    const [x, y] = along(start + (end - start) * (slanted ? 0.35 : 0.5), 5);
    const flat = Math.abs(uy) < 0.1;
    return { points: [along(start), along(end)], at: [x, y + (!flat ? 3.5 : ux < 0 ? 7 : 0)],
      anchor: flat ? "middle" : uy > 0 ? "start" : "end" };
  }

  /**
   * How far a line from a box's centre, moved aside by (ox, oy), runs in the box.
   * @type {(ux: number, uy: number, ox: number, oy: number) => number}
   */
  function reach(ux, uy, ox, oy) {
    const across = ux ? (WIDTH / 2 - ox * (ux > 0 ? 1 : -1)) / Math.abs(ux) : WIDTH;
    const down = uy ? (HEIGHT / 2 - oy * (uy > 0 ? 1 : -1)) / Math.abs(uy) : WIDTH;
    return Math.min(across, down);
  }

  /**
   * Between the rows and between the columns, so past every box; `lane` keeps several apart.
   * @type {(arrow: Arrow, place: Points, lane: number) => Way}
   */
  function bend(arrow, place, lane) {
    const [x0, y0, x1, y1] = ends(arrow, place), n = lane % 6;
    const down = y1 > y0 ? 1 : -1, side = x0 < x1 ? -1 : 1;
    const x = x0 + 10 + 4 * n, y = y0 + down * (24 + 4 * n), end = y1 - down * (8 + 2 * n);
    const gap = x1 + side * (WIDTH / 2 + 8 + 5 * n);
    return { points: [[x, y0 + (down * HEIGHT) / 2], [x, y], [gap, y], [gap, end],
      [x1 + side * (WIDTH / 2 + 2), end]], at: [gap + 4, (y + end) / 2], anchor: "start" };
  }

  return { WIDTH, HEIGHT, COLORS, text, shapeText, draw };
})();
