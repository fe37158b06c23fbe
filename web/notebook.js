// needs: live
// A live part in a notebook's output. A page of the book is not sent this.
const bnNotebook = (() => {
  "use strict";
  // What has work of its own for which keys.
  /** @type {[controls: string, keys: RegExp][]} */
  const WORK = [["textarea, select, [type=number]", /./],
    ["[type=range], pre, .bn-wide-table", /^(Arrow|Page|Home|End)/],
    ["button, summary, [type=checkbox]", /^( |Enter)$/]];

  /**
   * Keep a key that a part uses from its notebook, whose cells it would move; others pass.
   * @type {(event: KeyboardEvent) => void}
   */
  function keep(event) {
    const { key, shiftKey, defaultPrevented } = event;
    const target = /** @type {Element} */ (event.target);
    const runs = shiftKey && key === "Enter";
    if (defaultPrevented || (!runs && WORK.some(([controls, keys]) =>
      target.matches(controls) && keys.test(key)))) event.stopPropagation();
  }

  /**
   * One part in a notebook's output: model and el are anywidget's. It takes up the state
   * in which an earlier view left it.
   * @type {(model: Model, el: HTMLElement) => void}
   */
  function host(model, el) {
    el.innerHTML = model.get("html");
    el.addEventListener("keydown", keep);
    const root = /** @type {HTMLElement} */ (el.querySelector(".bn-live"));
    const left = model.get("state");
    bnLive.startOne(root);
    if (Object.keys(left).length) (root.explorer ?? root.explorable)?.put(left);
    root.addEventListener("bn-state", (event) => {
      model.set("state", /** @type {CustomEvent} */ (event).detail);
      model.save_changes();
    });
  }

  return { host };
})();
