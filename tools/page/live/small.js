// What the small explorables share: the frame with its controls and its sentence,
// drawing, numbers as text, and seeded random numbers that Python mirrors
// (src/bnbook/show/small/seeded.py).
const bnSmall = (() => {
  "use strict";
  const { make: html, svg } = bnLive;
  const PAUSE = 250; // ms; a slider on the move must not flood a screen reader
  let made = 0; // explorables on this page, for ids of their own

  const colour = (name) => `var(--bn-${name})`;

  // An SVG that shrinks and grows with its box: words for it, its size in units.
  const picture = (words, width, height, ...children) =>
    svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": words },
      ...children);

  const line = (points, name, attributes = {}) => svg("path", {
    d: "M" + points.map((p) => p.map((v) => v.toFixed(1)).join(" ")).join("L"),
    fill: "none", stroke: colour(name), "stroke-width": 2, ...attributes });

  const text = (x, y, words, attributes = {}) =>
    svg("text", { x, y, fill: colour("ink"), ...attributes }, words);

  // A map from the interval [a, b] to [from, to].
  const scale = (a, b, from, to) => (v) => from + ((v - a) / (b - a)) * (to - from);

  // A number with `digits` significant digits and a minus sign that is one.
  function few(value, digits = 2) {
    if (!Number.isFinite(value)) return Number.isNaN(value) ? "none" : "∞";
    const size = Math.abs(value);
    const plain = value === 0 || (size >= 1e-3 && size < 1e5);
    const written = plain
      ? String(Number(value.toPrecision(digits)))
      : value.toExponential(digits - 1).replace(/\.?0*e\+?/, "e");
    return written.replaceAll("-", "−");
  }

  const fixed = (value, places = 2) =>
    Number.isFinite(value)
      ? (Math.abs(value) < 0.5 * 10 ** -places ? 0 : value)
        .toFixed(places).replace("-", "−")
      : "none";

  // A table: its caption, its head, its rows; the first cell of a row is its heading.
  function table(caption, head, rows) {
    const cells = (row) => row.map((cell, k) => (k
      ? html("td", {}, cell) : html("th", { scope: "row" }, cell)));
    return html("table", {}, html("caption", {}, caption),
      html("thead", {}, html("tr", {}, ...head.map((h) =>
        html("th", { scope: "col" }, h)))),
      html("tbody", {}, ...rows.map((row) => html("tr", {}, ...cells(row)))));
  }

  // Random numbers. Uniform in [0, 1), the k-th of a seed is a hash of both (the last
  // step of MurmurHash3, by Austin Appleby, in the public domain).
  function hash(k) {
    let h = k | 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) >>> 0;
  }
  const uniform = (seed, k) => hash(k + hash(seed)) / 2 ** 32;

  // `count` standard normal numbers, an even count (Box and Muller).
  function normals(seed, count) {
    const out = new Float64Array(count);
    for (let k = 0; k < count; k += 2) {
      const size = Math.sqrt(-2 * Math.log(1 - uniform(seed, k)));
      const angle = 2 * Math.PI * uniform(seed, k + 1);
      out[k] = size * Math.cos(angle);
      out[k + 1] = size * Math.sin(angle);
    }
    return out;
  }

  const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;
  function variance(values) {
    const mu = mean(values);
    return mean(values.map((v) => (v - mu) * (v - mu)));
  }

  // One control: {name, label} and {values} or {min, max, step} (a slider), {options}
  // (a list of [value, words]), or neither (a box to tick); {show} writes a slider's
  // value. Gives its nodes and a function that puts a state's value into them.
  function control(spec, id, changed) {
    const label = html("label", { for: id }, spec.label);
    const make = spec.options ? choice : spec.values || spec.step ? slider : tick;
    return { label, ...make(spec, id, (value) => changed({ [spec.name]: value })) };
  }

  function slider({ values, min = 0, max, step = 1, show = String }, id, changed) {
    const range = values
      ? { min: 0, max: values.length - 1, step: 1 } : { min, max, step };
    const input = html("input", { type: "range", id, ...range });
    const output = html("output", { for: id });
    const read = () => (values ? values[Number(input.value)] : Number(input.value));
    input.addEventListener("input", () => changed(read()));
    const put = (value) => {
      input.value = values ? nearest(values, value) : value;
      output.textContent = show(value);
      input.setAttribute("aria-valuetext", show(value));
    };
    return { input, output, put };
  }

  function nearest(values, value) {
    const gaps = values.map((v) => Math.abs(v - value));
    return gaps.indexOf(Math.min(...gaps));
  }

  function choice({ options }, id, changed) {
    const input = html("select", { id }, ...options.map(([value, words]) =>
      html("option", { value }, words)));
    input.addEventListener("change", () => changed(input.value));
    return { input, put: (value) => { input.value = value; } };
  }

  function tick(_, id, changed) {
    const input = html("input", { type: "checkbox", id });
    input.addEventListener("change", () => changed(input.checked));
    return { input, put: (value) => { input.checked = value; } };
  }

  // The frame. part = {controls, start (a state), compute(state), draw(state, result)
  // -> nodes, words(state, result) -> a sentence}. Nothing is put on the page before
  // all of it has worked once: live.js then keeps what stands there without a script.
  function explorable(root, part) {
    const id = `bn-small-${(made += 1)}`;
    const view = html("div", { class: "bn-small-view" });
    const said = html("p", { class: "bn-small-said", "aria-live": "polite" });
    const again = html("button", { type: "button" }, "Start again");
    let state = { ...part.start }, result, sentence, timer;

    function set(patch) {
      const stranger = Object.keys(patch).find((name) => !(name in part.start));
      if (stranger) throw new Error(`${stranger}: no control has this name`);
      state = { ...state, ...patch };
      result = part.compute(state);
      sentence = part.words(state, result);
      for (const [name, control] of Object.entries(controls)) control.put(state[name]);
      view.replaceChildren(...part.draw(state, result));
      clearTimeout(timer);
      timer = setTimeout(() => { said.textContent = sentence; }, PAUSE);
    }

    const controls = Object.fromEntries(part.controls.map((spec) =>
      [spec.name, control(spec, `${id}-${spec.name}`, set)]));
    again.addEventListener("click", () => set(part.start));
    set({});
    said.textContent = sentence;
    root.prepend(html("div", { class: "bn-small bn-made" },
      html("div", { class: "bn-small-controls" },
        ...Object.values(controls).map(({ label, input, output }) =>
          html("div", { class: `bn-small-control ${input.type}` },
            label, input, ...(output ? [output] : []))), again),
      view, said));
    root.explorable = { state: () => ({ ...state, ...result, said: sentence }), set };
  }

  return {
    html, svg, picture, line, text, table, scale, few, fixed, colour, hash, uniform,
    normals, mean, variance, explorable,
  };
})();
