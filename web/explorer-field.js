// needs: live
// A field for one number.
const bnField = (() => {
  "use strict";

  /**
   * What is no number, or below `low`, is marked and not taken.
   * @type {(name: string, set: (v: number) => void, low?: number) => NumberField}
   */
  function number(name, set, low = -Infinity) {
    let shown = 0;
    const root = bnLive.make("input", { type: "number", class: "bn-number", step: "any",
      "aria-label": name });
    const wrong = () => root.hasAttribute("aria-invalid");
    /** @type {(v: number) => void} */
    function put(v) {
      root.removeAttribute("aria-invalid");
      root.value = String(v);
    }
    root.addEventListener("input", () => {
      const v = root.value.trim() === "" ? NaN : Number(root.value);
      const good = Number.isFinite(v) && v >= low && Math.abs(v) < 1e9;
      if (!good) return root.setAttribute("aria-invalid", "true");
      root.removeAttribute("aria-invalid");
      set(v);
    });
    root.addEventListener("change", () => { if (wrong()) put(shown); });
    return { root, show(v, step) {
      shown = v;
      if (step) root.step = String(step);
      const editing = document.activeElement === root && Number(root.value) === v;
      if (!editing && !wrong()) root.value = String(v);
    } };
  }
  return { number };
})();
