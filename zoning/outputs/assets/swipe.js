// Two plans, one line between them that moves with the mouse, a finger or the arrow keys.
"use strict";

(function (Z) {
  Z.startSwipe = function (map, left, right) {
    const box = Z.find(".zn-swipe");
    const range = Z.el("input", { type: "range", min: 0, max: 1, step: 0.01, value: Z.state.swipe });
    const bar = Z.el("div", { class: "zn-swipe-bar" });
    const names = Z.sides.map((one) => Z.el("span", { class: "zn-swipe-name zn-swipe-" + one.where }, one.plan.name));

    function cut() {
      const size = map.getSize();
      const x = size.x * Z.state.swipe;
      const a = map.containerPointToLayerPoint([0, 0]);
      const b = map.containerPointToLayerPoint(size);
      const at = map.containerPointToLayerPoint([x, 0]).x;
      const part = (x1, x2) => `polygon(${x1}px ${a.y}px, ${x2}px ${a.y}px, ${x2}px ${b.y}px, ${x1}px ${b.y}px)`;
      left.getContainer().style.clipPath = part(a.x, at);
      right.getContainer().style.clipPath = part(at, b.x);
      bar.style.left = x + "px";
    }

    range.addEventListener("input", () => { Z.state.swipe = Number(range.value); cut(); Z.emit("view"); });
    Z.put(box, bar, names, range);
    box.hidden = false;
    const words = () => range.setAttribute("aria-label", Z.t("swipe"));
    Z.on("lang", words);
    words();
    map.on("move zoomend resize viewreset", cut);
    L.DomEvent.disableClickPropagation(range);
    cut();
  };

  // How many units of one lattice carry another zone in the other plan.
  Z.changedZones = function () {
    const [a, b] = Z.sides.map((one) => one.grid);
    if (!a.columns.zone || !b.columns.zone || a.count !== b.count) return undefined;
    let changed = 0;
    for (let i = 0; i < a.count; i++) {
      if (a.code(i) !== b.code(i)) return undefined;
      if (a.value(i, "zone") !== b.value(i, "zone")) changed++;
    }
    return changed;
  };
})(Zoning);
