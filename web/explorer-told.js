// needs: explorer
// needs: explorer-story
// One sentence above the graph: what was done to the batch, and what it did to dx. Where
// nothing was done, what the last thing to try shows.
const bnTold = (() => {
  "use strict";
  const { make } = bnLive;

  /** @type {(store: Store) => View} */
  function view(store) {
    const root = make("p", { class: "bn-told" });
    return { root, show(now) {
      const words = bnStory.brief(now, store.told());
      if (root.textContent !== words) root.textContent = words;
    } };
  }

  return { view };
})();
