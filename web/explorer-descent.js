// needs: explorer
// What dx is for: steps down a cost behind y, by all of the gradient or by a path's part.
const bnDescent = (() => {
  "use strict";
  const { array, each } = bnGraph;
  /** @typedef {{x: number[], y: number[], dy: number[], cost: number}} Point */

  /**
   * The graph with a cost of y behind it, half the squared distance from a target. So dy
   * too comes from the op table's rules.
   * @type {(graph: Graph) => Step[]}
   */
  const costed = ({ steps }) => [...steps,
    { name: "gap ", op: "subtract", inputs: [steps[steps.length - 1].name, "target "] },
    { name: "cost ", op: "square", inputs: ["gap "] }];

  /** @type {(graph: Graph, given: Given, target: number[]) => Ran} */
  function pass(graph, given, target) {
    const { inputs, dy, how } = bnModel.taken(graph, given);
    return bnGradient.run(costed(graph), { ...inputs, "target ": array(dy.shape, target) },
      each(() => 0.5, dy), how);
  }

  /** @type {(graph: Graph, ran: Ran) => Point} */
  function point({ steps }, { values, grads }) {
    const y = steps[steps.length - 1].name;
    return { x: [...values.x.data], y: [...values[y].data], dy: [...grads[y].data],
      cost: values["cost "].data.reduce((sum, v) => sum + v / 2, 0) };
  }

  /**
   * The points of `count` steps of size `rate`, the first one too; silent: edges that send
   * nothing meanwhile.
   * @type {(graph: Graph, given: Given, target: number[], rate: number, count: number,
   *   silent: Edge[]) => Point[]}
   */
  function descend(graph, given, target, rate, count, silent) {
    const points = [];
    let now = { ...given };
    for (let k = 0; ; k += 1) {
      const ran = pass(graph, now, target);
      points.push(point(graph, ran));
      if (k === count) return points;
      const dx = bnModel.byX(silent.length ? bnGradient.without(ran, silent) : ran);
      now = { ...now, x: now.x.map((v, i) => v - rate * dx[i]) };
    }
  }

  return { descend };
})();
