// needs: explorer
const bnAim = (() => {
  "use strict";
  return { view: () => ({ root: bnLive.make("div", { class: "bn-aim" }), show() {} }) };
})();
