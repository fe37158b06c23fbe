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
  const refusal = (name, { value }, low) => `${name}: you typed ${
    typed(value || "no number")}, expected ${short(low)} to ${short(MOST)}.`;

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
    let wrong = false;
    /** @type {(so: boolean, words: string) => void} */
    function mark(so, words) {
      wrong = so;
      said.textContent = words;
      root.ariaInvalid = so ? "true" : null;
    }
    root.addEventListener("input", () => {
      const v = root.valueAsNumber, good = v >= low && v <= MOST;
      mark(!good, good || isNaN(v) ? "" : refusal(name, root, low));
      if (good) set(v);
    });
    root.addEventListener("change", () => {
      if (!wrong) return;
      mark(false, `${refusal(name, root, low)} It stays ${typed(shown)}.`);
      root.value = String(shown);
    });
    return { root, said, show(v, step) {
      shown = v;
      if (step) root.step = String(step);
      if (wrong) return;
      said.textContent = "";
      if (document.activeElement !== root || Number(root.value) !== v) root.value = String(v);
    } };
  }

  /** @type {(name: string, field: NumberField) => HTMLElement} */
  const labelled = (name, { root, said }) => make("div", { class: "bn-field" },
    make("label", {}, make("span", {}, name), root), said);

  return { number, labelled };
})();
