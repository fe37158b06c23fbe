// needs: explorer
// needs: explorer-story
// One sentence above the graph: what was done to the batch, and what it did to dx.
const bnTold = (() => {
  "use strict";
  const { make } = bnLive;

  /** @type {() => View} */
  function view() {
    const root = make("p", { class: "bn-told" });
    return { root, show(now) {
      const words = bnStory.brief(now);
      if (root.textContent !== words) root.textContent = words;
    } };
  }

  return { view };
})();
