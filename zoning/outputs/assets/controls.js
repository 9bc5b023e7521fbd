// The side panel (theme, legend, opacity, overlays), the buttons, and the address of the view.
"use strict";

(function (Z) {
  const ICONS = {
    accounts: "M4 20V10M10 20V4M16 20v-7M21 20H3",
    measure: "M3 17 17 3l4 4L7 21zM7 13l2 2M10 10l2 2M13 7l2 2",
    fullscreen: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
    print: "M7 8V3h10v5M7 17H4V8h16v9h-3M7 14h10v7H7z",
    link: "M9 15l6-6M10 6l2-2a4 4 0 0 1 6 6l-2 2M14 18l-2 2a4 4 0 0 1-6-6l2-2",
    side: "M12 3 3 8l9 5 9-5zM3 12l9 5 9-5M3 16l9 5 9-5",
    dark: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",
    home: "M4 11 12 4l8 7M6 10v10h12V10",
  };
  const PIXEL_M = 0.0254 / 96;
  const OVERLAYS = ["redlines", "townships", "counties", "labels", "water", "roads", "relief", "around", "background"];

  const swatch = (colour) => Z.el("i", { class: "zn-swatch", css: { background: colour } });

  function redSwatch(level) {
    const look = Z.plan.look.redline;
    const { px, dash } = look.level[level];
    const box = (stroke, width, more) => Z.svg("rect", Object.assign({ x: 2.5, y: 2.5, width: 17, height: 9, stroke, "stroke-width": width }, more));
    return Z.svg("svg", { class: "zn-swatch-svg", width: 22, height: 14, "aria-hidden": "true" },
      box(look.casing, px + 2.4, { fill: "none" }),
      box(look.line, px, { fill: isCalm() ? "none" : "url(#zn-hatch-" + level + ")", "stroke-dasharray": dash || "none" }));
  }

  const isCalm = () => (Z.plan.themes.find((t) => t.code === Z.state.theme) || {}).calm;

  const lineSwatch = (style) =>
    Z.svg("svg", { class: "zn-swatch-svg", width: 22, height: 14, "aria-hidden": "true" },
      Z.svg("line", Object.assign({ x1: 0, x2: 22, y1: 7, y2: 7 }, style)));

  // An entry that hides its class and shows how much of the view it fills.
  const entry = (k, sign, words, share, colour) => Z.el("li", { class: "zn-entry" },
    Z.el("button", { type: "button", class: "zn-filter", "aria-pressed": String(!Z.state.hidden.has(k)), title: Z.t("filter"), onclick: () => hide(k) },
      sign, Z.el("span", null, words), Z.el("span", { class: "zn-num zn-soft" }, share)),
    Z.el("span", { class: "zn-in-view", "data-class": k, role: "img" }, Z.el("i", { class: "zn-bar", css: { width: 0, background: colour } })));

  function hide(k) {
    const { hidden } = Z.state;
    if (hidden.has(k)) hidden.delete(k);
    else hidden.add(k);
    Z.emit("filter");
    const again = Z.find('.zn-in-view[data-class="' + k + '"]');
    if (again) again.parentNode.querySelector("button").focus();
  }

  // Zones that the legend hides, for tables.
  Z.hiddenZones = function () {
    const zones = Z.plan.plans[0].zones;
    const name = (k) => (k === Z.MISSING ? null : (zones[k] || {}).code);
    return new Set(Z.state.theme === "zones" ? [...Z.state.hidden].map(name) : []);
  };

  // Walks over the units whose square lies in the view.
  Z.inView = function (grid, hear) {
    const box = Z.map.getBounds();
    const edge = [box.getNorthWest(), box.getNorthEast(), box.getSouthWest(), box.getSouthEast(), L.latLng(box.getNorth(), box.getCenter().lng), L.latLng(box.getSouth(), box.getCenter().lng)];
    const at = edge.map((p) => grid.squares(p.lat, p.lng));
    const all = at.some((p) => !Number.isFinite(p[0] + p[1]));
    const range = (k, most) => (all ? [0, most - 1] : [Math.max(0, Math.floor(Math.min(...at.map((p) => p[k])))), Math.min(most - 1, Math.floor(Math.max(...at.map((p) => p[k]))))]);
    const [c0, c1] = range(0, grid.size[0]);
    const [r0, r1] = range(1, grid.size[1]);
    for (let r = r0; r <= r1; r++) {
      for (let c = c0; c <= c1; c++) {
        const i = grid.at(c, r);
        if (i >= 0) hear(i);
      }
    }
  };

  // How many units lie on one pixel of the screen, across the middle of the map.
  function unitsPerPixel(grid) {
    const middle = Z.map.getSize().divideBy(2);
    const at = [0, 1].map((k) => Z.map.containerPointToLatLng(middle.add([k, 0]))).map((p) => grid.squares(p.lat, p.lng));
    return Math.hypot(at[1][0] - at[0][0], at[1][1] - at[0][1]);
  }

  // The bars of the legend: what the view holds of each class, by area.
  Z.followView = function () {
    const { grid, classed } = Z.sides[0];
    const sums = new Map();
    const c = grid.columns.area_m2;
    const level = grid.level ? grid.level(unitsPerPixel(grid)) : null;
    let all = 0;
    Z.inView(level || grid, (i) => {
      const m2 = level ? level.area(i) : c ? c.values[i] * c.step : 1;
      const k = level ? level.kind(i, classed) : classed.classes[i];
      sums.set(k, (sums.get(k) || 0) + m2);
      all += m2;
    });
    const note = Z.find(".zn-level");
    if (note) note.textContent = level && level.factor > 1 ? Z.t("as_one", { n: level.factor }) : "";
    document.querySelectorAll("#zn .zn-in-view").forEach((bar) => {
      const share = all ? (sums.get(Number(bar.dataset.class)) || 0) / all : 0;
      bar.firstChild.style.width = 100 * share + "%";
      bar.setAttribute("aria-label", Z.t("in_view", { share: Z.percent(share) }));
      bar.title = Z.t("in_view", { share: Z.percent(share) });
    });
  };

  Z.legend = function () {
    const theme = Z.plan.themes.find((t) => t.code === Z.state.theme);
    const classed = Z.sides[0].classed;
    const first = Z.plan.plans[0];
    // All land of the city is the base of every share, as in the report; what no zone holds has its row.
    const zoned = theme && theme.code === "zones";
    const city = zoned && Z.sides.length === 1 ? first.accounts.area_m2 : null;
    const part = (m2) => (city && Z.known(m2) ? Z.percent(m2 / city) : null);
    const gone = first.accounts.unzoned;
    const missing = Z.sides.some((one) => one.classed.anyMissing);
    const items = classed.entries.map((e, k) => entry(k, swatch(e.colour), e.label(), zoned ? part(first.zones[k].area_m2) : null, e.colour));
    if (missing) items.push(entry(Z.MISSING, Z.el("i", { class: "zn-swatch zn-swatch-missing" }), Z.t(zoned ? "unzoned" : "missing"), zoned && gone ? part(gone.area_m2) : null, "#beb9b4"));
    const shown = Z.state.overlays;
    if (shown.has("redlines") && Z.layers.redlines) {
      const levels = new Set(Z.layers.redlines.rows.map((r) => (r.level === 1 ? 1 : 2)));
      [1, 2].filter((l) => levels.has(l)).forEach((l) => items.push(Z.el("li", null, redSwatch(l), Z.t("redlines") + " · " + Z.t("level" + l))));
    }
    if (shown.has("townships") && Z.layers.townships) items.push(Z.el("li", null, lineSwatch({ stroke: "#43484d", "stroke-width": 1 }), Z.t("townships")));
    if (shown.has("counties") && Z.layers.counties) items.push(Z.el("li", null, lineSwatch({ stroke: "#2b2f33", "stroke-width": 1.5, "stroke-dasharray": "7 3 1.5 3" }), Z.t("counties")));
    Z.givenLegend().forEach((e) => items.push(Z.el("li", null, e.line ? lineSwatch({ stroke: e.colour, "stroke-width": 2.2 }) : swatch(e.colour), Z.el("span", null, e.label))));
    items.push(Z.el("li", null, lineSwatch({ stroke: "#2b2f33", "stroke-width": 2.4 }), Z.t("outline")));
    Z.geographyLegend(shown).forEach((entry) => items.push(Z.el("li", null, entry)));
    return Z.el("div", { class: "zn-legend" }, Z.el("h2", null, theme ? Z.say(theme.label) : Z.t("legend")),
      city ? Z.el("p", { class: "zn-soft" }, Z.t("share_base")) : theme && (theme.whole || theme.about) ? Z.el("p", { class: "zn-soft" }, theme.whole ? Z.t("of_unit_area") : Z.say(theme.about)) : null, Z.el("ul", null, items));
  };

  Z.drawSide = function () {
    const state = Z.state;
    const choice = Z.plan.themes.map((theme) => Z.el("label", { class: "zn-choice" },
      Z.el("input", { type: "radio", name: "zn-theme", value: theme.code, checked: theme.code === state.theme,
        onchange: () => { state.theme = theme.code; Z.emit("theme"); } }),
      Z.el("span", null, Z.say(theme.label))));
    const given = Z.plan.given_layers.map((layer) => layer.code);
    const named = (name) => (given.includes(name) ? Z.say(Z.plan.given_layers[given.indexOf(name)].label) : Z.t(name));
    const overlays = [...OVERLAYS, ...given].filter((name) => Z.drawn[name]).map((name) => Z.el("label", { class: "zn-choice" },
      Z.el("input", { type: "checkbox", value: name, checked: state.overlays.has(name),
        onchange: (e) => { if (e.target.checked) state.overlays.add(name); else state.overlays.delete(name); Z.emit("overlays"); } }),
      Z.el("span", null, named(name))));
    const opacity = Z.el("input", { type: "range", min: 0.1, max: 1, step: 0.05, value: state.opacity, "aria-label": Z.t("opacity"),
      oninput: (e) => { state.opacity = Number(e.target.value); Z.emit("opacity"); } });
    Z.put(Z.find(".zn-side"),
      Z.el("button", { type: "button", class: "zn-close zn-side-close", "aria-label": Z.t("close"), onclick: () => Z.emit("side", false) }, "×"),
      choice.length > 1 ? Z.el("fieldset", null, Z.el("legend", null, Z.t("theme")), choice) : null,
      Z.el("div", { class: "zn-legend-at" }, Z.legend()),
      Z.sides[0].grid.level ? Z.el("p", { class: "zn-level zn-soft" }) : null,
      Z.el("p", { class: "zn-lines-note zn-soft" }, Z.linesNote()),
      Z.el("p", { class: "zn-downloads" }, Z.layers.townships ? Z.el("button", { type: "button", class: "zn-button", onclick: () => Z.showTable() }, Z.t("townships_table")) : null,
        Z.el("button", { type: "button", class: "zn-button", onclick: () => Z.saveCsv(Z.t("unit"), Z.unitRows()) }, Z.t("save_units")),
        Z.el("button", { type: "button", class: "zn-button", onclick: () => Z.savePicture() }, Z.t("save_picture"))),
      Z.el("label", { class: "zn-opacity" }, Z.el("span", null, Z.t("opacity")), opacity),
      Z.el("fieldset", null, Z.el("legend", null, Z.t("layers")), overlays),
      Z.geographyAbsent().length ? Z.el("details", { class: "zn-absent" }, Z.el("summary", null, Z.t("absent")), Z.el("ul", null, Z.geographyAbsent().map((text) => Z.el("li", { class: "zn-soft" }, text)))) : null);
  };

  Z.refreshLegend = function () {
    Z.put(Z.find(".zn-legend-at"), Z.legend());
    Z.followView();
  };

  function button(name, press, more) {
    return Z.el("button", Object.assign({ type: "button", class: "zn-tool zn-tool-" + name, title: Z.t(name), "aria-label": Z.t(name), onclick: press }, more),
      Z.icon(ICONS[name]), Z.el("span", { class: "zn-tool-word" }, Z.t(name)));
  }

  function fullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen().catch(() => {});
  }

  Z.remember = function () {
    try {
      history.replaceState(null, "", Z.address());
    } catch (refused) {
      // Inside a notebook the page has no address of its own.
    }
  };

  async function copyLink() {
    Z.remember();
    let done = "link_bar";
    try {
      await navigator.clipboard.writeText(location.href);
      done = "link_done";
    } catch (refused) {
      // Without permission the address bar still holds the link.
    }
    Z.flash(Z.t(done));
  }

  let fading = 0;
  Z.flash = function (text) {
    const box = Z.find(".zn-wait");
    Z.put(box, text);
    box.hidden = false;
    clearTimeout(fading);
    fading = setTimeout(() => { box.hidden = true; }, 2500);
  };

  // For a dark room: the page dims, the plan's colours stay what they are.
  Z.setDark = function (on) {
    Z.state.dark = on;
    document.documentElement.classList.toggle("zn-dark", on);
    Z.drawTools();
    Z.emit("view");
  };

  Z.drawTools = function () {
    const other = Z.state.lang === "zh" ? "en" : "zh";
    Z.put(Z.find(".zn-tools"),
      button("side", () => Z.emit("side")),
      button("accounts", () => Z.emit("accounts")),
      button("measure", () => Z.measure.toggle(), { "aria-pressed": String(Z.measure.active()) }),
      document.fullscreenEnabled ? button("fullscreen", fullscreen) : null,
      button("dark", () => Z.setDark(!Z.state.dark), { "aria-pressed": String(Boolean(Z.state.dark)) }),
      button("print", () => window.print()),
      button("link", copyLink),
      Z.el("button", { type: "button", class: "zn-tool zn-lang", lang: other === "zh" ? "zh-CN" : "en",
        onclick: () => { Z.state.lang = other; Z.emit("lang"); } }, Z.t("language")));
  };

  Z.drawZoom = function (map, home) {
    const Control = L.Control.extend({
      onAdd: () => {
        const make = (key, sign, press) => Z.el("button", { type: "button", title: Z.t(key), "aria-label": Z.t(key), onclick: () => press() }, sign);
        const box = Z.el("div", { class: "leaflet-bar zn-zoom" });
        const draw = () => Z.put(box, make("zoom_in", "+", () => map.zoomIn()), make("zoom_out", "−", () => map.zoomOut()), make("home", Z.icon(ICONS.home), home));
        Z.on("lang", draw);
        draw();
        L.DomEvent.disableClickPropagation(box);
        return box;
      },
    });
    new Control({ position: "topleft" }).addTo(map);
    L.control.scale({ imperial: false, position: "bottomleft", maxWidth: 140 }).addTo(map);
    drawNorth(map);
  };

  // North is up everywhere on this map; the number is that of a screen of 96 pixels an inch (CSS).
  function drawNorth(map) {
    const Control = L.Control.extend({
      onAdd: () => {
        const ratio = Z.el("span", { class: "zn-ratio zn-num" });
        const north = Z.svg("svg", { viewBox: "0 0 20 28", width: 17, height: 24, role: "img", "aria-label": Z.t("north") },
          Z.svg("path", { d: "M10 9 15 27 10 23.5 5 27z", fill: "currentColor" }),
          Z.svg("text", { x: 10, y: 7.5, "text-anchor": "middle", "font-size": 9, "font-weight": 700, fill: "currentColor" }, "N"));
        const tell = () => {
          const middle = map.getSize().divideBy(2);
          const metres = map.distance(map.containerPointToLatLng(middle.subtract([50, 0])), map.containerPointToLatLng(middle.add([50, 0])));
          Z.put(ratio, "1 : " + Z.number(Number((metres / 100 / PIXEL_M).toPrecision(2))));
        };
        map.on("zoomend moveend resize", tell);
        tell();
        return Z.el("div", { class: "zn-north" }, north, ratio);
      },
    });
    new Control({ position: "bottomleft" }).addTo(map);
  }

  // The view as an address: #z=zoom/lat/lng&t=theme&o=opacity&l=lang&v=overlays&u=unit&s=swipe
  Z.address = function () {
    const { map } = Z;
    const c = map.getCenter();
    const parts = { z: [map.getZoom().toFixed(2), c.lat.toFixed(5), c.lng.toFixed(5)].join("/"), t: Z.state.theme,
      o: Z.state.opacity, l: Z.state.lang, v: [...Z.state.overlays].join(",") };
    if (Z.state.picked) parts.u = Z.state.picked.map((x) => x.toFixed(5)).join("/");
    if (Z.state.dark) parts.d = 1;
    if (Z.sides.length > 1) parts.s = Z.state.swipe;
    return "#" + Object.entries(parts).map(([k, v]) => k + "=" + encodeURIComponent(v)).join("&");
  };

  Z.readAddress = function () {
    const parts = new URLSearchParams(location.hash.slice(1));
    const given = Z.plan.given_layers.map((layer) => layer.code);
    const numbers = (key, count) => {
      const found = (parts.get(key) || "").split("/").map(Number);
      return found.length === count && found.every(Number.isFinite) && parts.get(key) ? found : null;
    };
    const number = (key, low, high, other) => {
      const x = parts.has(key) ? Number(parts.get(key)) : NaN;
      return x >= low && x <= high ? x : other;
    };
    return {
      view: numbers("z", 3), picked: numbers("u", 2), lang: parts.get("l"), theme: parts.get("t"),
      dark: parts.get("d") === "1", opacity: number("o", 0.1, 1, null), swipe: number("s", 0, 1, 0.5),
      overlays: parts.has("v") ? parts.get("v").split(",").filter((v) => OVERLAYS.includes(v) || given.includes(v)) : null,
    };
  };
})(Zoning);
