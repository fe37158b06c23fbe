// A result of the search leads to the section, or the row, that says most of what was asked
// for, and not to the top of its page. Sphinx asks for each page's text to show a piece of
// it; this looks at the same text.
/* global Search */
const bnSearch = (() => {
  "use strict";
  const PLACES = ["section[id]", "tr[id]", "dt[id]"]
    .map((place) => `[role="main"] ${place}`).join();

  /** @type {(element: Element) => string} */
  function ownWords(element) {
    const copy = /** @type {Element} */ (element.cloneNode(true));
    for (const inner of copy.querySelectorAll("section[id], tr[id], dt[id]")) inner.remove();
    return (copy.textContent ?? "").toLowerCase();
  }

  /** @type {(element: Element) => Element} */
  const headingOf = (element) => element.querySelector("h2, h3, th") ?? element;

  /**
   * Each word that stands here counts most, then one in the heading, then how often.
   * @type {(element: Element, asked: string[]) => number}
   */
  function score(element, asked) {
    const words = ownWords(element), heading = ownWords(headingOf(element));
    const found = asked.map((word) => words.split(word).length - 1);
    const headed = asked.filter((word) => heading.includes(word)).length;
    const often = found.reduce((a, b) => a + b, 0) + 10 * headed;
    return 100 * found.filter(Boolean).length + Math.min(often, 99);
  }

  /**
   * place is where on a page most of the words stand: its id, and its heading.
   * @type {(html: string, keywords: Iterable<string>) => [string, string] | null}
   */
  function place(html, keywords) {
    const page = new DOMParser().parseFromString(html, "text/html");
    for (const link of page.querySelectorAll(".headerlink")) link.remove();
    const asked = [...keywords].map((word) => word.toLowerCase());
    let best = 99, found = null;
    for (const element of page.querySelectorAll(PLACES)) {
      const here = score(element, asked);
      if (here > best) [best, found] = [here, element];
    }
    if (!found || found.querySelector("h1")) return null;
    return [found.id, (headingOf(found).textContent ?? "").trim()];
  }

  /** @type {(summary: Element, id: string, heading: string) => void} */
  function lead(summary, id, heading) {
    const link = summary.parentElement?.querySelector("a");
    if (!link || link.hash) return;
    link.hash = id;
    link.append(`: ${heading}`);
  }

  addEventListener("DOMContentLoaded", () => {
    const plain = Search.makeSearchSummary;
    Search.makeSearchSummary = (html, keywords, anchor) => {
      const found = anchor ? null : place(html, keywords);
      if (!found) return plain(html, keywords, anchor);
      const made = plain(html, keywords, `#${CSS.escape(found[0])}`);
      if (made) queueMicrotask(() => lead(made, ...found));
      return made;
    };
  });

  return { place };
})();
