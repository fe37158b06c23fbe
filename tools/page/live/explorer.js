// needs: engine, live, explorer-model, explorer-say, explorer-graph
// The live graph on a page: a batch one edits, a graph one steps through, and what the
// step did in numbers and in words. What it shows follows from one state. The parts that
// not every page shows have scripts of their own: explorer-batch, -shares and -story.
(() => {
  "use strict";
  const { make, short } = bnLive;
  const { solve, last, stepAt, known, placeOf, nameOf, products, spread } = bnModel;
  const { say, sub, sets } = bnSay;
  // ms a step when it plays
  const BEAT = 1300;
  let count = 0;

  function start(root, data) {
    const { graphs } = data, first = opening();
    const parts = {}, has = (name) => data.view.includes(name);
    const key = data.name, id = `bn-${key}-${count++}`;
    let state, graph, run, batch, drawing, timer = null, writing = null;

    function opening() {
      const g = data.start.graph;
      return { ...graphs[g].presets["as shipped"], graph: g,
        at: placeOf(graphs[g], data.start.at), path: data.start.path, cut: data.start.cut };
    }

    // ---- state

    // Every change goes through here. quiet: say nothing of it, and leave the address.
    function set(patch, quiet = false) {
      const next = { ...state, ...patch }, g = graphs[next.graph];
      if (!bnModel.valid(g, next)) return false;
      if (typeof next.at === "string") next.at = placeOf(g, next.at);
      next.at = Math.max(0, Math.min(last(g), next.at));
      const fresh = !state || next.graph !== state.graph || next.x.length !== state.x.length;
      const stepped = state && next.at !== state.at;
      state = next;
      graph = graphs[state.graph];
      run = solve(graph, state);
      if (fresh) rebuild();
      render();
      if (stepped) drawing?.travel(state.at);
      if (!quiet) remember();
      return true;
    }

    function step(by) {
      set({ at: state.at + by });
    }

    function go(at) {
      stop();
      set({ at });
    }

    // Another batch, or another graph: it takes the batch along if it can.
    function choose(name, preset) {
      const g = graphs[name], same = name === state.graph;
      const given = preset ? g.presets[preset] : bnModel.moved(graph, g, state);
      const done = stepAt(graph, state.at), at = same ? state.at
        : done ? placeOf(g, nameOf(graph, state.at)) : 0;
      const keep = (path) => (g.paths[path] ? path : null);
      state = { ...state, ...given, graph: name };
      for (const list of bnModel.LISTS) if (!(list in given)) delete state[list];
      const next = { ...state, at, path: keep(state.path), cut: keep(state.cut) };
      state = null;
      set(next);
      batch?.fit();
      render();
    }

    function reset() {
      stop();
      state = null;
      set(first);
      batch?.fit();
      render();
      // set() would write the address again.
      clearTimeout(writing);
      history.replaceState(null, "", location.pathname + location.search);
    }

    // The address carries the state, a moment after the last change.
    function remember() {
      clearTimeout(writing);
      writing = setTimeout(() => {
        try { history.replaceState(null, "", `#${address()}`); } catch { /* no history here */ }
      }, 400);
    }

    const address = () => `${key}=${bnModel.toText(graph, state)}`;

    function recall() {
      // No character in it needs an escape.
      const text = location.hash.slice(1);
      if (!text.startsWith(`${key}=`)) return false;
      const said = bnModel.fromText(graphs, text.slice(key.length + 1));
      if (!said) return false;
      state = null;
      set(said, true);
      batch?.fit();
      render();
      // The address names this graph, wherever it stands on its page.
      root.scrollIntoView();
      return true;
    }

    // ---- playing

    function play() {
      if (timer) return stop();
      if (state.at === last(graph)) set({ at: 0 });
      timer = setInterval(() => {
        step(1);
        if (state.at === last(graph)) stop();
      }, BEAT);
      buttons();
    }

    function stop() {
      clearInterval(timer);
      timer = null;
      buttons();
    }

    function buttons() {
      if (!parts.play) return;
      parts.play.textContent = timer ? "Pause" : "Play";
      // Not disabled: a button that had the focus would lose it.
      parts.back.setAttribute("aria-disabled", state.at === 0);
      parts.next.setAttribute("aria-disabled", state.at === last(graph));
    }

    // Arrow keys step wherever they have no work of their own; so do space, Home, End.
    function keys(event) {
      const { target, key: pressed } = event;
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      if (target.closest("input, select, textarea, pre, [role=slider]")) return;
      if (pressed === " " && target.closest("button, summary")) return;
      const wide = target.closest(".bn-wide-table");
      if (wide && wide.scrollWidth > wide.clientWidth) return;
      const act = { ArrowRight: () => step(1), ArrowLeft: () => step(-1), " ": play,
        Home: () => go(0), End: () => go(last(graph)) }[pressed];
      if (!act) return;
      event.preventDefault();
      if (pressed.startsWith("Arrow")) stop();
      act();
    }

    // ---- parts that are built once

    function build() {
      const button = (words, act, more = {}) =>
        make("button", { type: "button", click: act, ...more }, words);
      parts.tools = make("div", { class: "bn-switches" });
      parts.batch = make("div", { class: "bn-batch" });
      parts.card = make("div", { class: "bn-card", role: "group", "aria-label": "This step" });
      parts.say = make("p", { class: "bn-say", role: "status", "aria-live": "polite" });
      parts.back = button("Back", () => { stop(); step(-1); });
      parts.next = button("Next", () => { stop(); step(1); });
      parts.play = button("Play", play);
      parts.steps = make("div", { class: "bn-steps" }, parts.say,
        make("div", { class: "bn-buttons" }, parts.back, parts.next, parts.play,
          button("To y", () => go(graph.steps.length)), button("To dx", () => go(last(graph)))));
      parts.stage = make("div", { class: "bn-stage", tabindex: 0, role: "group",
        "aria-label": "The graph. Left and right arrow keys step, space plays, Home and End "
          + "go to the ends. A table of all values follows below." });
      parts.shares = make("div", { class: "bn-shares", role: "group",
        "aria-label": "The gradient by x and its paths" });
      parts.story = make("div", { class: "bn-story", role: "group",
        "aria-label": "What happened" });
      parts.values = make("details", { class: "bn-all" },
        make("summary", {}, "All values"), make("div", {}));
      parts.values.open = matchMedia("(max-width: 620px)").matches;
      parts.python = make("details", { class: "bn-python" },
        make("summary", {}, "The same in Python"),
        make("pre", { tabindex: 0 }), button("Copy as Python",
          (e) => copy(bnModel.python(graph, state), e.target)));
      const names = { tools: "tools", batch: "batch", card: "detail", steps: "steps",
        stage: "graph", shares: "shares", story: "story", values: "values", python: "python" };
      const shown = Object.entries(names)
        .filter(([, name]) => name === "steps" || has(name)).map(([part]) => parts[part]);
      const box = make("div", { class: "bn-made bn-explorer", role: "group",
        "aria-label": "The live graph", keydown: keys }, shown);
      tools(button);
      root.prepend(box);
    }

    function tools(button) {
      const option = (value, words) => make("option", { value }, words);
      parts.which = make("select", { id: `${id}-graph`, change: () => choose(parts.which.value) },
        Object.entries(graphs).map(([name, g]) => option(name, g.title)));
      parts.preset = make("select", { id: `${id}-preset`,
        change: () => parts.preset.value && choose(state.graph, parts.preset.value) });
      const field = (words, control) => make("p", {},
        make("label", { for: control.id }, words), " ", control);
      parts.tools.append(
        ...(Object.keys(graphs).length > 1 ? [field("Graph", parts.which)] : []),
        ...(Object.values(graphs).some((g) => Object.keys(g.presets).length > 1)
          ? [field("Batch", parts.preset)] : []), make("p", {}, button("Reset", reset), " ",
          button("Copy link", (e) => copy(
            `${location.href.split("#")[0]}#${address()}`, e.target))));
    }

    function copy(text, button) {
      const words = button.textContent;
      const done = (said) => {
        parts.say.textContent = said;
        button.textContent = said;
        setTimeout(() => { button.textContent = words; }, 1500);
      };
      const old = () => {
        const area = make("textarea", {}, text);
        document.body.append(area);
        area.select();
        const copied = document.execCommand("copy");
        area.remove();
        button.focus();
        done(copied ? "Copied" : "Not copied");
      };
      if (!navigator.clipboard) return old();
      navigator.clipboard.writeText(text).then(() => done("Copied"), old);
    }

    // ---- parts that a new graph or another number of values builds anew

    function rebuild() {
      const n = state.x.length, labels = [...Array(n).keys()];
      parts.which.value = state.graph;
      parts.preset.replaceChildren(...Object.keys(graph.presets).map((name) =>
        make("option", { value: name }, name)), make("option", { value: "" }, "your own"));
      if (has("batch")) batch = controls(labels);
      if (has("graph")) {
        const picture = drawn[state.graph].cloneNode(true);
        parts.stage.replaceChildren(picture);
        drawing = bnDrawing.view(picture, graph, pick);
      }
    }

    // The lanes of x and dy, and the fields of all that is not drawn on a number line.
    function controls(labels) {
      const edit = (name) => (i, v) =>
        set({ [name]: state[name].map((old, k) => (k === i ? v : old)) });
      const groups = sets(graph, labels.length).map((set, j) => ({ set, j }));
      const lines = groups.map(({ set: places, j }) => ({ j, lanes: bnLanes.lanes({
        title: graph.groups > 1 ? `x, group ${j + 1}: drag, type, or use the arrow keys`
          : "x: drag, type, or use the arrow keys",
        names: places.map((i) => `x${sub(i)}`), color: "blue",
        values: () => places.map((i) => state.x[i]),
        set: (k, v) => edit("x")(places[k], v) }) }));
      const dy = bnLanes.lanes({ title: "dy: the upstream gradient", color: "orange", bars: true,
        names: labels.map((i) => `dy${sub(i)}`), values: () => state.dy, set: edit("dy") });
      const fields = [];
      const list = (name, low) => state[name].map((_, i) => {
        const label = state[name].length > 1 ? name + sub(i) : name;
        const field = bnLanes.number(label, (v) => edit(name)(i, v), low);
        fields.push(() => field.show(state[name][i], 0.1));
        return make("label", {}, make("span", {}, label), field.element);
      });
      const eps = bnLanes.number("eps", (v) => set({ eps: v }), 0);
      fields.push(() => eps.show(state.eps, "any"));
      const numbers = make("div", { class: "bn-fields bn-green", role: "group",
        "aria-label": "Parameters and eps" },
        graph.inputs.filter((name) => name !== "x").flatMap((name) =>
          list(name, name === "var" ? 0 : undefined)),
        make("label", {}, make("span", {}, "eps"), eps.element));
      const rest = make("details", {}, make("summary", {},
        `dy, ${[...graph.inputs.slice(1), "eps"].join(", ")}`), dy.root, numbers);
      rest.open = parts.batch.querySelector("details")?.open
        ?? !matchMedia("(max-width: 620px)").matches;
      parts.batch.replaceChildren(
        make("div", { class: "bn-xs" }, lines.map(({ lanes }) => lanes.root)), rest);
      return {
        fit: () => { lines.forEach(({ lanes }) => lanes.fit()); dy.fit(); },
        update() {
          for (const { j, lanes } of lines) lanes.update(over(j));
          dy.update();
          fields.forEach((show) => show());
        },
      };
    }

    // The mean and one standard deviation to either side, once they are computed.
    function over(j) {
      const { roles } = graph, now = known(graph, run, state.at).values;
      const at = (name) => {
        const value = now.includes(name) && run.values[name].data;
        return value ? value[Math.min(j, value.length - 1)] : null;
      };
      const mu = roles.centred ? at("mu") : 0, std = at(roles.scale);
      if (mu == null) return [];
      const band = std == null ? [] : [{ from: mu - std, to: mu + std, kind: "band",
        label: `± ${roles.scale}` }];
      return [...band, { at: mu, kind: "mean", label: roles.centred ? "mu" : "0" }];
    }

    // A value one clicked: where it is computed or, on the way back, where its gradient
    // is whole.
    function pick(name) {
      const back = state.at > graph.steps.length;
      const place = placeOf(graph, back ? `d${name}` : name);
      go(place || (back ? graph.steps.length : 0));
    }

    // ---- what follows from the state

    function render() {
      const preset = Object.entries(graph.presets).find(([, given]) =>
        Object.entries(given).every(([name, v]) => String(v) === String(state[name])));
      parts.preset.value = preset ? preset[0] : "";
      batch?.update();
      drawing?.draw(run, state);
      const sentence = say(graph, run, state.at);
      if (parts.say.textContent !== sentence) parts.say.textContent = sentence;
      buttons();
      if (has("detail")) parts.card.replaceChildren(...card());
      if (has("shares")) bnShares.show(parts.shares, graph, run, state,
        { id, set, table, next: parts.next });
      if (has("story")) storyOf();
      if (has("values")) valuesOf();
      if (has("python"))
        parts.python.querySelector("pre").textContent = bnModel.python(graph, state);
    }

    const head = (words) => make("p", { class: "bn-head" }, words);
    const cell = (v, kind) => make("td", kind ? { class: `bn-${kind}` } : {},
      typeof v === "number" ? short(v) : v);
    const label = (a, i) => (a.data.length === 1 ? "" : a.data.length === graph.groups
      ? `group ${i + 1}` : String(i + 1));

    function table(caption, columns, rows, foot) {
      const line = ([name, ...cells]) => make("tr", {}, make("th", { scope: "row" }, name), cells);
      return make("table", {}, make("caption", {}, caption),
        make("thead", {}, make("tr", {}, columns.map((words) => make(words ? "th" : "td",
          words ? { scope: "col" } : {}, words)))),
        make("tbody", {}, rows.map(line)), foot ? make("tfoot", {}, line(foot)) : null);
    }

    const shapeOf = (a) => `(${a.shape.join(", ")}${a.shape.length === 1 ? "," : ""})`;

    function card() {
      const here = stepAt(graph, state.at);
      if (!here) return [head("Start"), make("p", {}, "The inputs are given. Step forward: each "
        + "step computes one value. After y the steps go back, and each sends a gradient to "
        + "the values it read.")];
      const { step } = here, words = data.words[step.op][here.backward ? 1 : 0];
      return here.backward ? backCard(step, words) : foreCard(step, words);
    }

    function foreCard(step, words) {
      const y = run.values[step.name], args = step.inputs.map((name) => run.values[name]);
      const long = args.reduce((a, b) => (b.data.length > a.data.length ? b : a), y);
      const folds = step.op === "mean";
      const rows = [...long.data].map((_, i) => [label(long, i),
        ...args.map((a) => cell(spread(a, i, long))),
        ...(folds ? [] : [cell(y.data[i], "blue")])]);
      const foot = folds ? [["mean", cell(bnSay.list(y), "blue")]] : [];
      return [head(`${step.name} = ${step.rule}`),
        make("p", {}, `${words} Shape ${shapeOf(y)}.`),
        table(`Forward: ${step.op}`, ["", ...step.inputs, ...(folds ? [] : [step.name])], rows,
          foot[0])];
    }

    function backCard(step, words) {
      const sends = products(run, step), up = `d${step.name}`;
      const sums = sends.some(({ part, gradient }) => part.data.length > gradient.data.length);
      return [head(`Back through ${step.name}`), make("p", {}, words
        + (sums ? " What was copied forward adds up backward." : "")),
        make("div", { class: "bn-messages" },
          sends.map((send, k) => product(send, up, step.back[k]))),
        ...step.inputs.flatMap(adding)];
    }

    function product({ input, part, local, upstream, gradient }, up, rule) {
      const sum = part.data.length > gradient.data.length;
      const rows = [...part.data].map((v, i) => [label(part, i), cell(upstream[i], "orange"),
        cell(local.data[i]), cell(v, sum ? "" : "orange")]);
      return table(`To ${input} ${shapeOf(gradient)}: ${rule}`,
        ["", up, "× local", sum ? "= part" : "= message"], rows,
        sum ? ["sum", cell(""), cell(""), cell(bnSay.list(gradient), "orange")] : null);
    }

    // The messages of a value that was used twice, and their sum.
    function adding(input) {
      const all = run.messages.filter((m) => m.input === input);
      if (all.length < 2) return [];
      const { got, sum } = known(graph, run, state.at).grads[input];
      if (got < all.length) return [make("p", {}, `${input} was used ${
        all.length === 2 ? "twice" : `${all.length} times`}. Its other message comes from ${
        all.slice(got).map((m) => m.step).join(", ")}.`)];
      const rows = [...sum.data].map((v, i) => [label(sum, i),
        ...all.map((m) => cell(m.gradient.data[i])), cell(v, "orange")]);
      return [table(`d${input}: the messages add up`, ["",
        ...all.map((m, k) => `${k ? "+ " : ""}from ${m.step}`), `= d${input}`], rows)];
    }

    function storyOf() {
      const lines = state.at === last(graph) ? bnStory.tell(graph, base(), { state, run }) : [
        "When dx is whole, this box compares it with that of the batch as it came."];
      parts.story.replaceChildren(head("What happened"), ...lines.map((line) => make("p", {}, line)));
    }

    function base() {
      const given = { ...graph.presets["as shipped"], graph: state.graph };
      return { state: given, run: solve(graph, given) };
    }

    function valuesOf() {
      const now = known(graph, run, state.at), here = stepAt(graph, state.at);
      const keep = document.activeElement?.dataset?.keep;
      const rows = Object.entries(run.values).map(([name, value]) => {
        const grad = now.grads[name];
        const row = make("tr", here?.step.name === name ? { class: "bn-now", "aria-current": "step" } : {},
          make("th", { scope: "row" }, make("button", { type: "button", "data-keep": `v-${name}`,
            click: () => pick(name) }, name)),
          cell(now.values.includes(name) ? bnSay.list(value) : "·", "blue"),
          cell(grad ? bnSay.list(grad.sum) + (grad.got < grad.of ? " …" : "") : "·", "orange"));
        return row;
      });
      parts.values.lastChild.replaceChildren(make("table", { class: "bn-values" },
        make("caption", {}, "Values so far; a name leads to its step"),
        make("thead", {}, make("tr", {}, ["name", "value", "gradient"].map((h) =>
          make("th", { scope: "col" }, h)))), make("tbody", {}, rows)));
      if (keep) parts.values.querySelector(`[data-keep="${keep}"]`)?.focus();
    }

    // ---- start

    const drawn = Object.fromEntries([...root.querySelectorAll(".bn-fallback [data-graph]")]
      .map((box) => [box.dataset.graph,
        (box.content ?? box).querySelector("svg")]));
    build();
    if (!recall()) set(first, true);
    addEventListener("hashchange", recall);
    root.explorer = {
      state: () => ({ ...state, name: nameOf(graph, state.at), values: run.values,
        grads: run.grads, messages: run.messages, paths: run.paths }),
      set, step, choose, reset, address,
      text: () => say(graph, run, state.at),
      story: () => bnStory.tell(graph, base(), { state, run }),
      python: () => bnModel.python(graph, state),
    };
  }

  bnLive.register("explorer", start);
})();
