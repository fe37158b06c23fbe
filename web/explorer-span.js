// What a number line shows: its ends, its marks, and round numbers on it.
const bnSpan = (() => {
  "use strict";

  /**
   * A span that fits the values; a drag widens it.
   * @type {(values: number[]) => Span}
   */
  function around(values) {
    const low = Math.min(...values), high = Math.max(...values), middle = (low + high) / 2;
    const spread = high - low, flat = spread <= 1e-9 * Math.abs(middle);
    const half = flat ? 5 : 0.65 * spread;
    const step = 10 ** Math.floor(Math.log10(half / 2));
    const base = Math.round(middle / step) * step, steps = Math.ceil(half / step);
    return { low: tidy(base - steps * step, step), high: tidy(base + steps * step, step) };
  }

  /**
   * Bars start at 0, so the span has as much on either side of it.
   * @type {(values: number[]) => Span}
   */
  function evened(values) {
    const most = Math.max(...values.map(Math.abs), 0.5);
    const step = 10 ** Math.floor(Math.log10(most)), high = Math.ceil((1.5 * most) / step) * step;
    return { low: -high, high };
  }

  /**
   * Round marks inside a span, five to nine of them.
   * @type {(span: Span) => number[]}
   */
  function marks({ low, high }) {
    const rough = (high - low) / 6, power = 10 ** Math.floor(Math.log10(rough));
    const step = power * ([1, 2, 5].find((k) => k * power >= rough) ?? 10);
    const first = Math.ceil(low / step - 1e-9), many = Math.floor(high / step + 1e-9) - first;
    return Array.from({ length: many + 1 }, (_, k) => tidy((first + k) * step, step));
  }

  /**
   * v without the digits that rounding to `step` left behind.
   * @type {(v: number, step: number) => number}
   */
  const tidy = (v, step) => Number(v.toFixed(Math.max(0, Math.ceil(-Math.log10(step)) + 1)));

  /**
   * A place in a span, as a percentage of its length.
   * @type {(span: Span, v: number) => number}
   */
  const percent = ({ low, high }, v) => (100 * (v - low)) / (high - low);

  /** @type {(span: Span, v: number) => number} */
  const clamp = ({ low, high }, v) => Math.min(high, Math.max(low, v));

  return { around, evened, marks, tidy, percent, clamp };
})();
