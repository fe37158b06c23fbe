// needs: live
// Values one drags, types or moves by keys: lanes that share one number line.
const bnLanes = (() => {
  "use strict";
  const { make, short } = bnLive;

  // A window that shows all values with room to move one far away: [low, high].
  function windowOf(values) {
    const low = Math.min(...values), high = Math.max(...values), middle = (low + high) / 2;
    const median = (a) => [...a].sort((p, q) => p - q)[Math.floor(a.length / 2)];
    const at = median(values), typical = median(values.map((v) => Math.abs(v - at)));
    const spread = high - low, flat = spread <= 1e-9 * Math.abs(middle);
    const half = flat ? 5 : Math.max(0.75 * spread, 12 * typical);
    const step = 10 ** Math.floor(Math.log10(half / 2));
    const base = Math.round(middle / step) * step, steps = Math.ceil(half / step);
    return { low: base - steps * step, high: base + steps * step };
  }

  // Round marks inside a window, five to nine of them.
  function marks({ low, high }) {
    const rough = (high - low) / 6, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((k) => k * power).find((s) => s >= rough);
    const first = Math.ceil(low / step - 1e-9), many = Math.floor(high / step + 1e-9) - first;
    return Array.from({ length: many + 1 }, (_, k) => tidy((first + k) * step, step));
  }

  const tidy = (v, step) => Number(v.toFixed(Math.max(0, Math.ceil(-Math.log10(step)) + 1)));

  // A group of lanes. spec: {title, names, values(), set(i, v), color, bars}.
  function lanes(spec) {
    const look = spec.bars ? evened : windowOf, parts = spec.bars ? 20 : 160;
    let range = look(spec.values());
    // What an arrow key moves by: 0.1 for a batch as it comes.
    const nudge = () => 10 ** Math.round(Math.log10((range.high - range.low) / parts));
    const axis = make("div", { class: "bn-axis", "aria-hidden": "true" });
    const rows = spec.names.map((name, i) => row(name, i));
    const marksOn = make("div", { class: "bn-over", "aria-hidden": "true" });
    const body = make("div", { class: "bn-rows" }, marksOn, rows.map((r) => r.element));
    const root = make("div", { class: `bn-lanes bn-${spec.color}`, role: "group",
      "aria-label": spec.title }, make("p", { class: "bn-head" }, spec.title), body, axis);
    let dragged = false, marked = [];

    function row(name, i) {
      const knob = make("div", { class: "bn-knob", role: "slider", tabindex: 0,
        "aria-label": name, keydown: (event) => key(event, i) });
      const bar = spec.bars && make("div", { class: "bn-fill" });
      const lane = make("div", { class: "bn-lane", pointerdown: (e) => drag(e, i) }, bar, knob);
      const field = number(name, (v) => spec.set(i, v));
      const element = make("div", { class: "bn-row" },
        make("span", { class: "bn-name" }, name), lane, field.element);
      return { element, knob, lane, field, bar };
    }

    function key(event, i) {
      const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1,
        PageUp: 10, PageDown: -10 }[event.key];
      if (!way) return;
      event.preventDefault();
      event.stopPropagation();
      const step = nudge() * (event.shiftKey ? 10 : 1);
      spec.set(i, tidy(spec.values()[i] + way * step, nudge()));
    }

    // A mouse may press anywhere in the lane; a finger only on the knob, or it scrolls.
    function drag(event, i) {
      const { knob, lane } = rows[i];
      if (event.button || (event.pointerType === "touch" && event.target !== knob)) return;
      event.preventDefault();
      knob.focus();
      lane.setPointerCapture(event.pointerId);
      dragged = true;
      const move = ({ clientX }) => {
        const box = lane.getBoundingClientRect();
        const part = Math.min(1, Math.max(0, (clientX - box.left) / box.width));
        const step = nudge(), v = range.low + part * (range.high - range.low);
        spec.set(i, tidy(Math.round(v / step) * step, step));
      };
      const end = () => {
        dragged = false;
        lane.removeEventListener("pointermove", move);
        update();
      };
      lane.addEventListener("pointermove", move);
      lane.addEventListener("pointerup", end, { once: true });
      lane.addEventListener("pointercancel", end, { once: true });
      move(event);
    }

    const place = (v) => `${(100 * (v - range.low)) / (range.high - range.low)}%`;

    // over: marks on the number line, [{at, from, to, label}].
    function update(over = marked) {
      marked = over;
      const values = spec.values();
      if (!dragged && values.some((v) => v < range.low || v > range.high))
        range = look(values);
      axis.replaceChildren(...marks(range).map((v) =>
        make("span", { style: `left:${place(v)}` }, String(v).replace("-", "−"))));
      rows.forEach(({ knob, field, bar }, i) => {
        const v = Math.min(range.high, Math.max(range.low, values[i]));
        knob.style.left = place(v);
        for (const [name, is] of [["min", range.low], ["max", range.high], ["now", values[i]]])
          knob.setAttribute(`aria-value${name}`, is);
        knob.setAttribute("aria-valuetext", short(values[i]));
        field.show(values[i], nudge());
        if (bar) bar.style.cssText = `left:${place(Math.min(0, v))};`
          + `width:${(100 * Math.abs(v)) / (range.high - range.low)}%`;
      });
      marksOn.replaceChildren(...over.map(({ at, from, to, label, kind }) => make("div", {
        class: `bn-mark bn-${kind}`, style: at != null ? `left:${place(at)}`
          : `left:${place(Math.max(from, range.low))};width:${
            (100 * (Math.min(to, range.high) - Math.max(from, range.low)))
            / (range.high - range.low)}%` }, make("span", {}, label))));
    }

    // Another batch was chosen: look at all of it.
    function fit() {
      range = look(spec.values());
    }
    return { root, update, fit };
  }

  // Bars start at 0, so the window has as much on either side of it.
  function evened(values) {
    const most = Math.max(...values.map(Math.abs), 0.5);
    const step = 10 ** Math.floor(Math.log10(most)), high = Math.ceil((1.5 * most) / step) * step;
    return { low: -high, high };
  }

  // A field for one number; what is no number, or below `low`, is marked and not taken.
  function number(name, set, low = -Infinity) {
    const element = make("input", { type: "number", class: "bn-number", step: "any",
      "aria-label": name, input: () => {
        const v = element.value.trim() === "" ? NaN : Number(element.value);
        const good = Number.isFinite(v) && v >= low && Math.abs(v) < 1e9;
        element.toggleAttribute("aria-invalid", false);
        if (good) element.removeAttribute("aria-invalid");
        else element.setAttribute("aria-invalid", "true");
        if (good) set(v);
      } });
    element.addEventListener("change", () => {
      if (element.getAttribute("aria-invalid")) show.again?.();
    });
    function show(v, step) {
      show.again = () => {
        element.removeAttribute("aria-invalid");
        element.value = v;
      };
      if (step) element.step = step;
      const editing = document.activeElement === element && Number(element.value) === v;
      if (!editing && !element.getAttribute("aria-invalid")) element.value = v;
    }
    return { element, show };
  }

  return { lanes, number, windowOf, marks };
})();
globalThis.bnLanes = bnLanes;
