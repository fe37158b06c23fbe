// Steps of a graph as formulas in plain text: src/bnbook/show/formulas.py, mirrored.
const bnFormulas = (() => {
  "use strict";
  const PART = "'", ATOM = 5;
  /** @typedef {(name: string) => string} Symbol */

  /**
   * What makes a value: the parts of its line stand in it.
   * @type {(steps: Step[], name: string) => Tree}
   */
  function tree(steps, name) {
    const made = new Map(steps.map((step) => [step.name, step]));
    /** @type {(step: Step) => Tree} */
    const whole = ({ op, inputs }) => [op, ...inputs.map((input) => {
      const part = input.endsWith(PART) && made.get(input);
      return part ? whole(part) : input;
    })];
    return whole(/** @type {Step} */ (made.get(name)));
  }

  /**
   * A tree as text. symbol: how a name is printed.
   * @type {(tree: Tree, table: Table, symbol?: Symbol) => string}
   */
  const printed = (tree, table, symbol = (name) => name) => print(tree, table, symbol)[0];

  /** @type {(tree: Tree, table: Table, symbol: Symbol) => [text: string, holds: number]} */
  function print(tree, table, symbol) {
    if (typeof tree === "string") return [symbol(tree), ATOM];
    const [op, ...inputs] = tree, row = table[op].print;
    if (!row) return print(inputs[0], table, symbol);
    const [text, holds, needs] = row, given = needs.map((need, k) => {
      const [inside, held] = print(inputs[k], table, symbol);
      return held >= need ? inside : `(${inside})`;
    });
    const said = text.replace(/\$([ab])/g, (_, letter) => given["ab".indexOf(letter)]);
    return [said.replace("+ −", "− "), holds];
  }

  /**
   * A graph as text, a line a named value; `start` leaves out the steps before.
   * @type {(graph: Step[], table: Table, start?: number) => string}
   */
  const listing = (graph, table, start = 0) => graph.slice(start)
    .filter(({ name }) => !name.endsWith(PART))
    .map(({ name }) => `${name} = ${printed(tree(graph, name), table)}`).join("\n");

  return { tree, printed, listing };
})();
