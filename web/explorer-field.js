// needs: live
// A field for one number.
const bnField = (() => {
  "use strict";
  const { make, short } = bnLive;
  const MOST = 1e9;
  // fields on this page, for ids of their own
  let made = 0;

  /** @type {(v: number | string) => string} */
  const typed = (v) => String(v).replaceAll("-", "−");

  /**
   * What was typed, and what is expected, in one line.
   * @type {(name: string, input: HTMLInputElement, low: number) => string}
   */
  function refusal(name, { value, validity }, low) {
    const what = validity.badInput ? "what you typed is no number"
      : value.trim() ? `you typed ${typed(value)}` : "you typed nothing";
    return `${name}: ${what}, expected ${short(low)} to ${short(MOST)}.`;
  }

  /**
   * What is no number, below `low` or too large is marked and not taken. said: a line that
   * says so: of a number at once, of what may be half typed when it is left.
   * @type {(name: string, set: (v: number) => void, low?: number) => NumberField}
   */
  function number(name, set, low = -MOST) {
    let shown = 0;
    const said = make("p", { class: "bn-refused", role: "alert", id: `bn-refused-${made += 1}` });
    const root = make("input", { type: "number", class: "bn-number", step: "any",
      "aria-label": name, "aria-describedby": said.id });
    const wrong = () => root.hasAttribute("aria-invalid");
    root.addEventListener("input", () => {
      const v = root.value.trim() === "" ? NaN : Number(root.value);
      const good = v >= low && v <= MOST;
      said.textContent = good || Number.isNaN(v) ? "" : refusal(name, root, low);
      if (!good) return root.setAttribute("aria-invalid", "true");
      root.removeAttribute("aria-invalid");
      set(v);
    });
    root.addEventListener("change", () => {
      if (!wrong()) return;
      said.textContent = `${refusal(name, root, low)} It stays ${typed(shown)}.`;
      root.removeAttribute("aria-invalid");
      root.value = String(shown);
    });
    return { root, said, show(v, step) {
      shown = v;
      if (step) root.step = String(step);
      if (wrong()) return;
      said.textContent = "";
      const editing = document.activeElement === root && Number(root.value) === v;
      if (!editing) root.value = String(v);
    } };
  }

  /** @type {(name: string, field: NumberField) => HTMLElement} */
  const labelled = (name, { root, said }) => make("div", { class: "bn-field" },
    make("label", {}, make("span", {}, name), root), said);

  return { number, labelled };
})();
