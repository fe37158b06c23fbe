// needs: small
//
// What becomes of digits in five layers with random weights (chapter 1).
//
// data: images (a string a row, a letter a pixel, a for 0), widths (units a layer),
// seed (of the weights), eps, bins, scales (the slider's places), start.
(() => {
  "use strict";
  const { html, svg, line, few, fixed, colour, normals } = bnSmall;
  const LIMITS = { sigmoid: [0, 1], relu: [-8, 4] };
  const EDGE = 0.05; // a sigmoid this close to 0 or 1 is saturated
  const DULL = 0.01; // a sigmoid that varies less is nearly the same for every image
  const NOISE = 1e-12; // of values near one half; less is rounding
  const ACTIVATION = {
    sigmoid: (z) => 1 / (1 + Math.exp(-z)),
    relu: (z) => Math.max(z, 0),
  };

  // A matrix is {rows, columns, data}, row after row. One column's values:
  function column({ rows, columns, data }, k) {
    const values = new Float64Array(rows);
    for (let i = 0; i < rows; i++) values[i] = data[i * columns + k];
    return values;
  }
  const map = (a, f) => ({ ...a, data: a.data.map(f) });
  const spread = (values) => Math.sqrt(bnSmall.variance(values));

  // The pixels in standard deviations: minus each pixel's mean, over one std of all.
  function batch(images) {
    const columns = images[0].length;
    const data = Float64Array.from(images.join(""), (c) => c.charCodeAt(0) - 97);
    const raw = { rows: images.length, columns, data };
    const mu = Array.from({ length: columns }, (_, k) => bnSmall.mean(column(raw, k)));
    const centred = map(raw, (v, i) => v - mu[i % columns]);
    const std = spread(centred.data);
    return map(centred, (v) => v / std);
  }

  function product(a, w, columns) {
    const data = new Float64Array(a.rows * columns);
    for (let i = 0; i < a.rows; i++) {
      for (let k = 0; k < a.columns; k++) {
        const v = a.data[i * a.columns + k];
        for (let j = 0; j < columns; j++) {
          data[i * columns + j] += v * w[k * columns + j];
        }
      }
    }
    return { rows: a.rows, columns, data };
  }

  function normalized(z, eps) {
    const data = new Float64Array(z.data.length);
    for (let k = 0; k < z.columns; k++) {
      const values = column(z, k), mu = bnSmall.mean(values);
      const std = Math.sqrt(bnSmall.variance(values) + eps);
      values.forEach((v, i) => { data[i * z.columns + k] = (v - mu) / std; });
    }
    return { ...z, data };
  }

  // What lies beyond an end is counted there; a ReLU's zeros have no logarithm.
  function counts(values, f, bins) {
    const [low, high] = LIMITS[f], out = new Array(bins).fill(0);
    for (const value of values) {
      if (f === "relu" && value <= 0) continue;
      const v = f === "relu" ? Math.log10(value) : value;
      const bin = Math.floor(((v - low) / (high - low)) * bins);
      out[Math.min(Math.max(bin, 0), bins - 1)] += 1;
    }
    return out;
  }

  function measured(h, f, bins) {
    const units = Array.from({ length: h.columns }, (_, k) => column(h, k));
    const stuck = f === "relu"
      ? units.filter((u) => u.every((v) => v === 0)).length / units.length
      : h.data.filter((v) => Math.abs(v - 0.5) > 0.5 - EDGE).length / h.data.length;
    return { counts: counts(h.data, f, bins), all: spread(h.data),
      unit: bnSmall.mean(units.map(spread)), stuck };
  }

  // The weights of every layer at scale 1, made once.
  function randomWeights({ images, widths, seed }) {
    const sizes = widths.map((n, k) => n * (k ? widths[k - 1] : images[0].length));
    const all = normals(seed, sizes.reduce((a, b) => a + b));
    let from = 0;
    return sizes.map((n) => all.subarray(from, (from += n)));
  }

  function network(data) {
    const x = batch(data.images), weights = randomWeights(data);
    return ({ f, scale, norm }) => {
      let h = x;
      return { layers: weights.map((w, k) => {
        const z = map(product(h, w, data.widths[k]), (v) => scale * v);
        h = map(norm ? normalized(z, data.eps) : z, ACTIVATION[f]);
        return measured(h, f, data.bins);
      }) };
    };
  }

  function histogram(counts, layer) {
    const top = Math.max(...counts, 1), wide = 62 / counts.length;
    const bars = counts.map((n, k) => svg("rect", { x: k * wide, width: wide,
      y: 46 - (44 * n) / top, height: (44 * n) / top, fill: colour("blue") }));
    const peak = counts.indexOf(top) / (counts.length - 1);
    const words = `Layer ${layer}: the peak stands at ${fixed(100 * peak, 0)} percent ` +
      "of the axis.";
    return bnSmall.picture(words, 62, 48, ...bars,
    line([[0, 46.5], [62, 46.5]], "muted", { "stroke-width": 1 }));
  }

  const spreadOf = (f, { unit }) =>
    (f === "sigmoid" && unit < NOISE ? `< ${few(NOISE)}` : few(unit));

  const MEASURES = {
    sigmoid: [["spread, all values", (l) => few(l.all)],
      ["spread, one unit", (l) => spreadOf("sigmoid", l)],
      ["saturated values", (l) => `${fixed(100 * l.stuck, 0)} %`]],
    relu: [["spread, all values", (l) => few(l.all)],
      ["spread, one unit", (l) => few(l.unit)],
      ["dead units", (l) => `${fixed(100 * l.stuck, 0)} %`]],
  };

  function draw({ f }, { layers }) {
    const axis = f === "relu"
      ? "positive outputs from 1e−8 to 1e4, on a logarithmic axis"
      : "outputs from 0 to 1";
    const row = (tag, head, cells) => html("tr", {}, html("th", { scope: "row" }, head),
      ...cells.map((cell) => html(tag, {}, cell)));
    const head = html("tr", {}, html("td"), ...layers.map((_, k) =>
      html("th", { scope: "col" }, `layer ${k + 1}`)));
    return [html("table", { class: "bn-small-layers" },
      html("caption", {}, `Histograms: ${axis}.`), html("thead", {}, head),
      html("tbody", {},
        row("td", "outputs", layers.map((l, k) => histogram(l.counts, k + 1))),
        ...MEASURES[f].map(([name, of]) => row("td", name, layers.map(of)))))];
  }

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

  function words({ f, scale, norm }, { layers }) {
    const last = layers.at(-1), share = `${fixed(100 * last.stuck, 0)} percent`;
    const stuck = f === "relu" ? `${share} of its units are dead`
      : `${share} of its values are saturated`;
    return `${f === "relu" ? "ReLU" : "Sigmoid"} ${norm ? "with" : "without"} batch ` +
      `normalization, scale ${few(scale)}. In layer ${layers.length} a unit varies ` +
      `by ${spreadOf(f, last)} from image to image, and ${stuck}. ` +
      verdict(f, layers[0], last);
  }

  bnLive.register("histograms", (root, data) => bnSmall.explorable(root, {
    controls: [
      { name: "scale", label: "Scale of weights", values: data.scales,
        show: (v) => few(v) },
      { name: "f", label: "Activation",
        options: [["sigmoid", "sigmoid"], ["relu", "ReLU"]] },
      { name: "norm", label: "Batch norm" },
    ],
    start: data.start,
    compute: network(data),
    draw, words,
  }));
})();
