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

  // Pairs of zones, from the left plan to the right one, as a theme of its own.
  Z.differences = function () {
    const [a, b] = Z.sides;
    if (Z.changedZones() === undefined) return null;
    const zones = a.plan.zones;
    const order = (plan, code) => plan.zones.findIndex((z) => z.code === code);
    const classes = new Uint8Array(a.grid.count);
    const pairs = new Map();
    for (let i = 0; i < a.grid.count; i++) {
      const [x, y] = [a.grid.value(i, "zone"), b.grid.value(i, "zone")];
      if (x === y) continue;
      const key = order(a.plan, x) + ">" + order(b.plan, y);
      if (!pairs.has(key)) pairs.set(key, { from: x, to: y, n: 0, m2: 0, k: pairs.size + 1 });
      const pair = pairs.get(key);
      pair.n++;
      pair.m2 += a.grid.value(i, "area_m2") || 0;
      classes[i] = pair.k;
    }
    const entries = [{ colour: "#eceae4", label: () => Z.t("same_zone") }, ...[...pairs.values()].map((p) => ({
      colour: p.to === null ? "#beb9b4" : (b.plan.zones.find((z) => z.code === p.to) || zones[0]).colour,
      label: () => Z.zone(p.from, a.plan).label + " → " + Z.zone(p.to, b.plan).label }))];
    return { classes, entries, pairs: [...pairs.values()], anyMissing: false };
  };

  // Townships whose units changed, with how much of them and what of their new land.
  Z.changedTownships = function () {
    const [a, b] = Z.sides;
    const found = new Map();
    for (let i = 0; i < a.grid.count; i++) {
      const code = a.grid.value(i, "township");
      const moved = a.grid.value(i, "zone") !== b.grid.value(i, "zone");
      const fresh = (b.grid.value(i, "new_m2") || 0) - (a.grid.value(i, "new_m2") || 0);
      if (code === null || (!moved && !fresh)) continue;
      const row = found.get(code) || { code, n: 0, m2: 0, fresh: 0 };
      if (moved) { row.n++; row.m2 += a.grid.value(i, "area_m2") || 0; }
      row.fresh += fresh;
      found.set(code, row);
    }
    return [...found.values()].sort((x, y) => y.m2 - x.m2 || Math.abs(y.fresh) - Math.abs(x.fresh));
  };

  // Townships that only one plan has, or that have another name, and where their units lie in the other plan.
  Z.otherTownships = function () {
    const [a, b] = Z.sides;
    const found = new Map();
    if (!a.towns || !b.towns) return found;
    const add = (row, what) => found.set(row.code, { code: row.code, row, what, beside: new Map() });
    for (const [code, row] of a.towns) {
      const now = b.towns.get(code);
      if (!now) add(row, "gone");
      else if (now.name !== row.name) { add(row, "renamed"); found.get(code).beside.set(code, now); }
    }
    for (const [code, row] of b.towns) if (!a.towns.has(code)) add(row, "new");
    const note = (one, other, what) => {
      for (let i = 0; i < one.grid.count; i++) {
        const row = found.get(one.grid.value(i, "township"));
        if (!row || row.what !== what) continue;
        const k = other.grid.find(...one.grid.centre(i));
        const code = k < 0 ? null : other.grid.value(k, "township");
        if (code !== null) row.beside.set(code, other.towns.get(code) || { code });
      }
    };
    note(a, b, "gone");
    note(b, a, "new");
    return found;
  };

  function whatBecame(row) {
    const towns = [...row.beside.values()].map(Z.place).join(Z.t("comma"));
    if (row.what === "renamed") return Z.t("town_renamed", { towns });
    if (!towns) return Z.t("town_" + row.what);
    return Z.t(row.what === "gone" ? "town_gone_into" : "town_new_from", { towns });
  }

  function townList() {
    const others = Z.otherTownships();
    const moved = new Map(Z.changed === undefined ? [] : Z.changedTownships().map((t) => [t.code, t]));
    const codes = [...others.keys(), ...[...moved.keys()].filter((c) => !others.has(c))];
    const here = Z.layers.townships;
    if (!codes.length || !here) return null;
    const name = (code) => {
      const row = here.byCode.get(code);
      if (!row) return Z.place((others.get(code) || { row: { code } }).row);
      return Z.el("button", { type: "button", class: "zn-link", onclick: () => Z.emit("found", { kind: "township", rows: [row] }) }, Z.place(row));
    };
    return [Z.el("h3", null, Z.t("changed_towns", { n: codes.length })), Z.el("ul", { class: "zn-list zn-towns" }, codes.map((code) => {
      const t = moved.get(code) || { n: 0, fresh: 0 };
      return Z.el("li", null, name(code), Z.el("span", { class: "zn-num zn-soft" }, [
        others.has(code) ? whatBecame(others.get(code)) : null, t.n ? Z.t("units_n", { n: t.n }) : null,
        t.fresh ? (t.fresh > 0 ? "+" : "−") + Z.km2(Math.abs(t.fresh), 2) : null].filter(Boolean).join(" · ")));
    }))];
  }

  Z.drawDifferences = function () {
    if (Z.changed === undefined) return [Z.drawRedrawn(), townList()];
    const [a, b] = Z.sides.map((one) => one.plan.accounts.construction || {});
    const delta = (name, x, y, show) => Z.known(x) && Z.known(y) && x !== y && Z.el("tr", null, Z.el("th", { scope: "row" }, name),
      Z.el("td", { class: "zn-num" }, show(x)), Z.el("td", { class: "zn-num" }, show(y)), Z.el("td", { class: "zn-num" }, (y > x ? "+" : "−") + show(Math.abs(y - x))));
    const zones = Z.sides[0].plan.accounts.zones.map((z) => [z, Z.sides[1].plan.accounts.zones.find((o) => o.code === z.code)]).filter(([, o]) => o);
    const km2 = (m2) => Z.km2(m2, 2);
    const rows = [delta(Z.t("cap"), a.cap_share, b.cap_share, (x) => Z.percent(x, 2)), delta(Z.t("new"), a.new_m2, b.new_m2, km2), delta(Z.t("existing"), a.existing_m2, b.existing_m2, km2),
      ...zones.map(([x, y]) => delta(Z.zone(x.code).label, x.area_m2, y.area_m2, km2))].filter(Boolean);
    return [Z.el("p", null, Z.t("changed", { n: Z.number(Z.changed) })),
      rows.length ? Z.el("table", { class: "zn-table zn-deltas" }, Z.el("thead", null, Z.el("tr", null, [Z.t("account"), Z.t("left"), Z.t("right"), "Δ"].map((h, k) => Z.el("th", { scope: "col", class: k ? "zn-num" : null }, h)))), Z.el("tbody", null, rows)) : null,
      Z.drawRedrawn(), townList()];
  };

  // Townships of another name, boundary, code or zone, as the comparison of two versions found them.
  Z.drawRedrawn = function () {
    const layer = Z.plan.given_layers.find((one) => one.code === "diff_township_areas");
    if (!layer) return null;
    const at = (name) => layer.columns.findIndex((c) => c.name === name);
    const say = (row, name) => { const cell = row.values[at(name)]; return cell === null || cell === undefined ? "–" : typeof cell === "object" ? Z.say(cell) : cell; };
    const sides = (row) => ["_before", "_after"].filter((side) => Z.known(row.values[at("code" + side)]));
    const both = (row, name) => [...new Set(sides(row).map((side) => say(row, name + side)))].join(" → ");
    return [Z.el("h3", null, Z.say(layer.label) + " (" + Z.number(layer.drawn.length) + ")"),
      Z.el("table", { class: "zn-table" }, Z.el("tbody", null, layer.drawn.map((row) => Z.el("tr", null,
        Z.el("th", { scope: "row" }, both(row, "name")), Z.el("td", null, say(row, "relation")), Z.el("td", null, both(row, "zone"))))))];
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
