// needs: live
// Bars that are dragged where they stand in the drawing: up is more. The lanes beside it
// do the same by keys and fields.
const bnGrab = (() => {
  "use strict";
  const { svg } = bnLive;
  // How far one drags, in pixels, to move a value by the largest of its list, or by 1.
  const REACH = 80;

  /**
   * What of a box can be dragged: which list, and where its bars begin.
   * @type {(graph: Graph, name: string) => [ListName, number] | null}
   */
  function held({ steps, inputs }, name) {
    if (name === steps[steps.length - 1].name) return ["dy", 42];
    const found = inputs.find((input) => input === name);
    return found ? [found, 5] : null;
  }

  /** @type {(store: Store, box: {name: string, box: SVGElement, x: number, y: number}) => void} */
  function add(store, { name, box, x, y }) {
    const found = held(store.now().graph, name);
    if (!found) return;
    const [list, from] = found;
    let moved = false;
    const hit = svg("rect", { class: "bn-grab", x: x + from, y: y + 17, width: 33, height: 22,
      pointerdown: (/** @type {PointerEvent} */ event) => {
        moved = false;
        drag(store, list, hit, event, () => { moved = true; });
      },
      // A drag is no click on the box.
      click: (/** @type {Event} */ event) => { if (moved) event.stopPropagation(); } });
    box.append(hit);
  }

  /**
   * @type {(store: Store, list: ListName, hit: SVGElement, event: PointerEvent,
   *   told: () => void) => void}
   */
  function drag(store, list, hit, event, told) {
    if (event.button) return;
    event.preventDefault();
    const first = store.now().state[list], { left, width } = hit.getBoundingClientRect();
    const i = Math.max(0, Math.min(first.length - 1,
      Math.floor(((event.clientX - left) / width) * first.length)));
    const unit = Math.max(1, ...first.map(Math.abs)) / REACH;
    hit.setPointerCapture(event.pointerId);
    /** @type {(event: PointerEvent) => void} */
    const move = ({ clientY }) => {
      if (Math.abs(clientY - event.clientY) > 2) told();
      const v = Number((first[i] + (event.clientY - clientY) * unit).toFixed(2));
      if (clientY !== event.clientY)
        store.set({ [list]: first.map((old, k) => (k === i ? v : old)) });
    };
    const end = () => hit.removeEventListener("pointermove", move);
    hit.addEventListener("pointermove", move);
    for (const name of ["pointerup", "pointercancel"])
      hit.addEventListener(name, end, { once: true });
  }

  return { add };
})();
