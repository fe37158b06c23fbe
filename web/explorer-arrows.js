// needs: live, explorer-say, explorer-bars
// The arrows of the drawing: each shows what it carries, and dots travel along it.
const bnArrows = (() => {
  "use strict";
  const { svg } = bnLive;
  /** @typedef {[x: number, y: number]} Point */
  /** @typedef {{line: SVGElement, live: SVGElement, label: Area | null, step: string,
   *   input: string, way: Point[], back: boolean}} Arrow */

  /**
   * The room of a label, whose text goes.
   * @type {(text: SVGTextElement | null) => Area | null}
   */
  function room(text) {
    if (!text) return null;
    const [x, y] = ["x", "y"].map((name) => Number(text.getAttribute(name)));
    const anchor = text.style.textAnchor, middle = anchor === "middle" && x;
    text.remove();
    return { x: middle ? x - 15 : anchor === "end" ? x - 30 : x, y: y - 10, width: 30,
      height: 13, middle };
  }

  /** @type {(line: SVGElement) => Arrow} */
  function read(line) {
    const path = /** @type {SVGPathElement} */ (line.querySelector("path"));
    const way = String(path.getAttribute("d")).slice(1).split("L")
      .map((point) => /** @type {Point} */ (point.split(" ").map(Number)));
    return { line, live: svg("g"), label: room(line.querySelector("text")),
      step: String(line.dataset.step), input: String(line.dataset.input), way,
      back: line.classList.contains("message") };
  }

  /** @type {(arrow: Arrow) => (message: Message) => boolean} */
  const by = ({ step, input }) => (m) => m.step === step && m.input === input;

  /** @type {(arrow: Arrow, place: Place | null) => boolean} */
  const going = ({ step, back }, here) => here?.step.name === step && here.backward === back;

  /** @type {(arrow: Arrow, now: Snapshot, seen: Seen) => void} */
  function draw(arrow, now, seen) {
    const { line, live, label, step, input, back } = arrow, { here, lit } = seen;
    const edge = `${step},${input}`, faint = Boolean(lit && !lit.has(edge));
    line.classList.toggle("bn-going", going(arrow, here));
    line.classList.toggle("bn-path", Boolean(lit?.has(edge)));
    line.classList.toggle("bn-cut", back && seen.gone === edge);
    line.setAttribute("opacity", String(faint ? 0.15 : opacity(arrow, seen)));
    if (!label) return;
    live.setAttribute("opacity", faint ? "0.2" : "1");
    const value = carried(arrow, now, seen, edge), sent = seen.messages.some(by(arrow));
    live.dataset.say = !value ? "" : sent ? `from ${step} to ${input}: ${bnSay.list(value)}`
      : `${input} to ${step}: ${bnSay.list(value)}`;
    live.replaceChildren(...(value ? [bnBars.small(value, label,
      sent ? "orange" : "blue")] : []));
  }

  /** @type {(arrow: Arrow, seen: Seen) => number} */
  function opacity(arrow, { here, so, messages }) {
    const { back, step } = arrow;
    if (!(back ? messages.some(by(arrow)) : so.values.includes(step))) return back ? 0.1 : 0.25;
    return back === (here?.backward ?? false) ? 1 : 0.4;
  }

  /**
   * What a label shows: the message, the path's part of it, or the value sent forward.
   * @type {(arrow: Arrow, now: Snapshot, seen: Seen, edge: string) => NDArray | false}
   */
  function carried(arrow, { run, state }, { so, messages, lit }, edge) {
    const { step, input } = arrow;
    const followed = state.path && lit?.has(edge) && run.paths[state.path];
    const message = messages.find(by(arrow));
    if (!message) return so.values.includes(step) && run.values[input];
    return ((followed && followed.messages.find(by(arrow))) || message).gradient;
  }

  /**
   * A dot along an arrow.
   * @type {(arrow: Arrow, dots: SVGElement) => void}
   */
  function travel({ back, way }, dots) {
    const dot = svg("circle", { r: 5, class: back ? "bn-orange" : "bn-blue" });
    dots.append(dot);
    dot.animate(way.map(([x, y]) => ({ transform: `translate(${x}px, ${y}px)` })),
      { duration: 700, easing: "ease-in-out" }).onfinish = () => dot.remove();
  }

  return { read, draw, going, travel };
})();
