// needs: explorer-say
// What an edit of the batch did, in words. Every sentence is made from two runs and holds
// for every state it is said of.
const bnStory = (() => {
  "use strict";
  const { short } = bnLive;
  const { count, sub, sum, near, sets } = bnSay;
  // a number as it was typed
  const given = (v) => String(v).replace("-", "−");
  const size = (list) => sum([...list].map(Math.abs)) / list.length;

  function moved(verbs, before, after) {
    if (near(before, after, 0)) return "did not change";
    return after > before ? verbs[0] : verbs[1];
  }

  const change = (name, a, b) => (near(a, b, 0)
    ? `${name} is ${short(b)}, as before`
    : `${name} ${moved(["grew", "fell"], a, b)} from ${short(a)} to ${short(b)}`);

  const times = (r) => (r >= 0.9995 && r < 1.0005 ? "the same as before"
    : `${short(r)} times what it was`);

  // What differs between two states of one graph, in a sentence.
  function edits(graph, base, now) {
    if (now.x.length !== base.x.length)
      return [`The batch now has ${count(now.x.length)} values instead of ${count(base.x.length)}.`];
    const found = [];
    for (const name of [...graph.inputs, "dy"]) {
      const at = now[name].flatMap((v, i) => (v === base[name][i] ? [] : [i]));
      const label = (i) => (now[name].length > 1 ? name + sub(i) : name);
      if (at.length > 2) found.push(at.length === now[name].length ? `every ${name}`
        : `${count(at.length)} of the ${count(now[name].length)} ${name}`);
      else for (const i of at) found.push(
        `${label(i)} from ${given(base[name][i])} to ${given(now[name][i])}`);
    }
    if (now.eps !== base.eps) found.push(`eps from ${given(base.eps)} to ${given(now.eps)}`);
    return found.length ? [`You changed ${found.join("; ")}.`] : [];
  }

  // What happened: sentences about `now`, compared with `base`.
  function tell(graph, base, now) {
    const said = edits(graph, base.state, now.state);
    const opening = said.length ? [] : ["This is the batch as it came. Move one value far "
      + `away${"an outlier" in graph.presets ? ", or take the preset “an outlier”," : ""} `
      + "and this box says what it does to dx."];
    if (isShift(graph, base, now)) return [...said, "All values moved by the same amount. "
      + "mu took all of it: xmu is what it was, and so are xhat, y and dx."];
    const many = graph.groups > 1;
    if (![...now.run.grads.x.data].every(Number.isFinite)) return [...said,
      `${graph.roles.scale} is 0 somewhere, and one over it is no number, nor is anything `
      + "after it. This is what eps is for."];
    const all = sets(graph, now.state.x.length).map((set, j) => {
      if (many && said.length && kept(base, now, set))
        return `Group ${j + 1}. Its dx did not change: no statistic of it saw the edit.`;
      const lines = graph.inputs.includes("var")
        ? told(graph, base, now) : computed(graph, base, now, set, j);
      if (many) lines[0] = `Group ${j + 1}. ${lines[0]}`;
      return lines;
    });
    return [...opening, ...said, ...all.flat()];
  }

  const kept = (base, now, set) => now.state.x.length === base.state.x.length
    && now.state.eps === base.state.eps
    && set.every((i) => near(now.run.grads.x.data[i], base.run.grads.x.data[i], 0));

  function isShift(graph, base, now) {
    const { centred } = graph.roles, a = base.state, b = now.state;
    if (!centred || graph.inputs.includes("mu") || a.x.length !== b.x.length) return false;
    const rest = [...graph.inputs, "dy"].filter((name) => name !== "x");
    const before = base.run.values[centred].data, after = now.run.values[centred].data;
    return !near(a.x[0], b.x[0], 0) && a.eps === b.eps
      && rest.every((name) => a[name].every((v, i) => v === b[name][i]))
      && before.every((v, i) => Math.abs(v - after[i]) <= 1e-9 * (1 + Math.abs(b.x[i])));
  }

  // Inference: no statistic depends on the batch.
  function told(graph, base, now) {
    const [a, b] = [base, now].map(({ run }) => run.values.ivar.data[0]);
    const same = [...graph.inputs, "dy"].every((name) => name === "x"
      || now.state[name].join() === base.state[name].join());
    return [
      `mu and var are given here, not computed from the batch. ${change("ivar", a, b)}.`,
      "So each dx is dy · gamma · ivar of its own element, and no other x comes into it.",
      ...(same && near(a, b, 0) && now.state.x.length === base.state.x.length
        ? ["Whatever you do to x: dx does not change."] : []),
    ];
  }

  function computed(graph, base, now, set, j) {
    const { roles } = graph, n = set.length, centred = Boolean(roles.centred);
    const stat = (run, role) => {
      const { data } = run.values[roles[role]];
      return data[Math.min(j, data.length - 1)];
    };
    const [s0, s1] = [base, now].map(({ run }) => stat(run, "scale"));
    const [i0, i1] = [base, now].map(({ run }) => stat(run, "inverse"));
    const lines = [`${change(roles.scale, s0, s1)}, so ${roles.inverse} = 1 / ${roles.scale} `
      + (near(i0, i1, 0) ? `stays ${short(i1)}.`
        : `${moved(["grew", "fell"], i0, i1)} from ${short(i0)} to ${short(i1)}: it is `
          + `${times(i1 / i0)}.`)];
    lines.push(...straight(base, now, set, i1 / i0, roles.inverse));
    lines.push(...safety(now, stat(now.run, "spread"), stat(now.run, "safe"), roles));
    const flat = set.every((i) => now.state.x[i] === now.state.x[set[0]]);
    if (flat && centred) lines.push("All its values are equal: var is 0, every xhat is 0, "
      + "and the variance path carries nothing back.");
    else if (!(n === 2 && centred)) lines.push(...far(graph, base, now, set, i1 / i0, centred));
    if (n === 2 && centred && !flat) lines.push(pair(now, set));
    return lines;
  }

  const same = (base, now) => base.state.x.length === now.state.x.length
    && ["dy", "gamma"].every((name) => now.state[name].join() === base.state[name].join());

  function straight(base, now, set, ratio, inverse) {
    const law = `Every straight share is dy · gamma · ${inverse}.`;
    if (same(base, now) && near(ratio, 1)) return [];
    return [same(base, now)
      ? `${law} dy and gamma are as before, so each is ${times(ratio)}.`
      : `${law} Of what changed in it, ${inverse} alone is a factor of ${short(ratio)}.`];
  }

  function safety(now, spread, safe, roles) {
    const part = now.state.eps / safe;
    if (!(part > 0.01)) return [];
    return [`eps is ${Math.round(100 * part)} % of ${roles.safe}: it sets the scale, and not `
      + `the batch alone. ${roles.inverse} cannot pass 1 / √eps = ${short(1 / Math.sqrt(now.state.eps))}.`];
  }

  // The element that lies farthest out, what it takes, and what is left to the others.
  function far(graph, base, now, set, ratio, centred) {
    const n = set.length;
    const xhat = now.run.values[graph.roles.norm].data, x = (i) => `x${sub(i)}`;
    const most = set.reduce((a, b) => (Math.abs(xhat[b]) > Math.abs(xhat[a]) ? b : a));
    const total = sum(set.map((i) => xhat[i] ** 2));
    if (!(total > 0)) return [];
    const bound = Math.sqrt(centred ? n - 1 : n);
    const dx = now.run.grads.x.data;
    const lines = [...rest(graph, base, now, set, most, ratio), `${x(most)} is farthest from ${centred ? "the mean" : "0"}. Its xhat is `
      + `${short(xhat[most])}, and no xhat of ${count(n)} values can be larger than `
      + `√${centred ? n - 1 : n} = ${short(bound)}: it takes `
      + `${Math.round((100 * xhat[most] ** 2) / total)} % of the sum of all xhat².`];
    const shares = Object.entries(now.run.paths)
      .map(([path, { grads }]) => `${short(grads.x.data[most])} ${path}`);
    const own = now.run.paths.straight.grads.x.data[most];
    const little = Math.abs(dx[most]) < 0.2 * Math.abs(own);
    lines.push(`Its own dx is ${shares.join(", ")}: together ${short(dx[most])}.${
      little && Math.abs(xhat[most]) > 0.95 * bound
        ? " So little is left because its xhat is near its limit: move it farther, and "
          + "hardly any xhat changes." : ""}`);
    return lines;
  }

  // The others: what became of their gradients, and how much of it the scale did.
  function rest(graph, base, now, set, most, ratio) {
    const others = set.filter((i) => i !== most), { inverse, scale } = graph.roles;
    if (base.state.x.length !== now.state.x.length) return [];
    const [before, after] = [base, now].map(({ run }) =>
      size(others.map((i) => run.grads.x.data[i])));
    const r = after / before;
    if (!(before > 0) || near(before, after, 0)) return [];
    const lines = [`Leave x${sub(most)} aside: the |dx| of the other ${count(others.length)} was `
      + `${short(before)} on average and is ${short(after)}, ${times(r)}: ${inverse} is a factor `
      + `of ${short(ratio)} in it, ${same(base, now) ? "" : "dy, gamma and "}the other paths `
      + `one of ${short(r / ratio)}.`];
    const [was, is] = [base, now].map(({ run }) => others.map((i) => Math.abs(run.grads.x.data[i])));
    if (ratio < 0.9 && r < 0.9) lines.push(`So the gradients of the others shrank, ${
      is.every((v, i) => v < was[i]) ? "every one of them" : "on average"}: all share one ${
      scale}, and whatever stretches it divides every dx.`);
    return lines;
  }

  function pair(now, [a, b]) {
    const { run } = now, xhat = run.values.xhatg ?? run.values.xhat;
    const most = Math.max(Math.abs(run.grads.x.data[a]), Math.abs(run.grads.x.data[b]));
    return `Two values lie equally far from their mean, so xhat is `
      + `${short(xhat.data[a])} and ${short(xhat.data[b])}, close to 1 in size unless eps `
      + `counts. Moving them hardly changes it: the larger |dx| is ${short(most)}.`;
  }

  return { tell };
})();
globalThis.bnStory = bnStory;
