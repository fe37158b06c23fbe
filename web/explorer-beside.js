// needs: explorer
const bnBeside = (() => {
  "use strict";
  return { view: () => ({ root: bnLive.make("div", { class: "bn-beside" }), show() {} }) };
})();
