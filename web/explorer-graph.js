// needs: live, explorer-model, explorer-elements, explorer-boxes, explorer-arrows
// needs: explorer-tip, explorer-grab
// The drawing that Python made, brought alive: values and gradients in the boxes and on
// the arrows, the current step lit, messages that travel.
const bnStage = (() => {
  "use strict";
  const { svg, still } = bnLive;
  const { stepAt, known, sent } = bnModel;
  /** @typedef {ReturnType<typeof bnBoxes.read>} Box */
  /** @typedef {ReturnType<typeof bnArrows.read>} Arrow */
  /** @typedef {{boxes: Box[], arrows: Arrow[], dots: SVGElement}} Scene */

  /** @type {(picture: SVGElement, pick: (name: string) => void) => Scene} */
  function scene(picture, pick) {
    /** @type {(selector: string) => SVGElement[]} */
    const all = (selector) => [...picture.querySelectorAll(selector)]
      .map((found) => /** @type {SVGElement} */ (found));
    const boxes = all(".node").map((box) => bnBoxes.read(box, pick));
    const arrows = all(".edge, .message").map(bnArrows.read);
    const dots = svg("g", { class: "bn-dots" });
    picture.append(svg("g", {}, arrows.map(({ live }) => live)), dots);
    picture.removeAttribute("role");
    picture.removeAttribute("aria-label");
    // The table beside it says it in words.
    picture.setAttribute("aria-hidden", "true");
    return { boxes, arrows, dots };
  }

  /**
   * What of a run can be seen at its place. lit: the edges of the path that is followed;
   * gone: the one that is cut.
   * @type {(now: Snapshot) => Seen}
   */
  function seen(now) {
    const { graph: { paths }, state: { path, cut } } = now;
    return { here: stepAt(now.graph, now.state.at), so: known(now), messages: sent(now),
      lit: path ? new Set(paths[path].edges.map(String)) : null,
      gone: cut ? String(paths[cut].own) : null };
  }

  /**
   * A dot on every arrow of the step just done; where motion is unwelcome, none.
   * @type {(scene: Scene, here: Place | null) => void}
   */
  function travel({ arrows, dots }, here) {
    dots.replaceChildren();
    if (still()) return;
    for (const arrow of arrows)
      if (bnArrows.going(arrow, here)) bnArrows.travel(arrow, dots);
  }

  /**
   * Python's drawing of a graph, or the page's of a reader's own.
   * @type {(pictures: Record<string, SVGElement>, now: Snapshot) => SVGElement}
   */
  function drawn(pictures, { graph, state, run }) {
    if (graph.text) return bnDrawing.draw(run.whole, "own", graph.title);
    return /** @type {SVGElement} */ (pictures[state.graph].cloneNode(true));
  }

  /**
   * store: where values go that are dragged in the drawing; without it none are.
   * @type {(pictures: Record<string, SVGElement>, pick: (name: string) => void,
   *   store?: Store) => View}
   */
  function view(pictures, pick, store) {
    const root = bnElements.group("bn-stage", "The graph. Left and right arrow keys step, space "
      + "plays, Home and End go to the ends, up and down read a value. A table of all values follows below.");
    /** @type {Scene} */
    let stage;
    root.tabIndex = 0;
    const tip = bnTip.of(root);
    return { root, show(now, fresh, stepped) {
      if (fresh) {
        const picture = drawn(pictures, now);
        root.replaceChildren(picture, tip.root);
        stage = scene(picture, pick);
        if (store) for (const box of stage.boxes) bnGrab.add(store, box);
      }
      const sight = seen(now);
      for (const box of stage.boxes) bnBoxes.draw(box, now, sight);
      for (const arrow of stage.arrows) bnArrows.draw(arrow, now, sight);
      tip.renew();
      if (stepped) travel(stage, sight.here);
    } };
  }

  return { view };
})();
