// needs: live, explorer-model, explorer-say
// The drawing that Python made, brought alive: values and gradients in the boxes and on
// the arrows, the current step lit, messages that travel.
const bnDrawing = (() => {
  "use strict";
  const { svg, short, still } = bnLive;
  const { stepAt, known, sent } = bnModel;

  // Numbers as bars about a zero line, in a box; one number as text.
  function small(a, { x, y, width, height, end }, kind) {
    if (a.data.length === 1)
      return svg("text", { x: end ? x + width : x, y: y + height - 4, class: `bn-num bn-${kind}`,
        "text-anchor": end ? "end" : "start" }, short(a.data[0]));
    const most = Math.max(...[...a.data].map(Math.abs)) || 1, n = a.data.length;
    const wide = width / n, middle = y + height / 2;
    return svg("g", { class: `bn-bars bn-${kind}` },
      svg("path", { d: `M${x} ${middle}h${width}`, class: "bn-zero" }),
      [...a.data].map((v, i) => {
        const tall = Number.isFinite(v) ? (Math.abs(v) / most) * (height / 2) : 0;
        return svg("rect", { x: x + i * wide + 0.5, width: wide - 1,
          y: v > 0 ? middle - tall : middle, height: Math.max(tall, 0.01) });
      }));
  }

  function view(picture, graph, pick) {
    const nodes = new Map(), arrows = [];
    const labels = svg("g", {}), dots = svg("g", { class: "bn-dots" });
    for (const box of picture.querySelectorAll(".node")) nodes.set(box.dataset.name, node(box));
    for (const line of picture.querySelectorAll(".edge, .message")) arrows.push(arrow(line));
    picture.append(labels, dots);
    picture.removeAttribute("role");
    picture.removeAttribute("aria-label");
    // The table beside it says it in words.
    picture.setAttribute("aria-hidden", "true");

    function node(box) {
      const rect = box.querySelector("rect"), [, op] = box.querySelectorAll("text");
      const [x, y] = ["x", "y"].map((name) => Number(rect.getAttribute(name)));
      const live = svg("g", {}), title = svg("title");
      box.append(live, title);
      box.addEventListener("click", () => pick(box.dataset.name));
      return { box, op, live, title, x, y };
    }

    function arrow(line) {
      const text = line.querySelector("text"), { step, input } = line.dataset;
      const [a, b] = line.querySelector("path").getAttribute("d").slice(1).split("L")
        .map((point) => point.split(" ").map(Number));
      let label = null;
      if (text) {
        const x = Number(text.getAttribute("x")), y = Number(text.getAttribute("y"));
        const anchor = text.style.textAnchor;
        label = { x: anchor === "middle" ? x - 15 : anchor === "end" ? x - 30 : x,
          y: y - 10, width: 30, height: 13, middle: anchor === "middle" && x };
        text.remove();
      }
      const live = svg("g", {});
      labels.append(live);
      return { line, live, label, step, input, from: a, to: b,
        back: line.classList.contains("message") };
    }

    function draw(run, state) {
      const { at, path, cut } = state, here = stepAt(graph, at);
      const now = known(graph, run, at), messages = sent(graph, run, at);
      const onPath = (name) => name && new Set(graph.paths[name].edges.map(String));
      const lit = onPath(path), gone = cut && String(graph.paths[cut].own);
      for (const [name, part] of nodes) drawNode(name, part);
      for (const part of arrows) drawArrow(part);

      function drawNode(name, { box, op, live, title, x, y }) {
        const value = now.values.includes(name) && run.values[name], grad = now.grads[name];
        const touched = here && (here.step.name === name || here.step.inputs.includes(name));
        box.classList.toggle("bn-now", Boolean(here && here.step.name === name));
        box.classList.toggle("bn-near", Boolean(touched));
        box.classList.toggle("bn-later", !value);
        op.style.display = value ? "none" : "";
        live.replaceChildren(...[
          value && small(value, { x: x + 5, y: y + 21, width: 33, height: 16 }, "blue"),
          grad && small(grad.sum, { x: x + 42, y: y + 21, width: 33, height: 16, end: true }, "orange"),
          grad && grad.got < grad.of && svg("text",
            { x: x + 75, y: y + 12, class: "bn-num bn-orange", "text-anchor": "end" }, `${grad.got}/${grad.of}`),
        ].filter(Boolean));
        title.textContent = value ? `${name} = ${bnSay.list(value)}` : name;
      }

      function drawArrow({ line, live, label, step, input, back }) {
        const message = messages.find((m) => m.step === step && m.input === input);
        const done = back ? message : now.values.includes(step);
        const going = here && here.step.name === step && here.backward === back;
        const edge = `${step},${input}`;
        line.classList.toggle("bn-going", Boolean(going));
        line.classList.toggle("bn-path", Boolean(lit?.has(edge)));
        line.classList.toggle("bn-cut", back && gone === edge);
        const faint = lit && !lit.has(edge);
        const show = !done ? 0.25 : back === (here?.backward ?? false) ? 1 : 0.4;
        line.setAttribute("opacity", faint ? 0.15 : back && !done ? 0.1 : show);
        if (!label) return;
        live.setAttribute("opacity", faint ? 0.2 : 1);
        const carried = lit?.has(edge) && message
          ? run.paths[path].messages.find((m) => m.step === step && m.input === input)
          : message;
        const value = carried ? carried.gradient : now.values.includes(step) && run.values[input];
        const part = value && small(value, label, carried ? "orange" : "blue");
        if (part && label.middle && value.data.length === 1) {
          part.setAttribute("x", label.middle);
          part.setAttribute("text-anchor", "middle");
        }
        live.replaceChildren(...(part ? [part] : []));
      }
    }

    // A dot on every arrow of the step just done; where motion is unwelcome, none.
    function travel(at) {
      dots.replaceChildren();
      const here = stepAt(graph, at);
      if (!here || still()) return;
      for (const { step, back, from, to } of arrows) {
        if (step !== here.step.name || back !== here.backward) continue;
        const dot = svg("circle", { r: 5, class: back ? "bn-orange" : "bn-blue" });
        dots.append(dot);
        dot.animate([from, to].map(([x, y]) => ({ transform: `translate(${x}px, ${y}px)` })),
          { duration: 700, easing: "ease-in-out" }).onfinish = () => dot.remove();
      }
    }

    return { draw, travel };
  }

  return { view };
})();
globalThis.bnDrawing = bnDrawing;
