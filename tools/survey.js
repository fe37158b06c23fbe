// What is wrong with the page it runs in, as lists of words: evaluated by survey.py.
(() => {
  const WORDLESS = "script, style, pre, code, annotation, template, noscript, textarea";
  const FOCUSABLE =
    "a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex='-1'])";

  const ENOUGH = 8;
  const seen = (element) => element.checkVisibility({ visibilityProperty: true });
  const called = (element) => element.outerHTML.replace(/\s+/g, " ").slice(0, 120);
  // A resize's event comes with the next frame.
  const frame = () => new Promise(requestAnimationFrame);
  const still = async (pause) => {
    await frame();
    await frame();
    await new Promise((done) => setTimeout(done, pause));
  };

  function rawFormulas(pattern) {
    const raw = new RegExp(pattern);
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const faults = [];
    while (texts.nextNode()) {
      const { parentElement, data } = texts.currentNode;
      if (raw.test(data) && !parentElement.closest(WORDLESS)) faults.push(data.trim());
    }
    return faults;
  }

  const PARTS = { mfrac: 2, mroot: 2, msub: 2, msup: 2, msubsup: 3, munder: 2,
    mover: 2, munderover: 3 };

  // A formula that a browser cannot lay out has an error in it, no size, or a part
  // too few or too many.
  function brokenFormulas() {
    const empty = (math) => seen(math) && !math.getBoundingClientRect().width;
    const torn = (e) => e.childElementCount !== PARTS[e.localName];
    return [
      ...document.querySelectorAll("merror"),
      ...[...document.querySelectorAll("math")].filter(empty),
      ...[...document.querySelectorAll(Object.keys(PARTS))].filter(torn),
    ].map(called);
  }

  function scrolls(element) {
    for (let e = element; e && e !== document.body; e = e.parentElement)
      if (getComputedStyle(e).overflowX !== "visible") return true;
    return false;
  }

  // Wider than the page: the page itself, or what sticks out of it to the right.
  function overflow() {
    const edge = document.documentElement.clientWidth;
    const wide = document.documentElement.scrollWidth - edge;
    const out = [...document.querySelectorAll("main *")].filter(
      (e) => e.getBoundingClientRect().right > edge + 1 && seen(e) && !scrolls(e),
    );
    return [...(wide > 0 ? [`the page, by ${wide} px`] : []), ...out.map(called)];
  }

  async function unfold(pause) {
    for (const fold of document.querySelectorAll("details")) fold.open = true;
    for (const button of document.querySelectorAll("button.toggle-button"))
      if (button.closest(".toggle-hidden")) button.click();
    for (const button of document.querySelectorAll("main [aria-expanded='false']"))
      button.click();
    await still(pause);
  }

  // Everything a focus ring can be made of, on the element, its parent and its labels.
  function looks(element) {
    return [element, element.parentElement, ...(element.labels ?? [])].map((e) => {
      const style = getComputedStyle(e);
      const none = style.outlineStyle === "none" || style.outlineColor.endsWith(", 0)");
      const ring = none || style.outlineWidth === "0px" ? "" : style.outline;
      return [ring, style.boxShadow, style.border, style.backgroundColor, style.stroke,
        style.opacity, style.textDecoration, style.clipPath].join("|");
    }).join("\n");
  }

  // Needs a key pressed before: else the browser takes the focus for a mouse's.
  function hiddenFocus() {
    const faults = [...document.querySelectorAll(FOCUSABLE)].filter(seen).filter((e) => {
      document.activeElement.blur();
      const before = looks(e);
      e.focus({ preventScroll: true });
      return document.activeElement === e && looks(e) === before;
    });
    document.activeElement.blur();
    return faults.map(called);
  }

  // Of code and formulas, thousands of parts, a few of each look are asked of their
  // colours: nothing stands over them or behind them. axe passes over one character.
  function markRepeated() {
    const grounds = new Map(), times = {};
    const ground = (e) => {
      if (!e) return "";
      if (!grounds.has(e)) {
        const { backgroundColor, backgroundImage, opacity } = getComputedStyle(e);
        const own = [backgroundColor, backgroundImage, opacity].join();
        grounds.set(e, `${ground(e.parentElement)}|${own}`);
      }
      return grounds.get(e);
    };
    for (const e of document.querySelectorAll("pre *, math *")) {
      const { color, fontSize, fontWeight } = getComputedStyle(e);
      const look = [color, fontSize, fontWeight, ground(e)].join();
      e.toggleAttribute("data-bn-repeated", times[look] >= ENOUGH);
      if (seen(e) && e.textContent.trim().length > 1) times[look] = (times[look] ?? 0) + 1;
    }
  }

  async function axeFaults(asked) {
    markRepeated();
    axe.configure({
      rules: [{ id: "color-contrast", selector: "*:not([data-bn-repeated])" }] });
    const { violations } = await axe.run(document, {
      resultTypes: ["violations"], preload: false, ...asked });
    return violations.flatMap(({ id, nodes }) =>
      nodes.slice(0, 3).map((n) => `${id}: ${n.html.slice(0, 120)}: ${n.failureSummary}`));
  }

  // A colour on its way from one theme to the other is not what a reader sees.
  const stop = document.createElement("style");
  stop.textContent = "*, ::before, ::after { transition: none !important; }";
  document.head.append(stop);

  window.bnSurvey = { rawFormulas, brokenFormulas, overflow, unfold, hiddenFocus,
    axeFaults, still };
})();
