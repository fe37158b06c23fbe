// needs: explorer
// Things to try: a button each, which sets the state, and what to look at then.
const bnTries = (() => {
  "use strict";
  const { make } = bnLive;
  const { button, group, head } = bnElements;

  /** @type {(all: Try[], store: Store) => View} */
  function view(all, store) {
    const hint = make("p", { class: "bn-hint", role: "status" });
    const buttons = all.map(({ label, to, hint: words }) => button(label, () => {
      store.open(to);
      hint.textContent = words;
      lead(root, to.text ? "own" : to.open);
    }));
    const root = group("bn-tries", "Things to try", head("Try"),
      make("div", { class: "bn-buttons" }, buttons), hint);
    return { root, show() {} };
  }

  /**
   * Open a part that stands folded, and bring the reader to it.
   * @type {(root: HTMLElement, part?: string) => void}
   */
  function lead(root, part) {
    const folded = root.parentElement?.querySelector(`details.bn-${part}`);
    folded?.setAttribute("open", "");
    folded?.querySelector("summary")?.focus();
    folded?.scrollIntoView();
  }

  return { view };
})();
