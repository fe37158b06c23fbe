// needs: small
// needs: histograms-network
// What becomes of digits in five layers with random weights, shown.
(() => {
  "use strict";
  const { html, svg, picture, line, colour } = bnSmall;
  const { few, fixed } = bnNumbers;
  /** @typedef {Parameters<typeof bnLayers.network>[0]} Data */
  /** @typedef {Data["start"]} State */
  /** @typedef {State["f"]} Activation */
  /** @typedef {ReturnType<ReturnType<typeof bnLayers.network>>} Result */
  /** @typedef {Result["layers"][number]} Layer */
  const DULL = 0.01; // a sigmoid that varies less is nearly the same for every image
  const NOISE = 1e-12; // of values near one half; less is rounding

  /** @type {(counts: number[], layer: number) => SVGElement} */
  function histogram(counts, layer) {
    const top = Math.max(...counts, 1), wide = 62 / counts.length;
    const bars = counts.map((n, k) => svg("rect", { x: k * wide, width: wide,
      y: 46 - (44 * n) / top, height: (44 * n) / top, fill: colour("blue") }));
    const peak = counts.indexOf(top) / (counts.length - 1);
    const words = `Layer ${layer}: the peak stands at ${fixed(100 * peak, 0)} percent ` +
      "of the axis.";
    return picture(words, 62, 48, ...bars,
      line([[0, 46.5], [62, 46.5]], "muted", { "stroke-width": 1 }));
  }

  /** @type {(f: Activation, layer: Layer) => string} */
  const spreadOf = (f, { unit }) =>
    (f === "sigmoid" && unit < NOISE ? `< ${few(NOISE)}` : few(unit));

  /** @type {(f: Activation) => [string, (layer: Layer) => string][]} */
  const measures = (f) => [
    ["spread, all values", (l) => few(l.all)],
    ["spread, one unit", (l) => spreadOf(f, l)],
    [f === "relu" ? "dead units" : "saturated values",
      (l) => `${fixed(100 * l.stuck, 0)} %`],
  ];

  /** @type {(head: string, cells: Child[]) => HTMLElement} */
  const row = (head, cells) => html("tr", {}, html("th", { scope: "row" }, head),
    ...cells.map((cell) => html("td", {}, cell)));

  /** @type {(state: State, result: Result) => Node[]} */
  function draw({ f }, { layers }) {
    const axis = f === "relu"
      ? "positive outputs from 1e−8 to 1e4, on a logarithmic axis"
      : "outputs from 0 to 1";
    const head = html("tr", {}, html("td"), ...layers.map((_, k) =>
      html("th", { scope: "col" }, `layer ${k + 1}`)));
    return [html("table", { class: "bn-small-layers" },
      html("caption", {}, `Histograms: ${axis}.`), html("thead", {}, head),
      html("tbody", {},
        row("outputs", layers.map((l, k) => histogram(l.counts, k + 1))),
        ...measures(f).map(([name, of]) => row(name, layers.map(of)))))];
  }

  /** @type {(f: Activation, first: Layer, last: Layer) => string} */
  function verdict(f, first, last) {
    if (f === "sigmoid" && last.stuck > 0.5) {
      return "Most values are stuck near 0 or 1, where the sigmoid is flat.";
    }
    if (f === "sigmoid") {
      return last.unit < DULL
        ? "It says nearly the same for every image."
        : "It still tells the images apart.";
    }
    if (last.unit < first.unit / 10) return "The signal dies out on the way.";
    if (last.unit > first.unit * 10) return "The signal explodes on the way.";
    return "The signal keeps its size on the way.";
  }

  /** @type {(state: State, result: Result) => string} */
  function words({ f, scale, norm }, { layers }) {
    const last = layers[layers.length - 1], share = `${fixed(100 * last.stuck, 0)} percent`;
    const stuck = f === "relu" ? `${share} of its units are dead`
      : `${share} of its values are saturated`;
    return `${f === "relu" ? "ReLU" : "Sigmoid"} ${norm ? "with" : "without"} batch ` +
      `normalization, scale ${few(scale)}. In layer ${layers.length} a unit varies ` +
      `by ${spreadOf(f, last)} from image to image, and ${stuck}. ` +
      verdict(f, layers[0], last);
  }

  bnLive.register("histograms", (root, /** @type {Data} */ data) => bnSmall.explorable(root, {
    controls: [
      { name: "scale", label: "Scale of weights", values: data.scales,
        show: (v) => few(v) },
      { name: "f", label: "Activation",
        options: [["sigmoid", "sigmoid"], ["relu", "ReLU"]] },
      { name: "norm", label: "Batch norm" },
    ],
    start: data.start,
    compute: bnLayers.network(data),
    draw, words,
  }));
})();
