// needs: live, explorer-say, explorer-bars
// The boxes of the drawing: each shows its value and, once it comes, its gradient.
const bnBoxes = (() => {
  "use strict";
  const { svg } = bnLive;
  const { small } = bnBars;
  /** @typedef {{name: string, box: SVGElement, op: SVGElement, live: SVGElement,
   *   x: number, y: number}} Box */

  /** @type {(box: SVGElement, pick: (name: string) => void) => Box} */
  function read(box, pick) {
    const rect = /** @type {SVGRectElement} */ (box.querySelector("rect"));
    const op = box.querySelectorAll("text")[1], name = String(box.dataset.name);
    const live = svg("g");
    box.append(live);
    box.addEventListener("click", () => pick(name));
    return { name, box, op, live,
      x: rect.x.baseVal.value, y: rect.y.baseVal.value };
  }

  /** @type {(part: Box, value: NDArray | false, grad: Arrived | undefined) => Node[]} */
  function inside({ x, y }, value, grad) {
    const area = { y: y + 21, width: 33, height: 16 };
    return [
      ...(value ? [small(value, { ...area, x: x + 5 }, "blue")] : []),
      ...(grad ? [small(grad.sum, { ...area, x: x + 42, end: true }, "orange")] : []),
      ...(grad && grad.got < grad.of ? [svg("text", { x: x + 75, y: y + 12,
        class: "bn-num bn-orange", "text-anchor": "end" }, `${grad.got}/${grad.of}`)] : []),
    ];
  }

  /** @type {(part: Box, now: Snapshot, seen: Seen) => void} */
  function draw(part, { run }, { here, so }) {
    const { name, box, op, live } = part;
    const value = so.values.includes(name) && run.values[name];
    box.classList.toggle("bn-now", here?.step.name === name);
    box.classList.toggle("bn-near", Boolean(here && [here.step.name, ...here.step.inputs]
      .includes(name)));
    box.classList.toggle("bn-later", !value);
    op.style.display = value ? "none" : "";
    live.replaceChildren(...inside(part, value, so.grads[name]));
    const grad = so.grads[name], whole = grad && grad.got === grad.of;
    box.dataset.say = value ? `${name} = ${bnSay.list(value)}${grad ? `; d${name} = ${
      bnSay.list(grad.sum)}${whole ? "" : " so far"}` : ""}` : "";
  }

  return { read, draw };
})();
