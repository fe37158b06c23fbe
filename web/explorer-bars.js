// needs: live
// A few numbers in little room: bars about a zero line, or one number as text.
const bnBars = (() => {
  "use strict";
  const { svg, short } = bnLive;

  /** @type {(a: NDArray, area: Area, kind: string) => SVGElement} */
  function small({ data }, area, kind) {
    return data.length === 1 ? number(data[0], area, kind) : bars([...data], area, kind);
  }

  /** @type {(v: number, area: Area, kind: string) => SVGElement} */
  function number(v, { x, y, width, height, end, middle }, kind) {
    const anchor = middle ? "middle" : end ? "end" : "start";
    return svg("text", { x: middle || (end ? x + width : x), y: y + height - 4,
      class: `bn-num bn-${kind}`, "text-anchor": anchor }, short(v));
  }

  /** @type {(data: number[], area: Area, kind: string) => SVGElement} */
  function bars(data, { x, y, width, height }, kind) {
    const most = Math.max(...data.map(Math.abs)) || 1;
    const wide = width / data.length, middle = y + height / 2;
    return svg("g", { class: `bn-bars bn-${kind}` },
      svg("rect", { x, y, width, height, class: "bn-hit" }),
      svg("path", { d: `M${x} ${middle}h${width}`, class: "bn-zero" }),
      data.map((v, i) => {
        const tall = Number.isFinite(v) ? (Math.abs(v) / most) * (height / 2) : 0;
        return svg("rect", { x: x + i * wide + 0.5, width: wide - 1,
          y: v > 0 ? middle - tall : middle, height: Math.max(tall, 0.01) });
      }));
  }

  return { small };
})();
