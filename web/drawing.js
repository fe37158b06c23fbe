// needs: live, layout, drawing-arrows
// A run as a drawing of its graph: src/bnbook/show/drawing.py, mirrored.
const bnDrawing = (() => {
  "use strict";
  const { svg } = bnLive;
  const { WIDTH, HEIGHT, COLORS, text, shapeText } = bnDrawnArrows;
  const PITCH = 124, ROW = 70, LEFT = 60, TOP = 24;
  const INK = "var(--bn-ink)", MUTED = "var(--bn-muted)";
  /** @typedef {[x: number, y: number]} Point */
  /** @typedef {Map<string, Point>} Points */

  /**
   * A run drawn, the arrows back beside the arrows forward. prefix: of the ids inside,
   * another for each drawing on a page; words: what it shows.
   * @type {(ran: Ran, prefix: string, words: string) => SVGElement}
   */
  function draw(ran, prefix, words) {
    const shapes = Object.values(ran.values).map(shapeText);
    const longest = Math.max(...shapes.map(({ length }) => length));
    const room = Math.max(0, 6 * longest + 8 - (PITCH - WIDTH));
    /** @type {Points} */
    const place = new Map([...bnLayout.layout(ran.graph)].map(([name, [column, row]]) =>
      [name, [LEFT + room + (PITCH + room) * column, TOP + ROW * row]]));
    const ops = new Map(ran.graph.map(({ name, op }) => [name, op]));
    return page(place, room, { role: "img", "aria-label": words, class: "bn-graph" },
      svg("defs", {}, head(prefix, "edge"), head(prefix, "message")),
      bnDrawnArrows.draw(ran, place, prefix),
      [...place].map(([name, at]) => box(name, ops.get(name) ?? "input", at)));
  }

  /** @type {(place: Points, room: number, attributes: Attributes, ...parts: Children) =>
   *   SVGElement} */
  function page(place, room, attributes, ...parts) {
    const rows = [...place.values()].map(([, y]) => y), top = Math.min(...rows) - TOP;
    const width = LEFT + room + 2 * (PITCH + room) + LEFT - 8;
    const height = Math.max(...rows) + TOP - top;
    return svg("svg", { ...attributes, viewBox: `0 ${top} ${width} ${height}`, width, height,
      "font-family": "ui-monospace, Menlo, Consolas, monospace" }, ...parts);
  }

  /** @type {(prefix: string, kind: "edge" | "message") => SVGElement} */
  const head = (prefix, kind) => svg("marker", { id: `${prefix}-${kind}`, viewBox: "0 0 8 8",
    refX: 6, refY: 4, markerWidth: 6, markerHeight: 6, orient: "auto" },
  svg("path", { d: "M0 0.5 8 4 0 7.5z", style: `fill: ${COLORS[kind]}` }));

  /** @type {(name: string, op: string, at: Point) => SVGElement} */
  const box = (name, op, [x, y]) => svg("g", { class: "node", "data-name": name },
    svg("rect", { x: x - WIDTH / 2, y: y - HEIGHT / 2, width: WIDTH, height: HEIGHT,
      rx: op === "input" ? 20 : 6, style: `fill: none; stroke: ${MUTED}; stroke-width: 1` }),
    text(x, y - 2, `fill: ${INK}; font-size: ${size(name)}px; font-weight: 600`, "middle",
      name.length > 12 ? `${name.slice(0, 7)}…${name.slice(-4)}` : name),
    text(x, y + 13, `fill: ${MUTED}; font-size: 10.5px`, "middle", op));

  /** @type {(name: string) => number} */
  const size = ({ length }) => Math.min(15, Math.max(10, Math.floor(120 / length)));

  return { draw };
})();
