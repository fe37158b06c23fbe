// needs: explorer
// needs: explorer-story-set
// What an edit of the batch did, in words. Every sentence is made from two runs and holds
// for every state it is said of.
const bnStory = (() => {
  "use strict";
  const { make } = bnLive;
  const { count, sub, near, sets } = bnSay;
  const { head, group } = bnElements;
  const { change, computed } = bnSetStory;

  /**
   * A number as it was typed.
   * @type {(v: number) => string}
   */
  const typed = (v) => String(v).replace("-", "−");

  /**
   * What differs between two values of one input, in a few words.
   * @type {(name: string, before: number[], after: number[], moved?: string) => string[]}
   */
  function edited(name, before, after, moved = "") {
    const at = after.flatMap((v, i) => (v === before[i] ? [] : [i])), n = after.length;
    if (at.length > 2) return [(at.length === n ? `every ${name}`
      : `${count(at.length)} of the ${count(n)} ${name}`) + (moved && " moved")];
    return at.map((i) => `${n > 1 ? name + sub(i) : name} ${moved}from ${typed(before[i])} to ${
      typed(after[i])}`);
  }

  /** @type {(graph: Graph) => ListName[]} */
  const lists = (graph) => [...graph.inputs, "dy"];

  /**
   * What differs between two states of one graph, in a sentence. moved: its verb, where
   * it does not begin with "You changed".
   * @type {(base: Snapshot, now: Snapshot, moved?: string) => string[]}
   */
  function edits({ state: a }, { graph, state: b }, moved) {
    if (b.x.length !== a.x.length)
      return [`The batch now has ${count(b.x.length)} values instead of ${count(a.x.length)}.`];
    const found = [...lists(graph).flatMap((name) => edited(name, a[name], b[name], moved)),
      ...edited("eps", [a.eps], [b.eps], moved)];
    return found.length ? [`${moved ? "" : "You changed "}${found.join("; ")}.`] : [];
  }

  /** @type {(graph: Graph) => string} */
  const invitation = (graph) => "This is the batch as it came. Move one value far "
    + `away${"an outlier" in graph.presets ? ", or take the preset “an outlier”," : ""} `
    + "and this box says what it does to dx.";

  /**
   * What happened: sentences about `now`, compared with `base`.
   * @type {(base: Snapshot, now: Snapshot) => string[]}
   */
  function tell(base, now) {
    const { graph, run, state } = now, said = edits(base, now);
    if (isShift(base, now)) return [...said, "All values moved by the same amount. "
      + "mu took all of it: xmu is what it was, and so are xhat, y and dx."];
    if (!run.grads.x.data.every(Number.isFinite)) return [...said,
      graph.text ? "Some value is no number, nor is anything after it."
        : `${graph.roles.scale} is 0 somewhere, and one over it is no number, nor is anything `
        + "after it. This is what eps is for."];
    if (graph.text) return [...said, `dx is ${bnSay.list(run.grads.x)}; with the batch as it `
      + `came it is ${bnSay.list(base.run.grads.x)}.`];
    const all = sets(graph, state.x.length).flatMap((set, j) =>
      ofSet(base, now, set, j, said.length > 0));
    return [...(said.length ? said : [invitation(graph)]), ...all];
  }

  /**
   * What happened in one of the sets that share their statistics.
   * @type {(base: Snapshot, now: Snapshot, set: number[], j: number, edited: boolean) =>
   *   string[]}
   */
  function ofSet(base, now, set, j, edited) {
    const { graph } = now, one = `Group ${j + 1}. `;
    if (graph.groups > 1 && edited && kept(base, now, set))
      return [`${one}Its dx did not change: no statistic of it saw the edit.`];
    const lines = graph.inputs.includes("var") ? told(base, now) : computed(base, now, set, j);
    if (graph.groups > 1) lines[0] = one + lines[0];
    return lines;
  }

  /** @type {(base: Snapshot, now: Snapshot, set: number[]) => boolean} */
  const kept = (base, now, set) => now.state.x.length === base.state.x.length
    && now.state.eps === base.state.eps
    && set.every((i) => near(now.run.grads.x.data[i], base.run.grads.x.data[i], 0));

  /** @type {(base: Snapshot, now: Snapshot) => boolean} */
  function isShift(base, now) {
    const { graph, state: b } = now, { centred } = graph.roles, a = base.state;
    if (!centred || graph.inputs.includes("mu") || a.x.length !== b.x.length) return false;
    const before = base.run.values[centred].data, after = now.run.values[centred].data;
    return !near(a.x[0], b.x[0], 0) && a.eps === b.eps && alike(base, now)
      && before.every((v, i) => Math.abs(v - after[i]) <= 1e-9 * (1 + Math.abs(b.x[i])));
  }

  /**
   * Whether all inputs but x and eps are the same.
   * @type {(base: Snapshot, now: Snapshot) => boolean}
   */
  const alike = (base, now) => lists(now.graph).every((name) => name === "x"
    || now.state[name].join() === base.state[name].join());

  /**
   * Inference: no statistic depends on the batch.
   * @type {(base: Snapshot, now: Snapshot) => string[]}
   */
  function told(base, now) {
    const [a, b] = [base, now].map(({ run }) => run.values.ivar.data[0]);
    const still = alike(base, now) && near(a, b, 0)
      && now.state.x.length === base.state.x.length;
    return [
      `mu and var are given here, not computed from the batch. ${change("ivar", a, b)}.`,
      "So each dx is dy · gamma · ivar of its own element, and no other x comes into it.",
      ...(still ? ["Whatever you do to x: dx does not change."] : []),
    ];
  }

  /**
   * A cut pass gives no gradient, so the laws of one do not hold in it.
   * @type {(now: Snapshot, cut: Edge) => string[]}
   */
  function broken({ run }, [step, input]) {
    const moved = Object.keys(run.whole.grads).filter((name) => bnModel.before(run, name));
    const cut = `The message from ${step} to ${input} is cut. `;
    if (!moved.length) return [`${cut}It was 0 here, and nothing changes.`];
    return [`${cut}What comes after it is computed anew: ${
      moved.map((name) => `d${name}`).join(", ")}. It is not the gradient of the loss.`];
  }

  /**
   * The story of a state: its batch compared with the graph's own.
   * @type {(now: Snapshot) => string[]}
   */
  const story = (now) => (now.run.cut ? broken(now, now.run.cut) : tell(shipped(now), now));

  /**
   * The batch as the graph ships it, in this state's place.
   * @type {(now: Snapshot) => Snapshot}
   */
  const shipped = ({ graph, state }) =>
    bnModel.snapshot(graph, { ...state, ...graph.presets["as shipped"], cut: null });

  /**
   * What was done to the batch and what it did to the gradients, wherever the steps stand.
   * otherwise: what to say of a batch as it came.
   * @type {(now: Snapshot, otherwise?: string) => string}
   */
  function brief(now, otherwise) {
    const { graph, state, run } = now, base = shipped(now), said = edits(base, now, "moved ");
    if (run.cut) return [...said, broken(now, run.cut)[0]].join(" ");
    if (!said.length && otherwise) return otherwise;
    if (!said.length || state.x.length !== base.state.x.length) return tell(base, now)[0];
    const plain = !graph.text && graph.groups === 1 && !graph.inputs.includes("var");
    if (!plain || isShift(base, now) || !run.grads.x.data.every(Number.isFinite))
      return tell(base, now).slice(1).reduce((all, line) => `${all} ${line}`, said[0]);
    return [...said, bnSetStory.gist(base, now)].join(" ");
  }

  /** @type {() => View} */
  function view() {
    const root = group("bn-story", "What happened");
    return { root, show(now) {
      const lines = now.state.at === bnModel.last(now.graph) ? story(now)
        : ["At dx, this box compares it with that of the batch as it came."];
      root.replaceChildren(head("What happened"), ...lines.map((line) => make("p", {}, line)));
    } };
  }

  return { view, story, brief };
})();
