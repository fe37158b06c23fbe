// needs: explorer-say
// What an edit did within one set of values that share their statistics: to their scale,
// to the value farthest out, and to the others.
const bnSetStory = (() => {
  "use strict";
  const { short } = bnLive;
  const { count, sub, sum, near } = bnSay;
  /** @typedef {{base: Snapshot, now: Snapshot, set: number[], ratio: number}} Edit */

  /** @type {(list: number[]) => number} */
  const size = (list) => sum(list.map(Math.abs)) / list.length;

  /** @type {(a: number, b: number) => string} */
  const moved = (a, b) => `${b > a ? "grew" : "fell"} from ${short(a)} to ${short(b)}`;

  /** @type {(name: string, a: number, b: number) => string} */
  const change = (name, a, b) => (near(a, b, 0)
    ? `${name} is ${short(b)}, as before` : `${name} ${moved(a, b)}`);

  /** @type {(ratio: number) => string} */
  const times = (r) => (r >= 0.9995 && r < 1.0005 ? "the same as before"
    : `${short(r)} times what it was`);

  /**
   * A statistic of set j.
   * @type {(now: Snapshot, role: Role, j: number) => number}
   */
  function statistic({ graph, run }, role, j) {
    const { data } = run.values[graph.roles[role]];
    return data[Math.min(j, data.length - 1)];
  }

  /** @type {(base: Snapshot, now: Snapshot, set: number[], j: number) => string[]} */
  function computed(base, now, set, j) {
    const { roles } = now.graph, [i0, i1] = [base, now].map((s) => statistic(s, "inverse", j));
    const edit = { base, now, set, ratio: i1 / i0 }, centred = Boolean(roles.centred);
    const flat = set.every((i) => now.state.x[i] === now.state.x[set[0]]);
    const two = set.length === 2 && centred;
    const own = flat && centred ? ["All its values are equal: var is 0, every xhat is 0, "
      + "and the variance path carries nothing back."]
      : two ? [pair(now, set)] : far(edit);
    return [scales(base, now, j), ...straight(edit), ...safety(now, j), ...own];
  }

  /** @type {(base: Snapshot, now: Snapshot, j: number) => string} */
  function scales(base, now, j) {
    const { scale, inverse } = now.graph.roles;
    const [s0, s1] = [base, now].map((s) => statistic(s, "scale", j));
    const [i0, i1] = [base, now].map((s) => statistic(s, "inverse", j));
    return `${change(scale, s0, s1)}, so ${inverse} = 1 / ${scale} `
      + (near(i0, i1, 0) ? `stays ${short(i1)}.` : `${moved(i0, i1)}: it is ${times(i1 / i0)}.`);
  }

  /** @type {(edit: Edit) => boolean} */
  const same = ({ base, now }) => base.state.x.length === now.state.x.length
    && ["dy", "gamma"].every((name) => {
      const list = /** @type {ListName} */ (name);
      return now.state[list].join() === base.state[list].join();
    });

  /** @type {(edit: Edit) => string[]} */
  function straight(edit) {
    const { ratio } = edit, { inverse } = edit.now.graph.roles;
    const law = `Every straight share is dy · gamma · ${inverse}.`;
    if (same(edit) && near(ratio, 1)) return [];
    return [same(edit) ? `${law} dy and gamma are as before, so each is ${times(ratio)}.`
      : `${law} Of what changed in it, ${inverse} alone is a factor of ${short(ratio)}.`];
  }

  /** @type {(now: Snapshot, j: number) => string[]} */
  function safety(now, j) {
    const { roles } = now.graph, { eps } = now.state, part = eps / statistic(now, "safe", j);
    if (!(part > 0.01)) return [];
    return [`eps is ${Math.round(100 * part)} % of ${roles.safe}: it sets the scale, and not `
      + `the batch alone. ${roles.inverse} cannot pass 1 / √eps = ${short(1 / Math.sqrt(eps))}.`];
  }

  /**
   * The element that lies farthest out, what it takes, and what is left to the others.
   * @type {(edit: Edit) => string[]}
   */
  function far(edit) {
    const { now, set } = edit, { roles } = now.graph, xhat = now.run.values[roles.norm].data;
    const most = set.reduce((a, b) => (Math.abs(xhat[b]) > Math.abs(xhat[a]) ? b : a));
    const total = sum(set.map((i) => xhat[i] ** 2)), n = set.length;
    if (!(total > 0)) return [];
    const square = roles.centred ? n - 1 : n, bound = Math.sqrt(square);
    return [...others(edit, set.filter((i) => i !== most), most),
      `x${sub(most)} is farthest from ${roles.centred ? "the mean" : "0"}. Its xhat is `
      + `${short(xhat[most])}, and no xhat of ${count(n)} values can be larger than `
      + `√${square} = ${short(bound)}: it takes `
      + `${Math.round((100 * xhat[most] ** 2) / total)} % of the sum of all xhat².`,
      farthest(now, most, Math.abs(xhat[most]) > 0.95 * bound)];
  }

  /** @type {(now: Snapshot, most: number, limited: boolean) => string} */
  function farthest({ run }, most, limited) {
    const dx = run.grads.x.data[most], own = run.paths.straight.grads.x.data[most];
    const shares = Object.entries(run.paths)
      .map(([path, { grads }]) => `${short(grads.x.data[most])} ${path}`);
    const little = limited && Math.abs(dx) < 0.2 * Math.abs(own);
    return `Its own dx is ${shares.join(", ")}: together ${short(dx)}.${little
      ? " So little is left because its xhat is near its limit: move it farther, and "
        + "hardly any xhat changes." : ""}`;
  }

  /**
   * The others: what became of their gradients, and how much of it the scale did.
   * @type {(edit: Edit, rest: number[], most: number) => string[]}
   */
  function others(edit, rest, most) {
    const { base, now, ratio } = edit, { inverse, scale } = now.graph.roles;
    if (base.state.x.length !== now.state.x.length) return [];
    const [was, is] = [base, now].map(({ run }) =>
      rest.map((i) => Math.abs(run.grads.x.data[i])));
    const before = size(was), after = size(is), r = after / before;
    if (!(before > 0) || near(before, after, 0)) return [];
    const lines = [`Leave x${sub(most)} aside: the |dx| of the other ${count(rest.length)} was `
      + `${short(before)} on average and is ${short(after)}, ${times(r)}: ${inverse} is a factor `
      + `of ${short(ratio)} in it, ${same(edit) ? "" : "dy, gamma and "}the other paths `
      + `one of ${short(r / ratio)}.`];
    if (ratio < 0.9 && r < 0.9) lines.push(`So the gradients of the others shrank, ${
      is.every((v, i) => v < was[i]) ? "every one of them" : "on average"}: all share one ${
      scale}, and whatever stretches it divides every dx.`);
    return lines;
  }

  /**
   * One sentence: what became of the scale that all share, and of the gradients of those
   * that did not move; of all, where none or every one of them moved.
   * @type {(base: Snapshot, now: Snapshot) => string}
   */
  function gist(base, now) {
    const { x } = now.state, all = x.map((_, i) => i), n = x.length;
    const still = all.filter((i) => x[i] === base.state.x[i]), some = still.length % n > 0;
    const [before, after] = [base, now].map(({ run }) =>
      size((some ? still : all).map((i) => Math.abs(run.grads.x.data[i]))));
    const { scale } = now.graph.roles, [s0, s1] = [base, now].map((s) => statistic(s, "scale", 0));
    return `All ${count(n)} share one ${scale}, and ${change("it", s0, s1)}: the |dx| ${
      some && still.length > 1 ? `of the other ${count(still.length)} ` : some ? "of the other "
        : ""}${near(before, after, 0) ? `stayed ${short(after)}`
      : moved(before, after)} on average.`;
  }

  /** @type {(now: Snapshot, set: number[]) => string} */
  function pair({ run }, [a, b]) {
    const xhat = (run.values.xhatg ?? run.values.xhat).data, dx = run.grads.x.data;
    return `Two values lie equally far from their mean, so xhat is `
      + `${short(xhat[a])} and ${short(xhat[b])}, close to 1 in size unless eps `
      + "counts. Moving them hardly changes it: the larger |dx| is "
      + `${short(Math.max(Math.abs(dx[a]), Math.abs(dx[b])))}.`;
  }

  return { change, computed, gist };
})();
