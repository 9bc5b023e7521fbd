// What lies over the units: the city, counties, townships, red lines with their hatch, and names.
"use strict";

(function (Z) {
  const STYLE = {
    city: { color: "#2b2f33", weight: 2.2, fill: false, interactive: false },
    counties: { color: "#2b2f33", weight: 1.3, dashArray: "7 3 1.5 3", fill: false, interactive: false },
    townships: { color: "#43484d", weight: 0.8, opacity: 0.9, fill: false, interactive: false },
  };
  const MANY = 3000; // a layer with more shapes gives the map only those that can be seen
  const SMALLEST = 4; // pixels across; more where still too many would be seen
  const FAR_ZOOM = 9; // from here outwards a line of two pixels hides what it surrounds
  const look = () => Z.plan.look.redline;
  const levelOf = (row) => look().level[row.level === 1 ? 1 : 2];

  Z.loadLayers = async function (packed) {
    const layers = {};
    for (const name of Object.keys(packed)) {
      const layer = await Z.numbers(packed[name].table);
      const shapes = await Z.shapes(packed[name].shapes);
      const rows = layer.rows.map((values, i) => {
        const row = { code: layer.codes[i], shape: shapes[i], anchor: (layer.anchors || [])[i] };
        layer.columns.forEach((c, k) => { row[c] = values[k]; });
        if (layer.english) Object.assign(row, { name_en: layer.english[i], reading: layer.readings[i] });
        return row;
      });
      layers[name] = { rows, types: layer.types || {}, sources: layer.sources || {}, byCode: new Map(rows.map((r) => [r.code, r])) };
    }
    return layers;
  };

  // One pattern for each level: the first is dense, the second open, so grey prints tell them apart.
  Z.hatch = function (level) {
    const gap = level === 1 ? 6 : 11;
    return Z.svg(
      "pattern",
      { id: "zn-hatch-" + level, width: gap, height: gap, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      // A pale line beside the red one keeps the hatch readable on dark and on light zones.
      Z.svg("line", { x1: gap / 2, y1: 0, x2: gap / 2, y2: gap, stroke: look().casing, "stroke-width": level === 1 ? 3.2 : 2.8, "stroke-opacity": 0.6 }),
      Z.svg("line", { x1: gap / 2, y1: 0, x2: gap / 2, y2: gap, stroke: look().line, "stroke-width": level === 1 ? 1.9 : 1.2 })
    );
  };

  function redStyle(row) {
    const level = levelOf(row);
    return {
      className: "zn-red-line", color: look().line, weight: level.px, dashArray: level.dash || null,
      fillColor: "url(#zn-hatch-" + (row.level === 1 ? 1 : 2) + ")", fillOpacity: 1, interactive: false,
    };
  }

  const casing = (row) => ({ className: "zn-red-casing", color: look().casing, weight: levelOf(row).px + 2.2, opacity: 0.95, fill: false, interactive: false });

  // Where the colours below already show what is protected, the lines alone say where.
  Z.calm = (on) => document.getElementById("zn").classList.toggle("zn-calm", on);

  // How large in metres an area must be to have its line at this zoom, by group that holds back others.
  const heldBack = new Map();
  Z.linesNote = () => (heldBack.size ? Z.t("lines_from", { d: Z.number(Math.max(...heldBack.values()) / 1000, 1) }) : "");

  // Of very many shapes those that lie in the view and are large enough on the screen.
  const Near = L.LayerGroup.extend({
    initialize: function (rows, make) {
      L.LayerGroup.prototype.initialize.call(this, []);
      this.make = make;
      this.items = rows.map((row) => {
        const box = Z.boundsOf(row);
        return { row, box, wide: Math.max(box.getEast() - box.getWest(), box.getNorth() - box.getSouth()), layer: null };
      });
    },

    onAdd: function (map) {
      L.LayerGroup.prototype.onAdd.call(this, map);
      map.on("moveend", this.follow, this);
      this.follow();
    },

    onRemove: function (map) {
      map.off("moveend", this.follow, this);
      heldBack.delete(this);
      L.LayerGroup.prototype.onRemove.call(this, map);
    },

    follow: function () {
      const pixel = 360 / (256 * 2 ** this._map.getZoom());
      const view = this._map.getBounds().pad(0.3);
      const here = this.items.filter((item) => view.intersects(item.box));
      let from = SMALLEST;
      while (here.filter((item) => item.wide >= from * pixel).length > MANY) from *= 1.5;
      const shown = new Set(here.filter((item) => item.wide >= from * pixel));
      this.items.forEach((item) => {
        if (item.layer && !shown.has(item)) { this.removeLayer(item.layer); item.layer = null; }
      });
      shown.forEach((item) => { if (!item.layer) this.addLayer((item.layer = this.make(item.row))); });
      if (shown.size < here.length) heldBack.set(this, from * pixel * 111320 * Math.cos((view.getCenter().lat * Math.PI) / 180));
      else heldBack.delete(this);
      const note = Z.find(".zn-lines-note");
      if (note) note.textContent = Z.linesNote();
    },
  });

  Z.drawLayers = async function (map, layers) {
    const pane = (name, z) => { map.createPane(name).style.zIndex = z; return name; };
    const drawn = {};
    const renderer = L.svg({ pane: pane("zn-lines", 420), padding: 0.5 });
    const one = (row, style) => L.polygon(row.shape, Object.assign({ renderer, pane: "zn-lines", smoothFactor: 0.6 }, style(row)));
    const draw = (rows, style) => {
      const there = rows.filter((r) => r.shape.length);
      return there.length > MANY ? new Near(there, (row) => one(row, style)) : L.layerGroup(there.map((row) => one(row, style)));
    };
    // A pale edge under a line keeps it readable on dark zones.
    const edged = (rows, weight, style) => L.layerGroup([
      draw(rows, () => ({ color: "#fff", weight, opacity: 0.5, fill: false, interactive: false })), draw(rows, style)]);
    if (layers.redlines) drawn.redlines = L.layerGroup([draw(layers.redlines.rows, casing), draw(layers.redlines.rows, redStyle)]);
    if (layers.townships) drawn.townships = edged(layers.townships.rows, 1.8, () => STYLE.townships);
    if (layers.counties) drawn.counties = edged(layers.counties.rows, 3, () => STYLE.counties);
    Object.assign(drawn, await Z.drawGiven(draw));
    drawn.city = draw(layers.city.rows, () => STYLE.city);
    renderer.addTo(map);
    const defs = Z.svg("defs", null, Z.hatch(1), Z.hatch(2));
    renderer._container.insertBefore(defs, renderer._container.firstChild);
    drawn.labels = names(map, layers, pane("zn-names", 440));
    return drawn;
  };

  // Chinese signs are twice as wide as letters.
  const widthOf = (text) => [...text].reduce((sum, sign) => sum + (sign.charCodeAt(0) > 0x2e80 ? 1 : 0.55), 0);

  // Names of counties everywhere, of townships from near; a name is text, never markup.
  function names(map, layers, pane) {
    const group = L.layerGroup();
    const shown = [];
    const add = (rows, kind) => rows.filter((r) => r.anchor).forEach((r) => {
      const html = Z.el("span", { class: "zn-name zn-name-" + kind }, Z.place(r));
      shown.push({ html, kind, row: r, at: L.latLng(r.anchor[1], r.anchor[0]), weight: r.area_m2 || 0 });
    });
    const put = (name) => {
      const icon = L.divIcon({ html: name.html, className: "zn-name-at", iconSize: [0, 0] });
      name.marker = L.marker(name.at, { icon, pane, interactive: false, keyboard: false }).addTo(group);
    };
    if (layers.counties) add(layers.counties.rows, "county");
    if (layers.townships) add(layers.townships.rows, "township");
    // Of very many names only those stand in the page that are seen.
    const many = shown.length > MANY;
    if (!many) shown.forEach(put);
    const rank = { county: 0, township: 1 };
    shown.sort((a, b) => rank[a.kind] - rank[b.kind] || b.weight - a.weight);
    // Where names would lie on each other, counties and then larger places keep theirs.
    const fit = () => {
      const townships = map.getZoom() >= 10.5 || !layers.counties;
      const taken = [];
      const view = many ? map.getBounds().pad(0.3) : null;
      const free = (name) => {
        if ((name.kind === "township" && !townships) || (view && !view.contains(name.at))) return false;
        const p = map.latLngToLayerPoint(name.at);
        const half = widthOf(name.html.textContent) * (name.kind === "county" ? 9.5 : 6.5);
        if (taken.some((q) => Math.abs(p.x - q.x) <= half + q.half && Math.abs(p.y - q.y) <= 17)) return false;
        return taken.push({ x: p.x, y: p.y, half });
      };
      shown.forEach((name) => {
        name.html.hidden = !free(name);
        if (!many) return;
        if (!name.html.hidden && !name.marker) put(name);
        else if (name.html.hidden && name.marker) { group.removeLayer(name.marker); name.marker = null; }
      });
    };
    const near = () => {
      fit();
      document.getElementById("zn").classList.toggle("zn-far", map.getZoom() < FAR_ZOOM);
    };
    map.on(many ? "moveend" : "zoomend", near);
    Z.on("lang", () => { shown.forEach((name) => Z.put(name.html, Z.place(name.row))); near(); });
    near();
    return group;
  }

  // Which features of a layer hold a point (even-odd over all rings).
  Z.featuresAt = function (layer, lat, lng) {
    const inside = (ring) => {
      let odd = false;
      for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
        const [y1, x1] = ring[i];
        const [y2, x2] = ring[j];
        if (y1 > lat !== y2 > lat && lng < ((x2 - x1) * (lat - y1)) / (y2 - y1) + x1) odd = !odd;
      }
      return odd;
    };
    return layer.rows.filter((r) => r.shape.some((polygon) => polygon.reduce((odd, ring) => odd !== inside(ring), false)));
  };

  Z.boundsOf = (row) => L.latLngBounds(row.shape.flat(2));
})(Zoning);
