// needs: live, explorer-model, explorer-say, explorer-elements
// The table of all values and gradients known so far.
const bnValues = (() => {
  "use strict";
  const { make } = bnLive;
  const { stepAt, known, before } = bnModel;
  const { cell, table, refill, narrow } = bnElements;

  /** @type {(now: Snapshot, pick: (name: string) => void) => HTMLElement} */
  function values(now, pick) {
    const { run } = now, here = stepAt(now.graph, now.state.at), so = known(now);
    const names = Object.keys(run.values);
    const made = table("Values so far; a name leads to its step", ["name", "value", "gradient"],
      names.map((name) => [make("button", { type: "button", "data-keep": `v-${name}`,
        click: () => pick(name) }, name),
      cell(so.values.includes(name) ? bnSay.list(run.values[name]) : "·", "blue"),
      gradient(so.grads[name], before(run, name))]));
    made.className = "bn-values";
    const row = here && made.tBodies[0].rows[names.indexOf(here.step.name)];
    row?.setAttribute("aria-current", "step");
    row?.classList.add("bn-now");
    return made;
  }

  /** @type {(grad: Arrived | undefined, old: NDArray | null) => Node} */
  function gradient(grad, old) {
    if (!grad) return cell("·", "orange");
    const more = grad.got < grad.of, made = cell(bnSay.list(grad.sum) + (more ? " …" : ""), "orange");
    if (old && !more) made.append(make("span", { class: "bn-was" }, ` was ${bnSay.list(old)}`));
    return made;
  }

  /** @type {(pick: (name: string) => void) => View} */
  function view(pick) {
    const box = make("div");
    const root = make("details", { class: "bn-all", open: narrow() },
      make("summary", {}, "All values"), box);
    return { root, show: (now) => refill(box, [values(now, pick)]) };
  }

  return { view };
})();
