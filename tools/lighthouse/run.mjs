// Lighthouse on the built pages, served gzipped and with caching headers: medians of 3.
//   npm ci --prefix tools/lighthouse
//   node tools/lighthouse/run.mjs [--runs=3] [--why] [--steady] [book/index.html ...]
// --steady: all but performance, which alone depends on how busy the machine is.
import { createServer } from "node:http";
import { existsSync, readFileSync, statSync } from "node:fs";
import { extname, join, normalize } from "node:path";
import { gzipSync } from "node:zlib";
import * as launcher from "chrome-launcher";
import lighthouse, { desktopConfig } from "lighthouse";

const ROOT = process.env.BNBOOK_HTML ?? join(import.meta.dirname, "../../_build/html");
const PAGES = ["book/index.html", "book/04-ten-nodes.html", "book/explorer.html"];
const STEADY = ["accessibility", "best-practices", "seo"];
const TYPES = {
  ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript",
  ".svg": "image/svg+xml", ".woff2": "font/woff2", ".png": "image/png",
  ".json": "application/json", ".txt": "text/plain", ".xml": "application/xml",
};

const options = process.argv.slice(2);
const runs = Number(options.find((o) => o.startsWith("--runs="))?.slice(7) ?? 3);
const chosen = options.filter((o) => !o.startsWith("--"));
const ASPECTS = options.includes("--steady") ? STEADY : ["performance", ...STEADY];
const pages = (chosen.length ? chosen : PAGES).filter((p) => existsSync(join(ROOT, p)));

const packed = new Map(); // as a host would keep it: compressed once
function file(path) {
  if (!packed.has(path)) packed.set(path, gzipSync(readFileSync(path)));
  return packed.get(path);
}

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, "http://localhost");
  const path = join(ROOT, normalize(decodeURIComponent(pathname)));
  if (!path.startsWith(ROOT) || !existsSync(path) || !statSync(path).isFile())
    return response.writeHead(404).end();
  const type = TYPES[extname(path)] ?? "application/octet-stream";
  const lasting = type.startsWith("text/html") ? "no-cache" : "public, max-age=31536000";
  response.writeHead(200, {
    "Content-Type": type, "Content-Encoding": "gzip", "Cache-Control": lasting });
  response.end(file(path));
});

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

// What holds a score down: the audits that are not full, the heaviest first.
function reasons({ audits, categories }) {
  const weighted = Object.values(categories).flatMap((c) => c.auditRefs);
  const short = weighted.filter(({ id, weight }) =>
    weight && audits[id].score !== null && audits[id].score < 1);
  return [...new Set(short.map(({ id }) =>
    `${id} ${Math.round(100 * audits[id].score)} (${audits[id].displayValue ?? audits[id].title})`))];
}

async function measure(url, port, config) {
  const all = ASPECTS.map(() => []), why = new Set();
  for (let k = 0; k < runs; k++) {
    const { lhr } = await lighthouse(
      url, { port, logLevel: "silent", onlyCategories: ASPECTS }, config);
    ASPECTS.forEach((a, i) => all[i].push(Math.round(100 * lhr.categories[a].score)));
    reasons(lhr).forEach((reason) => why.add(reason));
  }
  return { scores: all.map(median), why: [...why] };
}

await new Promise((done) => server.listen(0, "127.0.0.1", done));
const chrome = await launcher.launch({
  chromePath: process.env.CHROME_PATH ?? "/usr/bin/chromium",
  chromeFlags: ["--headless", "--disable-gpu",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    ...(process.getuid() === 0 ? ["--no-sandbox"] : [])],
});
console.log(`medians of ${runs}: ${ASPECTS.join(" / ")}`);
for (const page of pages)
  for (const [kind, config] of [["mobile", undefined], ["desktop", desktopConfig]]) {
    const url = `http://localhost:${server.address().port}/${page}`;
    const { scores, why } = await measure(url, chrome.port, config);
    console.log(`${page} ${kind}: ${scores.join(" / ")}`);
    if (options.includes("--why")) why.forEach((reason) => console.log(`  ${reason}`));
  }
await chrome.kill();
server.close();
