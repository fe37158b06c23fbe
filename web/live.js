// Finds the live parts of a page and starts each with the JSON that stands in it. What is
// there without script goes only when the script has taken its place.
const bnLive = (() => {
  "use strict";
  /** @type {Record<string, (root: HTMLElement, data: any) => void>} */
  const starters = {};
  let ready = false;

  /**
   * start builds one explorable; a file of its own registers each.
   * @type {(name: string, start: (root: HTMLElement, data: any) => void) => void}
   */
  function register(name, start) {
    starters[name] = start;
    if (ready) startAll();
  }

  function startAll() {
    ready = true;
    /** @type {NodeListOf<HTMLElement>} */
    const roots = document.querySelectorAll(".bn-live:not(.bn-started)");
    for (const root of roots) {
      if (starters[root.dataset.live ?? ""]) startOne(root);
    }
  }

  /** @type {(root: HTMLElement) => void} */
  function startOne(root) {
    root.classList.add("bn-started");
    try {
      const json = root.querySelector('script[type="application/json"]');
      starters[root.dataset.live ?? ""](root, JSON.parse(json?.textContent ?? ""));
      root.querySelector(".bn-fallback")?.remove();
      root.classList.add("bn-on");
    } catch (error) {
      console.error(`${root.dataset.live}: ${/** @type {Error} */ (error).message}`);
      root.querySelectorAll(":scope > .bn-made").forEach((part) => part.remove());
    }
  }

  /**
   * An element with attributes and children. Functions become listeners, true an empty
   * attribute; false and null leave an attribute out.
   * @type {<K extends keyof HTMLElementTagNameMap>(tag: K, attributes?: Attributes,
   *   ...children: Children) => HTMLElementTagNameMap[K]}
   */
  function make(tag, attributes = {}, ...children) {
    return fill(document.createElement(tag), attributes, children);
  }

  /**
   * @type {<K extends keyof SVGElementTagNameMap>(tag: K, attributes?: Attributes,
   *   ...children: Children) => SVGElementTagNameMap[K]}
   */
  function svg(tag, attributes = {}, ...children) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    return fill(element, attributes, children);
  }

  /**
   * @template {Element} E
   * @param {E} element
   * @param {Attributes} attributes
   * @param {Children} children
   */
  function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") element.addEventListener(name, value);
      else if (value !== false && value != null)
        element.setAttribute(name, value === true ? "" : String(value));
    }
    element.append(...children.flat().filter((child) => child != null));
    return element;
  }

  /**
   * A number for a reader: three digits or so, and a minus as wide as a plus.
   * bnbook.show.live.short writes the same.
   * @type {(v: number) => string}
   */
  function short(v) {
    const size = Math.abs(v);
    if (!Number.isFinite(v)) return Number.isNaN(v) ? "nan" : v < 0 ? "−∞" : "∞";
    if (size < 1e-12) return "0";
    let text;
    if (size < 1e-3 || size >= 1e6) {
      const [digits, power] = v.toExponential(1).split("e");
      text = `${digits.replace(".0", "")}e${Number(power)}`;
    } else text = v.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : 3);
    return text.replaceAll("-", "−");
  }

  /**
   * What a part's state has become, for a notebook to read.
   * @type {(root: HTMLElement, state: object) => void}
   */
  const tell = (root, state) => {
    root.dispatchEvent(new CustomEvent("bn-state", { detail: state }));
  };

  const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  // A module is no page's own script: a notebook hosts each part, and keeps its address.
  const page = Boolean(document.currentScript);
  if (page) {
    document.addEventListener("DOMContentLoaded", startAll);
    if (document.readyState === "complete") startAll();
  }
  return { register, make, svg, short, still, tell, startOne, page };
})();
