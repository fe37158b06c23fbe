// needs: live
// What a box or an arrow holds, in numbers: under the pointer, on a tap, and by the up and
// down arrow keys.
const bnTip = (() => {
  "use strict";

  /** @type {(root: HTMLElement) => {root: HTMLElement, renew: () => void}} */
  function of(root) {
    const tip = bnLive.make("p", { class: "bn-tip", role: "status", hidden: true });
    /** @type {SVGElement | null} */
    let looked = null;

    /** @type {(at: SVGElement | null) => void} */
    function look(at) {
      looked?.classList.remove("bn-looked");
      looked = at?.isConnected && at.dataset.say ? at : null;
      tip.hidden = !looked;
      if (!looked) return;
      looked.classList.add("bn-looked");
      tip.textContent = String(looked.dataset.say);
      const here = looked.getBoundingClientRect(), all = root.getBoundingClientRect();
      tip.style.top = `${here.bottom - all.top + 4}px`;
    }
    /** @type {(event: Event) => void} */
    const under = ({ target }) =>
      look(/** @type {Element} */ (target).closest("[data-say]"));
    /** @type {(event: KeyboardEvent) => void} */
    function keys(event) {
      const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!way || event.target !== root) return;
      event.preventDefault();
      /** @type {SVGElement[]} */
      const boxes = [...root.querySelectorAll(".node")].map((box) =>
        /** @type {SVGElement} */ (box)).filter((box) => box.dataset.say);
      const at = looked ? boxes.indexOf(looked) : way > 0 ? -1 : 0;
      look(boxes.at((at + way) % boxes.length) ?? null);
    }
    for (const name of ["pointerover", "pointerdown"]) root.addEventListener(name, under);
    for (const name of ["pointerleave", "blur"]) root.addEventListener(name, () => look(null));
    root.addEventListener("keydown", keys);
    return { root: tip, renew: () => look(looked) };
  }

  return { of };
})();
