// needs: small
// Gradients block by block, in networks of several depths. All numbers were measured when
// the page was made; what is chosen here is which of them to see.
(() => {
  "use strict";
  const { html, picture, line, text, table, scale, colour } = bnSmall;
  const { few, fixed } = bnNumbers;
  /** @typedef {{depth: number, norm: boolean, skip: boolean}} State */
  /**
   * norms: for each depth, [batch norm][skips] -> a number a block.
   * @typedef {{depths: number[], norms: number[][][][], start: State}} Data
   */
  /** @typedef {{chosen: number[], growth: number}} Result */
  const WIDE = 290, HIGH = 200, LEFT = 44, FOOT = 38;
  const NAMES = [["no batch norm, no skips", "skips alone"],
    ["batch norm alone", "batch norm and skips"]];

  /** @type {(data: Data, depth: number) => number[][][]} */
  const four = (data, depth) => data.norms[data.depths.indexOf(depth)];

  /** @type {(state: State, data: Data) => Result} */
  function compute({ depth, norm, skip }, data) {
    const chosen = four(data, depth)[Number(norm)][Number(skip)];
    return { chosen, growth: (chosen[0] / chosen[depth - 1]) ** (1 / (depth - 1)) };
  }

  /** @type {(state: State, data: Data) => SVGElement} */
  function chart({ depth, norm, skip }, data) {
    const all = data.norms.flat(3).map(Math.log10);
    const low = Math.floor(Math.min(...all)), high = Math.ceil(Math.max(...all));
    const across = scale(1, data.depths[data.depths.length - 1], LEFT, WIDE - 10);
    const down = scale(low, high, HIGH - FOOT, 22);
    const powers = Array.from({ length: high - low + 1 }, (_, k) => low + k);
    /** @type {(values: number[], own: boolean) => SVGElement} */
    const path = (values, own) =>
      line(values.map((v, k) => [across(k + 1), down(Math.log10(v))]),
        own ? "blue" : "muted", { "stroke-width": own ? 3 : 1.2 });
    const lines = four(data, depth).flatMap((row, b) => row.map((values, s) =>
      ({ values, own: b === Number(norm) && s === Number(skip) })));
    lines.sort((a, b) => Number(a.own) - Number(b.own));
    return picture(`Gradient over the last block's, for ${depth} blocks. The chosen one ` +
      `starts at ${few(lines[3].values[0])} and ends at 1.`, WIDE, HIGH,
    text(LEFT, 12, "gradient / that at the last block"),
    ...powers.flatMap((p) => [
      line([[LEFT, down(p)], [WIDE - 10, down(p)]], "grid", { "stroke-width": 1 }),
      text(LEFT - 5, down(p) + 4, few(10 ** p, 1), { "text-anchor": "end" })]),
    ...lines.map(({ values, own }) => path(values, own)),
    ...[1, ...data.depths].map((d) => text(across(d), HIGH - FOOT + 15, String(d),
      { "text-anchor": "middle" })),
    text((LEFT + WIDE - 10) / 2, HIGH - 6, "block",
      { "text-anchor": "middle", fill: colour("muted") }));
  }

  /** @type {(state: State, data: Data) => HTMLElement} */
  function numbers({ depth }, data) {
    const rows = NAMES.flatMap((names, b) => names.map((name, s) => {
      const { chosen, growth } = compute({ depth, norm: !!b, skip: !!s }, data);
      return [name, few(chosen[0], 3), fixed(growth, 3)];
    }));
    return table(`${depth} blocks`, ["network", "first / last", "a block"], rows);
  }

  /** @type {(state: State, result: Result) => string} */
  function words({ depth, norm, skip }, { chosen, growth }) {
    return `${depth} blocks, ${NAMES[Number(norm)][Number(skip)]}: the first block's ` +
      `gradient is ${few(chosen[0], 3)} times the last one's, a factor of ` +
      `${fixed(growth, 3)} a block.`;
  }

  bnLive.register("depth", (root, /** @type {Data} */ data) => bnSmall.explorable(root, {
    controls: [
      { name: "depth", label: "Blocks", values: data.depths },
      { name: "norm", label: "Batch norm" },
      { name: "skip", label: "Skips" },
    ],
    start: data.start,
    compute: (state) => compute(state, data),
    draw: (state) => [html("div", { class: "bn-small-panels" }, chart(state, data)),
      numbers(state, data)],
    words,
  }));
})();
