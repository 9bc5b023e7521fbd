// Puts the page together: reads the plan, draws it, and lets every part hear of every change.
"use strict";

(function (Z) {
  const FORMAT = 1;
  const narrow = () => window.innerWidth < 720;
  const crowded = () => window.innerWidth < 1400; // no room for the card beside the accounts

  const dates = ({ land, redlines }) => [land ? Z.t("dated", { d: land }) : Z.t("undated"),
    redlines ? Z.t("dated_red", { d: redlines }) : null].filter(Boolean).join(Z.t("semicolon"));

  function head() {
    const { plan, state } = Z;
    document.documentElement.lang = state.lang === "zh" ? "zh-CN" : "en";
    const title = plan.plans.map((p) => p.name).join(" | ");
    document.title = title;
    Z.put(Z.find(".zn-title"), title);
    Z.put(Z.find(".zn-notice"), Z.say(plan.plans[0].notice));
    Z.put(Z.find(".zn-corner"),
      Z.el("span", { class: "zn-approval" }, plan.approval ? Z.t("approval", { n: plan.approval }) : Z.t("internal")),
      Z.el("span", { class: "zn-dated" }, dates(plan.dated)),
      plan.digest ? Z.el("span", { class: "zn-digest", title: plan.digest }, "SHA-256 " + plan.digest.slice(0, 16)) : "",
      Z.el("span", { class: "zn-printed" }, Z.t("date", { d: new Date().toISOString().slice(0, 10) })));
  }

  Z.drawCard = function () {
    if (Z.state.picked) Z.showCard(Z.state.picked);
    else Z.redrawPlace();
  };

  function redrawWords() {
    Z.map.getContainer().setAttribute("aria-label", Z.t("middle"));
    head();
    Z.drawTools();
    Z.drawHeadline();
    document.getElementById("zn").style.setProperty("--top", Z.find(".zn-stage").offsetTop + "px");
    Z.drawSide();
    Z.drawLadder();
    Z.drawAccounts();
    Z.drawCard();
  }

  function applyTheme() {
    const theme = Z.plan.themes.find((t) => t.code === Z.state.theme);
    Z.sides.forEach((one) => {
      one.classed = theme && theme.code === "differences" ? Z.differences() : Z.classify(one.grid, theme, one.plan);
      one.layer.show(one.classed);
    });
    Z.calm(Boolean(theme && theme.calm));
    if (Z.find(".zn-legend-at")) Z.refreshLegend();
  }

  function applyOverlays() {
    Object.entries(Z.drawn).forEach(([name, layer]) => {
      if (name === "city" || Z.state.overlays.has(name)) layer.addTo(Z.map);
      else layer.remove();
    });
    Z.refreshLegend();
  }

  function tell(at, point) {
    const tip = Z.find(".zn-tip");
    const one = Z.sides.length > 1 && point && point.x > Z.map.getSize().x * Z.state.swipe ? Z.sides[1] : Z.sides[0];
    const i = at ? one.grid.find(at.lat, at.lng) : -1;
    const told = (theme) => (theme.code === "differences" ? one.classed.entries[one.classed.classes[i]].label() : Z.themeValue(one.grid, theme, i, one.plan));
    tip.hidden = i < 0;
    if (i < 0) return;
    const theme = Z.plan.themes.find((t) => t.code === Z.state.theme);
    Z.put(tip, Z.el("strong", null, theme ? told(theme) : Z.ha(one.grid.value(i, "area_m2"))),
      theme && theme.code === "zones" ? Z.el("span", null, Z.value("zone_reason", one.grid.value(i, "zone_reason"))) : null,
      Z.el("span", null, [Z.townshipName(one.grid, i), one.grid.code(i)].filter(Boolean).join(" · ")));
    const size = Z.map.getSize();
    tip.style.left = Math.min(point.x + 14, size.x - tip.offsetWidth - 6) + "px";
    tip.style.top = Math.min(point.y + 16, size.y - tip.offsetHeight - 6) + "px";
  }

  let mark = null;
  let frame = null;
  function pick(at, stay) {
    if (mark) mark.remove();
    mark = null;
    const { grid } = Z.sides[0];
    const i = at ? grid.find(at[0], at[1]) : -1;
    Z.state.picked = i < 0 ? null : grid.centre(i);
    Z.showCard(Z.state.picked);
    if (i >= 0 && crowded()) toggleAccounts(false);
    document.getElementById("zn").classList.toggle("zn-with-card", i >= 0);
    if (i < 0) return;
    const card = Z.find(".zn-card");
    const covered = narrow() ? [20, card.offsetHeight + 20] : [card.offsetWidth + 40, 40];
    if (!stay) Z.map.panInside(Z.state.picked, { paddingTopLeft: [60, 40], paddingBottomRight: covered });
    mark = L.polygon(grid.outline(i), { pane: "zn-mark", color: "#111", weight: 2.5, fill: false, interactive: false }).addTo(Z.map);
  }

  function found(hit) {
    if (hit.unit !== undefined) {
      const at = Z.sides[0].grid.centre(hit.unit);
      Z.map.setView(at, Math.max(12.5, Z.map.getZoom()));
      pick(at);
      return undefined;
    }
    if (hit.layer && !Z.state.overlays.has(hit.layer.code)) {
      Z.state.overlays.add(hit.layer.code);
      Z.emit("overlays");
    }
    Z.map.fitBounds(hit.rows.reduce((box, row) => box.extend(Z.boundsOf(row)), L.latLngBounds([])), { padding: [40, 40], maxZoom: 13 });
    if (narrow()) toggleSide(false);
    if (hit.layer) return Z.openPlace("given", { layer: hit.layer, row: hit.rows[0] });
    return Z.openPlace(PLACES[hit.kind], hit.kind === "redline" ? hit.rows[0].area_code : hit.rows[0].code);
  }

  const PLACES = { redline: "redlines", township: "townships", county: "counties" };

  // The outline of the place whose card is open.
  function outlined(rows) {
    if (frame) frame.remove();
    frame = null;
    if (crowded()) toggleAccounts(false);
    document.getElementById("zn").classList.add("zn-with-card");
    if (!rows) return;
    frame = L.layerGroup(rows.flatMap((row) => [{ color: "#fff", weight: 5.5 }, { color: "#111", weight: 2.6 }].map((style) =>
      L.polygon(row.shape, Object.assign({ pane: "zn-mark", fill: false, interactive: false }, style))))).addTo(Z.map);
  }

  function toggleSide(open) {
    const box = document.getElementById("zn");
    const now = open === undefined ? box.classList.contains("zn-no-side") : open;
    box.classList.toggle("zn-no-side", !now);
    if (now && narrow()) toggleAccounts(false);
    Z.map.invalidateSize({ animate: false });
  }

  function toggleAccounts(open) {
    const box = Z.find(".zn-accounts");
    box.hidden = open === undefined ? !box.hidden : !open;
    document.getElementById("zn").classList.toggle("zn-with-accounts", !box.hidden);
    if (box.hidden) return;
    if (crowded() && !Z.find(".zn-card").hidden) Z.emit("pick", null);
    box.focus();
  }

  function hearMap(map) {
    map.on("mousemove", (e) => tell(e.latlng, e.containerPoint));
    map.on("mouseout", () => tell(null));
    map.on("click", (e) => {
      tell(null); // after a tap there is no mouse that would leave
      if (!Z.measure.active()) pick([e.latlng.lat, e.latlng.lng]);
    });
    map.on("moveend zoomend", () => Z.emit("view"));
    const box = map.getContainer();
    box.addEventListener("keydown", (e) => {
      if (e.target !== box || e.key !== "Enter") return;
      const c = map.getCenter();
      pick([c.lat, c.lng]);
      Z.find(".zn-card").focus();
    });
    document.addEventListener("keydown", (e) => {
      if (e.key !== "Escape" || Z.measure.active()) return;
      if (!Z.find(".zn-accounts").hidden) toggleAccounts(false);
      else if (!Z.find(".zn-table-panel").hidden) Z.emit("table", false);
      else {
        if (Z.find(".zn-card").contains(document.activeElement)) box.focus();
        Z.emit("pick", null);
      }
    });
    new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(box);
    window.addEventListener("beforeprint", () => layOnPaper(true));
    window.addEventListener("afterprint", () => layOnPaper(false));
  }

  // The sheet has another shape than the screen: lay the map out anew around the same place.
  let onScreen = null;
  function layOnPaper(on) {
    const { map } = Z;
    if (on) onScreen = { centre: map.getCenter(), zoom: map.getZoom(), bounds: map.getBounds() };
    document.getElementById("zn").classList.toggle("zn-printing", on);
    map.invalidateSize({ animate: false });
    if (on) map.fitBounds(onScreen.bounds.contains(Z.whole) ? Z.whole : onScreen.bounds, { animate: false, paddingBottomRight: [8, 40] });
    else if (onScreen) map.setView(onScreen.centre, onScreen.zoom, { animate: false });
  }

  function hearParts() {
    Z.on("filter", () => { Z.sides.forEach((one) => one.layer.redraw()); Z.refreshLegend(); });
    Z.on("theme", () => { Z.state.hidden.clear(); applyTheme(); Z.emit("view"); });
    Z.on("overlays", () => { applyOverlays(); if (Z.sides[0].grid.relief) Z.sides.forEach((one) => one.layer.redraw()); Z.emit("view"); });
    Z.on("opacity", () => { Z.sides.forEach((one) => one.layer.setOpacity(Z.state.opacity)); Z.emit("view"); });
    Z.on("lang", () => { redrawWords(); Z.emit("view"); });
    Z.on("pick", (at) => { pick(at); if (!at && frame) { frame.remove(); frame = null; } Z.emit("view"); });
    Z.on("place", outlined);
    Z.on("found", found);
    Z.on("side", toggleSide);
    Z.on("accounts", toggleAccounts);
    Z.on("measuring", Z.drawTools);
    Z.on("step", () => {
      const theme = Z.plan.themes.find((t) => t.code === Z.state.theme);
      if (theme && theme.part === "new_m2") applyTheme();
      Z.drawHeadline();
      Z.drawAccounts();
      Z.drawCard();
    });
    let waiting = 0;
    Z.on("view", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => { Z.remember(); Z.followView(); }, 250);
    });
  }

  function frameMap(map) {
    const box = map.getContainer();
    Z.find(".zn-stage").prepend(box);
    box.classList.add("zn-map");
    box.setAttribute("role", "application");
    map.createPane("zn-mark").style.zIndex = 450;
    ["zn-left", "zn-right"].forEach((name) => { map.createPane(name).style.zIndex = 300; });
    if (map.attributionControl) map.attributionControl.setPrefix("Leaflet").setPosition("bottomright");
    document.getElementById("zn").classList.toggle("zn-no-side", narrow());
    map.invalidateSize({ animate: false });
  }

  function backgroundOf(tiles) {
    if (!tiles) return null;
    return L.layerGroup(tiles.layers.map((address) => L.tileLayer(address, {
      subdomains: tiles.subdomains, maxNativeZoom: tiles.maxNativeZoom, maxZoom: 19, attribution: tiles.credit })));
  }

  async function load(map) {
    Z.plan = JSON.parse(document.getElementById("zoning-plan").textContent);
    if (Z.plan.format !== FORMAT) throw new Error("format " + Z.plan.format);
    Z.plan.words = await Z.numbers(Z.plan.words);
    const asked = Z.readAddress();
    const themes = Z.plan.themes.map((t) => t.code);
    Z.state = {
      lang: ["zh", "en"].includes(asked.lang) ? asked.lang : Z.plan.lang,
      theme: themes.includes(asked.theme) ? asked.theme : themes[0],
      opacity: asked.opacity || (Z.plan.tiles ? 0.7 : 1),
      overlays: new Set(asked.overlays || [...(Z.plan.plans.length > 1 ? ["diff_township_areas"] : []), "redlines", "townships", "counties", "labels", "water", "roads", "relief", "around", "background"]),
      swipe: asked.swipe, picked: null, hidden: new Set(),
    };
    if (asked.dark) { Z.state.dark = true; document.documentElement.classList.add("zn-dark"); }
    head();
    Z.layers = await Z.loadLayers(Z.plan.layers);
    const outline = Z.layers.city.rows.map((r) => r.shape);
    const where = Z.plan.plans.length > 1 ? ["left", "right"] : ["left"];
    Z.sides = [];
    for (const [k, name] of where.entries()) {
      const plan = Z.plan.plans[k];
      const grid = await Z.loadGrid(plan.units);
      plan.given = await Z.loadGiven(plan.given);
      const layer = new Z.GridLayer(grid, outline, { pane: "zn-" + name, opacity: Z.state.opacity });
      const towns = plan.towns ? new Map(plan.towns.map((t) => [t.code, t])) : k === 0 && Z.layers.townships ? Z.layers.townships.byCode : null;
      Z.sides.push({ where: name, plan, grid, layer, towns, classed: null });
    }
    await Z.loadGeography(Z.plan.geography, Z.sides[0].grid);
    await Z.loadLadder(Z.plan.ladder, Z.sides[0].grid, Z.layers.townships ? Z.layers.townships.rows : []);
    return asked;
  }

  Z.start = async function (map) {
    Z.map = map;
    frameMap(map);
    const wait = Z.find(".zn-wait");
    Z.put(wait, "…");
    try {
      const asked = await load(map);
      Z.put(wait, Z.t("loading"));
      const [west, south, east, north] = Z.sides[0].grid.bounds;
      const whole = Z.whole = L.latLngBounds([south, west], [north, east]);
      const home = (options) => map.fitBounds(whole, Object.assign({ paddingTopLeft: [16, 16], paddingBottomRight: [16, Z.plan.ladder && Z.sides.length === 1 ? 124 : 40] }, options));
      home({ animate: false });
      map.setMinZoom(Math.max(2, Math.floor(map.getZoom()) - 2));
      map.setMaxZoom(17);
      if (asked.view) map.setView([asked.view[1], asked.view[2]], asked.view[0], { animate: false });
      Z.drawn = Object.assign(await Z.drawGeography(map, Z.plan.geography), await Z.drawLayers(map, Z.layers));
      const background = backgroundOf(Z.plan.tiles);
      if (background) Z.drawn.background = background;
      Z.sides.forEach((one) => one.layer.addTo(map));
      Z.startMeasure(map);
      hearParts();
      hearMap(map);
      if (Z.sides.length > 1) Z.changed = Z.changedZones();
      if (Z.changed !== undefined) Z.plan.themes.push({ code: "differences", label: Z.words.differences && { zh: Z.words.differences[0], en: Z.words.differences[1] } });
      applyTheme();
      redrawWords();
      applyOverlays();
      Z.drawZoom(map, home);
      Z.startSearch();
      if (Z.sides.length > 1) {
        Z.startSwipe(map, Z.sides[0].layer, Z.sides[1].layer);
      }
      // The strip above and the panels have their size only now: the whole city must be seen between.
      map.invalidateSize({ pan: false, animate: false });
      if (asked.view) map.setView([asked.view[1], asked.view[2]], asked.view[0], { animate: false });
      else home({ animate: false });
      if (asked.picked) pick(asked.picked);
      wait.hidden = true;
      await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn, 0)));
      document.documentElement.setAttribute("data-ready", String(Math.round(performance.now())));
    } catch (wrong) {
      Z.put(wait, Z.plan ? Z.t("failed", { why: wrong.message }) : String(wrong));
      document.documentElement.setAttribute("data-failed", String(wrong && wrong.stack));
      throw wrong;
    }
  };
})(Zoning);
