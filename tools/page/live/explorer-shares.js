// needs: explorer-say
// The gradient by x as the sum of what each path brought: bars that add up, and what is
// left when a path is cut.
const bnShares = (() => {
  "use strict";
  const { make, short } = bnLive;
  const { sub, sum } = bnSay;

  // Fill `box`. own: {id, set, table, next}, the explorer's; next has the focus when what
  // had it is gone.
  function show(box, graph, run, state, own) {
    const names = Object.keys(graph.paths), back = state.at > graph.steps.length;
    const keep = document.activeElement?.dataset?.keep;
    const held = box.contains(document.activeElement);
    const found = [make("p", { class: "bn-head" }, "dx and its paths")];
    if (names.length) found.push(choice("Follow", "path", names, state, own),
      choice("Cut", "cut", names, state, own));
    if (state.at < bnModel.last(graph)) found.push(make("p", {}, back ? "dx is not whole yet."
      : "Step back to dx to see what came along each path."));
    else found.push(bars(run, state, own.table));
    box.replaceChildren(...found);
    if (held) (box.querySelector(`[data-keep="${keep}"]`) ?? own.next).focus();
  }

  function choice(words, name, names, state, { id, set }) {
    const one = (value) => make("label", {}, make("input", { type: "radio",
      name: `${id}-${name}`, checked: state[name] === value, "data-keep": `${name}-${value}`,
      change: () => set({ [name]: value }) }), value ?? "none");
    return make("fieldset", {}, make("legend", {}, words), [null, ...names].map(one));
  }

  function bar(v, most, kind) {
    const part = Number.isFinite(v) && most ? (50 * Math.abs(v)) / most : 0;
    return make("td", { class: `bn-share bn-${kind}` }, make("span", {}, short(v)),
      make("i", { style: `left:${v < 0 ? 50 - part : 50}%;width:${part}%` }));
  }

  function bars(run, state, table) {
    const { dx, parts: paths, left } = bnModel.shares(run, state.cut);
    const all = [...dx, ...(left ?? []), ...paths.flatMap(([, a]) => [...a])];
    const most = Math.max(...all.map(Math.abs));
    const rows = [...dx].map((v, i) => [`x${sub(i)}`,
      ...paths.map(([path, a]) => bar(a[i], most, state.cut === path ? "lost"
        : state.path === path ? "path" : "part")),
      bar(v, most, "whole"), ...(left ? [bar(left[i], most, "left")] : [])]);
    const columns = ["", ...paths.map(([path], k) => `${k ? "+ " : ""}${path}`),
      paths.length ? "= dx" : "dx", ...(left ? [`without ${state.cut}`] : [])];
    const scroll = make("div", { class: "bn-wide-table", tabindex: 0, role: "group",
      "data-keep": "table", "aria-label": "Shares of dx" }, table(
      paths.length ? "Each element's shares add up to its dx" : "One path only: straight",
      columns, rows));
    if (!left) return scroll;
    return make("div", {}, scroll, make("p", {}, loss(run, state.cut, left)));
  }

  // What a cut takes from dx.
  function loss(run, cut, left) {
    const dx = [...run.grads.x.data], xhat = run.values.xhat.data;
    const dot = (g) => sum(g.map((v, i) => v * xhat[i]));
    return `Without the ${cut} path dx adds up to ${short(sum([...left]))} instead of `
      + `${short(sum(dx))}, and dx · xhat to ${short(dot([...left]))} instead of `
      + `${short(dot(dx))}.`;
  }

  return { show };
})();
globalThis.bnShares = bnShares;
