// needs: live
// Elements that several parts of the live graph are made of.
const bnElements = (() => {
  "use strict";
  const { make, short } = bnLive;

  /** @type {(words: string) => HTMLElement} */
  const head = (words) => make("p", { class: "bn-head" }, words);

  /** @type {(name: string, label: string, ...children: Children) => HTMLElement} */
  const group = (name, label, ...children) => make("div",
    { class: name, role: "group", "aria-label": label }, ...children);

  /** @type {(words: string, act: () => void) => HTMLElement} */
  const button = (words, act) => make("button", { type: "button", click: act }, words);

  /**
   * say: told whether it was copied.
   * @type {(words: string, text: () => string, say: (said: string) => void) => HTMLElement}
   */
  function copyButton(words, text, say) {
    const root = button(words, () => {
      if (!navigator.clipboard) return old();
      navigator.clipboard.writeText(text()).then(() => done(true), old);
    });
    function old() {
      const copied = copyOld(text());
      root.focus();
      done(copied);
    }
    /** @type {(copied: boolean) => void} */
    function done(copied) {
      root.textContent = copied ? "Copied" : "Not copied";
      say(root.textContent);
      setTimeout(() => { root.textContent = words; }, 1500);
    }
    return root;
  }

  /** @type {(text: string) => boolean} */
  function copyOld(text) {
    const area = make("textarea", {}, text);
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  }

  /** @type {(v: string | number, kind?: string) => HTMLElement} */
  const cell = (v, kind) => make("td", kind ? { class: `bn-${kind}` } : {},
    typeof v === "number" ? short(v) : v);

  /**
   * A table; the first cell of each row, and of the foot, is its heading.
   * @type {(caption: string, columns: string[], rows: Child[][], foot?: Child[] | null) =>
   *   HTMLTableElement}
   */
  function table(caption, columns, rows, foot) {
    /** @type {(cells: Child[]) => HTMLElement} */
    const line = ([name, ...cells]) =>
      make("tr", {}, make("th", { scope: "row" }, name), cells);
    return make("table", {}, make("caption", {}, caption),
      make("thead", {}, make("tr", {}, columns.map((words) =>
        (words ? make("th", { scope: "col" }, words) : make("td"))))),
      make("tbody", {}, rows.map(line)), foot ? make("tfoot", {}, line(foot)) : null);
  }

  /**
   * New children for a box; what had the focus keeps it, by its data-keep, or else
   * `otherwise` gets it.
   * @type {(box: HTMLElement, children: Node[], otherwise?: HTMLElement) => void}
   */
  function refill(box, children, otherwise) {
    const held = /** @type {HTMLElement} */ (document.activeElement);
    const inside = box.contains(held);
    box.replaceChildren(...children);
    if (!inside) return;
    /** @type {HTMLElement | null} */
    const again = box.querySelector(`[data-keep="${held.dataset.keep}"]`);
    (again ?? otherwise)?.focus();
  }

  const narrow = () => matchMedia("(max-width: 620px)").matches;

  return { head, group, button, copyButton, cell, table, refill, narrow };
})();
