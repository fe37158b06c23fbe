// needs: gradient
// A graph as text, a line a step, read as src/bnbook/graph/expressions.py reads it.
const bnText = (() => {
  "use strict";
  // What \w, \s and trim() mean in script and in Python differs, so the characters are
  // listed; with "u" one character is one, as there.
  const TOKEN = /[ \t]*(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[A-Za-z_]\w*|[^ \t\n\r\f\v])/gu;
  const NAME = /^[A-Za-z_]\w*$/, DIGIT = /^\d/;
  const AROUND_LINE = /^[ \t\r]+|[ \t\r]+$/g, AROUND_NAME = /^[ \t]+|[ \t]+$/g;
  const END = "the end of the line", LONGEST = 200;

  /** @type {(text: string) => Tree} */
  function expression(text) {
    const tokens = [...text.matchAll(TOKEN), ["", END]].map(([, token]) => token);
    const tree = sum(tokens);
    if (tokens.length > 1) throw new Error(`expected + - * / or ${END}, got ${tokens[0]}`);
    return tree;
  }

  /** @type {(signs: Map<string, string>, next: (tokens: string[]) => Tree) =>
   *   (tokens: string[]) => Tree} */
  const row = (signs, next) => (tokens) => {
    let tree = next(tokens);
    while (signs.has(tokens[0]))
      tree = [String(signs.get(String(tokens.shift()))), tree, next(tokens)];
    return tree;
  };

  const product = row(new Map([["*", "multiply"], ["/", "divide"]]), factor);
  const sum = row(new Map([["+", "add"], ["-", "subtract"]]), product);

  /** @type {(tokens: string[]) => Tree} */
  function factor(tokens) {
    const token = String(tokens.shift());
    if (token === "-") return ["negate", factor(tokens)];
    if (token === "(") return closed(sum(tokens), tokens);
    if (DIGIT.test(token)) return token;
    if (!NAME.test(token)) throw new Error(`expected a value, got ${token}`);
    return tokens[0] === "(" ? [token, ...inputs(tokens)] : token;
  }

  /** @type {(tokens: string[]) => Tree[]} */
  function inputs(tokens) {
    /** @type {Tree[]} */
    const found = [];
    while (tokens[0] === (found.length ? "," : "(")) {
      tokens.shift();
      found.push(sum(tokens));
    }
    return closed(found, tokens);
  }

  /** @type {<T>(found: T, tokens: string[]) => T} */
  function closed(found, tokens) {
    if (tokens[0] !== ")") throw new Error(`expected ), got ${tokens[0]}`);
    tokens.shift();
    return found;
  }

  /**
   * A graph from its text. Throws, in one line, what is amiss, where, and what was expected.
   * @type {(text: string, ops: Table) => Step[]}
   */
  function parse(text, ops) {
    const lines = written(text), made = new Map(lines.map(({ name, at }) => [name, at]));
    if (!made.size) throw new Error("text: no line, expected lines such as mu = mean(x)");
    const known = new Map(Object.entries(ops).filter(([, { rules }]) => !rules.includes(null))
      .map(([op, { rules }]) => [op, rules.length]));
    const taken = new Set();
    return lines.flatMap(({ name, at, tree }) => {
      told(at, () => check(tree, at, made, known));
      return bnGradient.stepsOf(name, tree, taken);
    });
  }

  /** @type {(text: string) => {name: string, at: number, tree: Tree}[]} */
  function written(text) {
    /** @type {Map<string, number>} */
    const made = new Map();
    return text.split("\n").flatMap((whole, k) => {
      const line = whole.split("#")[0].replace(AROUND_LINE, "");
      if (!line) return [];
      const [name, tree] = told(k + 1, () => lineOf(line, made));
      made.set(name, k + 1);
      return [{ name, at: k + 1, tree }];
    });
  }

  /** @type {<T>(at: number, act: () => T) => T} */
  function told(at, act) {
    try {
      return act();
    } catch (error) {
      throw new Error(`line ${at}: ${/** @type {Error} */ (error).message}`);
    }
  }

  /** @type {(line: string, made: Map<string, number>) => [name: string, tree: Tree]} */
  function lineOf(line, made) {
    const long = [...line].length, equals = line.indexOf("=");
    if (long > LONGEST) throw new Error(`${long} characters, expected at most ${LONGEST}`);
    const name = line.slice(0, Math.max(equals, 0)).replace(AROUND_NAME, "");
    if (!NAME.test(name)) throw new Error(`expected name = value, got ${line}`);
    if (made.has(name))
      throw new Error(`line ${made.get(name)} makes ${name}, expected another name`);
    return [name, expression(line.slice(equals + 1))];
  }

  /**
   * Refuse what a line can not read: a later name, an op the table lacks.
   * @type {(tree: Tree, at: number, made: Map<string, number>, known: Map<string, number>) =>
   *   void}
   */
  function check(tree, at, made, known) {
    if (typeof tree === "string") {
      const line = made.get(tree) ?? 0;
      if (line >= at) throw new Error(`${tree} is made in line ${line}, expected it above`);
      return;
    }
    const [op, ...parts] = tree, many = known.get(op);
    if (many === undefined)
      throw new Error(`${op} is no op, expected one of ${[...known.keys()].join(", ")}`);
    if (parts.length !== many)
      throw new Error(`${op} of ${parts.length} values, expected ${many}`);
    for (const part of parts) check(part, at, made, known);
  }

  return { expression, parse };
})();
