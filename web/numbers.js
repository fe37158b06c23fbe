// The small explorables' numbers: random ones, which src/bnbook/show/small/seeded.py
// mirrors, their statistics, and numbers as text.
const bnNumbers = (() => {
  "use strict";

  /**
   * The last step of MurmurHash3, by Austin Appleby, in the public domain.
   * @type {(k: number) => number}
   */
  function hash(k) {
    let h = k | 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) >>> 0;
  }

  /**
   * Uniform in [0, 1): the k-th number of a seed is a hash of both.
   * @type {(seed: number, k: number) => number}
   */
  const uniform = (seed, k) => hash(k + hash(seed)) / 2 ** 32;

  /**
   * `count` standard normal numbers, an even count (Box and Muller).
   * @type {(seed: number, count: number) => Float64Array}
   */
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

  /** @type {(values: number[] | Float64Array) => number} */
  function mean(values) {
    let sum = 0;
    for (const v of values) sum += v;
    return sum / values.length;
  }

  /** @type {(values: number[] | Float64Array) => number} */
  function variance(values) {
    const mu = mean(values);
    return mean(Float64Array.from(values, (v) => (v - mu) * (v - mu)));
  }

  /**
   * A number with `digits` significant digits and a minus sign that is one.
   * @type {(value: number, digits?: number) => string}
   */
  function few(value, digits = 2) {
    if (!Number.isFinite(value)) return Number.isNaN(value) ? "none" : "∞";
    const size = Math.abs(value);
    const plain = value === 0 || (size >= 1e-3 && size < 1e5);
    const written = plain
      ? String(Number(value.toPrecision(digits)))
      : value.toExponential(digits - 1).replace(/\.?0*e\+?/, "e");
    return written.replaceAll("-", "−");
  }

  /** @type {(value: number, places?: number) => string} */
  function fixed(value, places = 2) {
    if (!Number.isFinite(value)) return "none";
    const shown = Math.abs(value) < 0.5 * 10 ** -places ? 0 : value;
    return shown.toFixed(places).replace("-", "−");
  }

  return { uniform, normals, mean, variance, few, fixed };
})();
