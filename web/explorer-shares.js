// needs: explorer
// The gradient by x as the sum of what each path brought: bars that add up, and what is
// left when a path is cut.
const bnShares = (() => {
  "use strict";
  const { make, short } = bnLive;
  const { sub, sum } = bnSay;
  const { byX, last } = bnModel;
  const { head, group, table, refill } = bnElements;
  /** @typedef {{dx: number[], parts: [path: string, share: number[]][]}} Shares */

  /**
   * dx in a pass, and the part of it that each path brought.
   * @type {(pass: Paths) => Shares}
   */
  const shares = (pass) => ({ dx: [...byX(pass)],
    parts: Object.entries(pass.paths).map(([path, part]) => [path, [...byX(part)]]) });

  /** @type {(store: Store, id: string, words: string, name: "path" | "cut") => Node} */
  function choice(store, id, words, name) {
    const { graph, state } = store.now();
    /** @type {(value: string | null) => Node} */
    const one = (value) => make("label", {}, make("input", { type: "radio",
      name: `${id}-${name}`, checked: state[name] === value, "data-keep": `${name}-${value}`,
      change: () => { store.set({ [name]: value }); } }), value ?? "none");
    return make("fieldset", {}, make("legend", {}, words),
      [null, ...Object.keys(graph.paths)].map(one));
  }

  /**
   * A share as a bar; was: what it is without the cut, if that is another number.
   * @type {(v: number, most: number, kind: string, was: number) => HTMLElement}
   */
  function bar(v, most, kind, was) {
    const part = Number.isFinite(v) && most ? (50 * Math.abs(v)) / most : 0;
    return make("td", { class: `bn-share bn-${kind}` }, make("span", {}, short(v)),
      short(v) === short(was) ? null : make("span", { class: "bn-was" }, ` was ${short(was)}`),
      make("i", { style: `left:${v < 0 ? 50 - part : 50}%;width:${part}%` }));
  }

  /** @type {(left: Shares, whole: Shares, state: State) => HTMLElement[][]} */
  function bars(left, whole, { path, cut }) {
    const all = [left, whole].flatMap(({ dx, parts }) => [...dx, ...parts.flatMap((p) => p[1])]);
    const most = Math.max(...all.map(Math.abs));
    /** @type {(name: string) => string} */
    const kind = (name) => (cut === name ? "lost" : path === name ? "path" : "part");
    return left.dx.map((v, i) => [...left.parts.map(([name, share], k) =>
      bar(share[i], most, kind(name), whole.parts[k][1][i])),
    bar(v, most, cut ? "left" : "whole", whole.dx[i])]);
  }

  /** @type {(now: Snapshot) => Node} */
  function sums({ run, state }) {
    const left = shares(run), whole = shares(run.whole), { parts } = left, { cut } = state;
    const columns = ["", ...parts.map(([path], k) => `${k ? "+ " : ""}${path}`),
      cut ? "= left of dx" : parts.length ? "= dx" : "dx"];
    const scroll = group("bn-wide-table", "Shares of dx", table(
      cut ? `With the ${cut} path cut: what each element is left with`
        : parts.length ? "Each element's shares add up to its dx" : "All of dx",
      columns, bars(left, whole, state).map((cells, i) => [`x${sub(i)}`, ...cells])));
    scroll.tabIndex = 0;
    scroll.dataset.keep = "table";
    return cut ? make("div", {}, scroll, make("p", {}, loss(run, cut))) : scroll;
  }

  /**
   * What a cut takes from dx.
   * @type {(run: Run, cut: string) => string}
   */
  function loss(run, cut) {
    const xhat = run.values.xhat.data, [left, dx] = [byX(run), byX(run.whole)];
    /** @type {(g: Float64Array) => number} */
    const dot = (g) => sum([...g].map((v, i) => v * xhat[i]));
    return `Without the ${cut} path dx adds up to ${short(sum([...left]))} instead of `
      + `${short(sum([...dx]))}, and dx · xhat to ${short(dot(left))} instead of `
      + `${short(dot(dx))}.`;
  }

  /**
   * id: begins the names of its fields; next: has the focus when what had it is gone.
   * @type {(store: Store, id: string, next: HTMLElement) => View}
   */
  function view(store, id, next) {
    const root = group("bn-shares", "The gradient by x and its paths");
    return { root, show(now) {
      const { graph, state: { at } } = now, some = Object.keys(graph.paths).length;
      refill(root, [head("dx and its paths"),
        ...(some ? [choice(store, id, "Follow", "path"), choice(store, id, "Cut", "cut")] : []),
        at === last(graph) ? sums(now) : make("p", {}, at > graph.steps.length
          ? "Not all of dx has come yet."
          : "Step back to dx to see what came along each path.")],
      next);
    } };
  }

  return { view };
})();
