// needs: live, explorer-model, explorer-say, explorer-elements
// The way through the steps: buttons, keys and a clock, and a sentence for each step.
const bnSteps = (() => {
  "use strict";
  const { make } = bnLive;
  const { last, placeOf } = bnModel;
  const { button } = bnElements;
  // ms a step when it plays
  const BEAT = 1300;

  /**
   * The moves of a live graph. told: called when it begins and stops to play.
   * @type {(store: Store, told: () => void) => Moves}
   * @typedef {{end: () => number, stop: () => void, play: () => void,
   *   playing: () => boolean, go: (at: number) => void, step: (by: number) => void}} Moves
   */
  function mover(store, told) {
    /** @type {number | undefined} */
    let timer;
    const at = () => store.now().state.at, end = () => last(store.now().graph);
    function stop() {
      clearInterval(timer);
      timer = undefined;
      told();
    }
    /** @type {(at: number) => void} */
    function go(to) {
      stop();
      store.set({ at: to });
    }
    function beat() {
      store.set({ at: at() + 1 });
      if (at() === end()) stop();
    }
    function play() {
      if (timer) return stop();
      if (at() === end()) store.set({ at: 0 });
      timer = setInterval(beat, BEAT);
      told();
    }
    return { end, stop, play, go, playing: () => Boolean(timer), step: (by) => go(at() + by) };
  }

  // What has work of its own for the arrow keys, and for the space bar.
  const ARROWS = "input, select, textarea, pre, [role=slider]", SPACE = "button, summary";

  /**
   * Arrow keys step wherever they have no work of their own; so do space, Home, End.
   * @type {(moves: Moves) => (event: KeyboardEvent) => void}
   */
  const keys = ({ step, play, go, end }) => (event) => {
    const target = /** @type {Element} */ (event.target), wide = target.closest(".bn-wide-table");
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (target.closest(ARROWS) || (event.key === " " && target.closest(SPACE))) return;
    if (wide && wide.scrollWidth > wide.clientWidth) return;
    /** @type {Record<string, () => void>} */
    const acts = { ArrowRight: () => step(1), ArrowLeft: () => step(-1), " ": play,
      Home: () => go(0), End: () => go(end()) };
    if (!acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  };

  /**
   * The place of a value one clicked: where it is computed or, on the way back, where its
   * gradient is whole.
   * @type {(now: Snapshot, name: string) => number}
   */
  function placeNow({ graph, state }, name) {
    const half = graph.steps.length, back = state.at > half;
    return placeOf(graph, back ? `d${name}` : name) || (back ? half : 0);
  }

  /**
   * @type {(store: Store) => View & {keys: (event: KeyboardEvent) => void, stop: () => void,
   *   next: HTMLElement, say: (words: string) => void, pick: (name: string) => void}}
   */
  function view(store) {
    const moves = mover(store, () => label(store.now()));
    const said = make("p", { class: "bn-say", role: "status", "aria-live": "polite" });
    const back = button("Back", () => moves.step(-1)), next = button("Next", () => moves.step(1));
    const play = button("Play", moves.play);
    const root = make("div", { class: "bn-steps" }, said, make("div", { class: "bn-buttons" },
      back, next, play, button("To y", () => moves.go(moves.end() / 2)),
      button("To dx", () => moves.go(moves.end()))));
    /** @type {(words: string) => void} */
    function say(words) {
      if (said.textContent !== words) said.textContent = words;
    }
    /** @type {(now: Snapshot) => void} */
    function label({ graph, state }) {
      play.textContent = moves.playing() ? "Pause" : "Play";
      // Not disabled: a button that had the focus would lose it.
      back.setAttribute("aria-disabled", String(state.at === 0));
      next.setAttribute("aria-disabled", String(state.at === last(graph)));
    }
    return { root, next, say, keys: keys(moves), stop: moves.stop,
      pick: (name) => moves.go(placeNow(store.now(), name)),
      show(now) {
        say(bnSay.say(now));
        label(now);
      } };
  }

  return { view };
})();
