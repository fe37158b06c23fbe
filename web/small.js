// needs: live
// needs: numbers
// The small explorables' frame with its controls and its sentence, and what they draw of.
const bnSmall = (() => {
  "use strict";
  const { make: html, svg } = bnLive;
  // ms; a slider on the move must not flood a screen reader
  const PAUSE = 250;
  // explorables on this page, for ids of their own
  let made = 0;

  /** @type {(name: string) => string} */
  const colour = (name) => `var(--bn-${name})`;

  /**
   * An SVG that shrinks and grows with its box: words for it, its size in units.
   * @type {(words: string, width: number, height: number, ...children: Node[]) =>
   *   SVGElement}
   */
  const picture = (words, width, height, ...children) =>
    svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": words },
      ...children);

  /** @type {(points: number[][], name: string, attributes?: Attributes) => SVGElement} */
  const line = (points, name, attributes = {}) => svg("path", {
    d: "M" + points.map((p) => p.map((v) => v.toFixed(1)).join(" ")).join("L"),
    fill: "none", stroke: colour(name), "stroke-width": 2, ...attributes });

  /** @type {(x: number, y: number, words: string, attributes?: Attributes) => SVGElement} */
  const text = (x, y, words, attributes = {}) =>
    svg("text", { x, y, fill: colour("ink"), ...attributes }, words);

  /**
   * A map from the interval [a, b] to [from, to].
   * @type {(a: number, b: number, from: number, to: number) => (v: number) => number}
   */
  const scale = (a, b, from, to) => (v) => from + ((v - a) / (b - a)) * (to - from);

  /**
   * A table: its caption, its head, its rows; the first cell of a row is its heading.
   * @type {(caption: string, head: string[], rows: Child[][]) => HTMLElement}
   */
  function table(caption, head, rows) {
    /** @type {(row: Child[]) => HTMLElement[]} */
    const cells = (row) => row.map((cell, k) => (k
      ? html("td", {}, cell) : html("th", { scope: "row" }, cell)));
    return html("table", {}, html("caption", {}, caption),
      html("thead", {}, html("tr", {}, ...head.map((h) =>
        html("th", { scope: "col" }, h)))),
      html("tbody", {}, ...rows.map((row) => html("tr", {}, ...cells(row)))));
  }

  /**
   * A control's nodes, and a function that puts a state's value into them.
   * @type {(spec: ControlSpec, id: string, changed: (value: any) => void) => Control<any>}
   */
  function control(spec, id, changed) {
    const make = spec.options ? choice : spec.values || spec.step ? slider : tick;
    return make(spec, id, changed);
  }

  /** @type {(spec: ControlSpec, id: string, changed: (v: number) => void) => Control<number>} */
  function slider({ values, min = 0, max, step = 1, show = String }, id, changed) {
    const range = values
      ? { min: 0, max: values.length - 1, step: 1 } : { min, max, step };
    const input = html("input", { type: "range", id, ...range });
    const output = html("output", { for: id });
    const read = () => (values ? values[Number(input.value)] : Number(input.value));
    input.addEventListener("input", () => changed(read()));
    return { input, output, put(value) {
      input.value = String(values ? nearest(values, value) : value);
      output.textContent = show(value);
      input.setAttribute("aria-valuetext", show(value));
    } };
  }

  /** @type {(values: number[], value: number) => number} */
  function nearest(values, value) {
    const gaps = values.map((v) => Math.abs(v - value));
    return gaps.indexOf(Math.min(...gaps));
  }

  /** @type {(spec: ControlSpec, id: string, changed: (v: string) => void) => Control<string>} */
  function choice({ options = [] }, id, changed) {
    const input = html("select", { id }, ...options.map(([value, words]) =>
      html("option", { value }, words)));
    input.addEventListener("change", () => changed(input.value));
    return { input, put: (value) => { input.value = value; } };
  }

  /** @type {(_: unknown, id: string, changed: (v: boolean) => void) => Control<boolean>} */
  function tick(_, id, changed) {
    const input = html("input", { type: "checkbox", id });
    input.addEventListener("change", () => changed(input.checked));
    return { input, put: (value) => { input.checked = value; } };
  }

  /** @type {(spec: ControlSpec, id: string, control: Control<any>) => HTMLElement} */
  const labelled = (spec, id, { input, output }) =>
    html("div", { class: `bn-small-control ${input.type}` },
      html("label", { for: id }, spec.label), input, output);

  /**
   * The frame. Nothing is put on the page before all of it has worked once: live.js then
   * keeps what stands there without a script.
   * @template {object} S
   * @template {object} R
   * @param {HTMLElement} root
   * @param {Explorable<S, R>} part
   */
  function explorable(root, part) {
    const id = `bn-small-${(made += 1)}`;
    const view = html("div", { class: "bn-small-view" });
    const said = html("p", { class: "bn-small-said", "aria-live": "polite" });
    const again = html("button", { type: "button" }, "Start again");
    const controls = part.controls.map((spec) => ({ spec, id: `${id}-${spec.name}`,
      ...control(spec, `${id}-${spec.name}`, (v) =>
        set(/** @type {any} */ ({ [spec.name]: v }))) }));
    /** @type {number | undefined} */
    let timer, now = following(part, part.start, {});

    /** @type {(patch: Partial<S>) => void} */
    function set(patch) {
      now = following(part, now.state, patch);
      show();
    }

    function show() {
      for (const { spec, put } of controls)
        put(now.state[/** @type {keyof S} */ (spec.name)]);
      view.replaceChildren(...part.draw(now.state, now.result));
      clearTimeout(timer);
      timer = setTimeout(() => { said.textContent = now.said; }, PAUSE);
      bnLive.tell(root, now.state);
    }

    again.addEventListener("click", () => set(part.start));
    show();
    said.textContent = now.said;
    root.prepend(html("div", { class: "bn-small bn-made" },
      html("div", { class: "bn-small-controls" },
        ...controls.map((one) => labelled(one.spec, one.id, one)), again),
      view, said));
    root.explorable = { state: () => ({ ...now.state, ...now.result, said: now.said }), set,
      put: set };
  }

  /**
   * A state with a patch, what follows from it, and the sentence about it.
   * @type {<S extends object, R>(part: Explorable<S, R>, state: S, patch: Partial<S>) =>
   *   {state: S, result: R, said: string}}
   */
  function following(part, before, patch) {
    const stranger = Object.keys(patch).find((name) => !(name in part.start));
    if (stranger) throw new Error(`${stranger}: no control has this name`);
    const state = { ...before, ...patch }, result = part.compute(state);
    return { state, result, said: part.words(state, result) };
  }

  return { html, svg, picture, line, text, table, scale, colour, explorable };
})();
