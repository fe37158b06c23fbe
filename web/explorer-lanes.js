// needs: live, explorer-span, explorer-elements, explorer-field
// Values one drags, types or moves by keys: lanes that share one number line.
const bnLanes = (() => {
  "use strict";
  const { make, short } = bnLive;
  const { around, evened, marks, tidy, percent, clamp } = bnSpan;
  const { head, group } = bnElements;
  // ms between two widenings of a number line
  const BEAT = 60;
  /** @typedef {{title: string, color: string, bars?: boolean, names: string[],
   *   values: () => number[], set: (i: number, v: number) => void}} Spec */
  /** @typedef {{root: HTMLElement, knob: HTMLElement, lane: HTMLElement,
   *   field: NumberField, bar: HTMLElement | null}} Row */
  /** @typedef {{spec: Spec, span: Span, dragged: boolean}} Line */
  /** @typedef {{root: HTMLElement, update: (over: Mark[]) => void}} Lanes */

  /** @type {(spec: Spec) => Span} */
  const look = ({ bars, values }) => (bars ? evened : around)(values());

  /**
   * What an arrow key moves by: 0.1 for a batch as it comes.
   * @type {(line: Line) => number}
   */
  const nudge = ({ spec, span }) =>
    10 ** Math.round(Math.log10((span.high - span.low) / (spec.bars ? 20 : 60)));

  /** @type {(spec: Spec) => Lanes} */
  function lanes(spec) {
    const line = { spec, span: look(spec), dragged: false };
    const axis = make("div", { class: "bn-axis", "aria-hidden": "true" });
    const over = make("div", { class: "bn-over", "aria-hidden": "true" });
    /** @type {Mark[]} */
    let marked = [];
    const rows = spec.names.map((name, i) => row(line, name, i, () => update(marked)));
    const root = group(`bn-lanes bn-${spec.color}`, spec.title, head(spec.title),
      make("div", { class: "bn-rows" }, over, rows.map((r) => r.root)), axis);

    /** @type {(marks: Mark[]) => void} */
    function update(found) {
      marked = found;
      const values = spec.values(), { low, high } = line.span;
      if (!line.dragged && values.some((v) => v < low || v > high)) line.span = look(spec);
      axis.replaceChildren(...marks(line.span).map((v) => make("span",
        { style: `left:${percent(line.span, v)}%` }, String(v).replace("-", "−"))));
      rows.forEach((part, i) => place(line, part, values[i]));
      over.replaceChildren(...found.map((mark) => make("div", { class: `bn-mark bn-${mark.kind}`,
        style: stretch(line.span, mark) }, make("span", {}, mark.label))));
    }
    return { root, update };
  }

  /** @type {(line: Line, name: string, i: number, done: () => void) => Row} */
  function row(line, name, i, done) {
    const { set, bars } = line.spec;
    const knob = make("div", { class: "bn-knob", role: "slider", tabindex: 0,
      "aria-label": name, keydown: (event) => key(line, event, i) });
    const bar = bars ? make("div", { class: "bn-fill" }) : null;
    const lane = make("div", { class: "bn-lane",
      pointerdown: (event) => drag(line, part, event, i, done) }, bar, knob);
    const field = bnField.number(name, (v) => set(i, v));
    const root = make("div", { class: "bn-row" }, make("span", { class: "bn-name" }, name),
      lane, field.root, field.said);
    const part = { root, knob, lane, field, bar };
    return part;
  }

  /** @type {Record<string, number>} */
  const WAYS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10,
    PageDown: -10 };

  /** @type {(line: Line, event: KeyboardEvent, i: number) => void} */
  function key(line, event, i) {
    const way = WAYS[event.key], step = nudge(line) * (event.shiftKey ? 10 : 1);
    const end = { Home: line.span.low, End: line.span.high }[event.key];
    if (!way && end == null) return;
    event.preventDefault();
    event.stopPropagation();
    line.spec.set(i, end ?? tidy(line.spec.values()[i] + way * step, nudge(line)));
  }

  /**
   * A mouse may press anywhere in the lane; a finger only on the knob, or it scrolls.
   * @type {(line: Line, row: Row, event: PointerEvent, i: number, done: () => void) => void}
   */
  function drag(line, { knob, lane }, event, i, done) {
    if (event.button || (event.pointerType === "touch" && event.target !== knob)) return;
    event.preventDefault();
    knob.focus();
    lane.setPointerCapture(event.pointerId);
    line.dragged = true;
    let at = event.clientX;
    const put = () => line.spec.set(i, valueAt(line, lane, at));
    /** @type {(event: PointerEvent) => void} */
    const move = ({ clientX }) => {
      at = clientX;
      put();
    };
    const clock = setInterval(() => { if (widen(line, lane, at)) put(); }, BEAT);
    const end = () => {
      clearInterval(clock);
      line.dragged = false;
      lane.removeEventListener("pointermove", move);
      done();
    };
    lane.addEventListener("pointermove", move);
    lane.addEventListener("pointerup", end, { once: true });
    lane.addEventListener("pointercancel", end, { once: true });
    move(event);
  }

  /**
   * The span grows while a value is held at one of its ends; whether it did.
   * @type {(line: Line, lane: HTMLElement, clientX: number) => boolean}
   */
  function widen(line, lane, clientX) {
    const { left, width } = lane.getBoundingClientRect(), { low, high } = line.span;
    const part = (clientX - left) / width, more = 0.04 * (high - low);
    if (part > 0.01 && part < 0.99) return false;
    line.span = part < 0.5 ? { low: low - more, high } : { low, high: high + more };
    return true;
  }

  /** @type {(line: Line, lane: HTMLElement, clientX: number) => number} */
  function valueAt(line, lane, clientX) {
    const { left, width } = lane.getBoundingClientRect(), { low, high } = line.span;
    const part = clamp({ low: 0, high: 1 }, (clientX - left) / width), step = nudge(line);
    return tidy(Math.round((low + part * (high - low)) / step) * step, step);
  }

  /**
   * Put a value where it belongs: knob, bar, field.
   * @type {(line: Line, row: Row, value: number) => void}
   */
  function place(line, { knob, bar, field }, value) {
    const { span } = line, v = clamp(span, value), zero = percent(span, 0);
    knob.style.left = `${percent(span, v)}%`;
    knob.setAttribute("aria-valuemin", String(span.low));
    knob.setAttribute("aria-valuemax", String(span.high));
    knob.setAttribute("aria-valuenow", String(value));
    knob.setAttribute("aria-valuetext", short(value));
    field.show(value, nudge(line));
    if (bar) bar.style.cssText = `left:${percent(span, Math.min(0, v))}%;`
      + `width:${Math.abs(percent(span, v) - zero)}%`;
  }

  /** @type {(span: Span, mark: Mark) => string} */
  function stretch(span, { at, from = 0, to = 0 }) {
    if (at != null) return `left:${percent(span, at)}%`;
    const start = percent(span, Math.max(from, span.low));
    return `left:${start}%;width:${percent(span, Math.min(to, span.high)) - start}%`;
  }

  return { lanes };
})();
