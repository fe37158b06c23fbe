// needs: numbers
// What becomes of digits in five layers with random weights, computed.
const bnLayers = (() => {
  "use strict";
  const { mean, variance, normals } = bnNumbers;
  /** @typedef {{rows: number, columns: number, data: Float64Array}} Matrix */
  /** @typedef {"sigmoid" | "relu"} Activation */
  /** @typedef {{f: Activation, scale: number, norm: boolean}} State */
  /** @typedef {{counts: number[], all: number, unit: number, stuck: number}} Layer */
  /**
   * images: a string a row, a letter a pixel, a for 0; widths: units a layer; seed: of
   * the weights; scales: the slider's places.
   * @typedef {{images: string[], widths: number[], seed: number, eps: number,
   *   bins: number, scales: number[], start: State}} Data
   */
  /** @type {Record<Activation, [low: number, high: number]>} */
  const LIMITS = { sigmoid: [0, 1], relu: [-8, 4] };
  const EDGE = 0.05; // a sigmoid this close to 0 or 1 is saturated
  /** @type {Record<Activation, (z: number) => number>} */
  const ACTIVATION = {
    sigmoid: (z) => 1 / (1 + Math.exp(-z)),
    relu: (z) => Math.max(z, 0),
  };

  /** @type {(a: Matrix, k: number) => Float64Array} */
  function column({ rows, columns, data }, k) {
    const values = new Float64Array(rows);
    for (let i = 0; i < rows; i++) values[i] = data[i * columns + k];
    return values;
  }
  /** @type {(a: Matrix, f: (v: number, i: number) => number) => Matrix} */
  const map = (a, f) => ({ ...a, data: a.data.map(f) });
  /** @type {(values: Float64Array) => number} */
  const spread = (values) => Math.sqrt(variance(values));

  /**
   * The pixels in standard deviations: minus each pixel's mean, over one std of all.
   * @type {(images: string[]) => Matrix}
   */
  function batch(images) {
    const columns = images[0].length;
    const data = Float64Array.from(images.join(""), (c) => c.charCodeAt(0) - 97);
    const raw = { rows: images.length, columns, data };
    const mu = Array.from({ length: columns }, (_, k) => mean(column(raw, k)));
    const centred = map(raw, (v, i) => v - mu[i % columns]);
    const std = spread(centred.data);
    return map(centred, (v) => v / std);
  }

  /** @type {(a: Matrix, w: Float64Array, columns: number) => Matrix} */
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

  /** @type {(z: Matrix, eps: number) => Matrix} */
  function normalized(z, eps) {
    const data = new Float64Array(z.data.length);
    for (let k = 0; k < z.columns; k++) {
      const values = column(z, k), mu = mean(values);
      const std = Math.sqrt(variance(values) + eps);
      values.forEach((v, i) => { data[i * z.columns + k] = (v - mu) / std; });
    }
    return { ...z, data };
  }

  /**
   * What lies beyond an end is counted there; a ReLU's zeros have no logarithm.
   * @type {(values: Float64Array, f: Activation, bins: number) => number[]}
   */
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

  /** @type {(h: Matrix, f: Activation, bins: number) => Layer} */
  function measured(h, f, bins) {
    const units = Array.from({ length: h.columns }, (_, k) => column(h, k));
    const stuck = f === "relu"
      ? units.filter((u) => u.every((v) => v === 0)).length / units.length
      : h.data.filter((v) => Math.abs(v - 0.5) > 0.5 - EDGE).length / h.data.length;
    return { counts: counts(h.data, f, bins), all: spread(h.data),
      unit: mean(units.map(spread)), stuck };
  }

  /**
   * The weights of every layer at scale 1, made once.
   * @type {(data: Data) => Float64Array[]}
   */
  function randomWeights({ images, widths, seed }) {
    const sizes = widths.map((n, k) => n * (k ? widths[k - 1] : images[0].length));
    const all = normals(seed, sizes.reduce((a, b) => a + b));
    let from = 0;
    return sizes.map((n) => all.subarray(from, (from += n)));
  }

  /** @type {(data: Data) => (state: State) => {layers: Layer[]}} */
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

  return { network };
})();
