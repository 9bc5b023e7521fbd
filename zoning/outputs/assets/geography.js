// What lies under the plan: water, main roads, neighbours, relief. Nothing is counted from it.
"use strict";

(function (Z) {
  const WATER = { color: "#3f7ea8", weight: 0.6, opacity: 0.8, fillColor: "#7fb2d6", fillOpacity: 0.72, interactive: false };
  const ROADS = [{ weight: 2.3, color: "#b0552f" }, { weight: 1.7, color: "#c98a2b" }, { weight: 1.1, color: "#7d7468" }];
  const AROUND = { stroke: false, fillColor: "#f6f5f0", fillOpacity: 1, interactive: false };
  const BETWEEN = { color: "#8b8f8c", weight: 1, dashArray: "6 4", interactive: false };

  Z.loadGeography = async function (packed, grid) {
    if (!packed || !packed.relief) return;
    grid.relief = { parts: packed.relief.parts, columns: packed.relief.columns, shade: await Z.numbers(packed.relief) };
  };

  // How much brighter or darker a pixel is: 1 on flat land, between the cells in proportion.
  Z.shade = function (relief, column, row) {
    const { parts, columns, shade } = relief;
    const x = column * parts - 0.5, y = row * parts - 0.5;
    const c = Math.floor(x), r = Math.floor(y);
    const rows = shade.length / columns;
    const at = (a, b) => shade[Math.min(rows - 1, Math.max(0, b)) * columns + Math.min(columns - 1, Math.max(0, a))];
    const u = x - c, v = y - r;
    const mean = (at(c, r) * (1 - u) + at(c + 1, r) * u) * (1 - v) + (at(c, r + 1) * (1 - u) + at(c + 1, r + 1) * u) * v;
    return 1 + (mean - 8) * 0.032;
  };

  Z.drawGeography = async function (map, packed) {
    const drawn = {};
    if (!packed) return drawn;
    const pane = (name, z) => { map.createPane(name).style.zIndex = z; return name; };
    const below = L.svg({ pane: pane("zn-around", 250), padding: 0.5 });
    pane("zn-around-names", 255);
    const above = L.svg({ pane: pane("zn-ground", 410), padding: 0.5 });
    if (packed.neighbours) {
      const { names, english, anchors } = packed.neighbours;
      const shapes = await Z.shapes(packed.neighbours.shapes);
      const labels = names.map((name, k) => {
        const label = Z.el("span", { class: "zn-name zn-name-around" }, "");
        const write = () => Z.put(label, Z.state.lang === "en" ? english[k] : name);
        write();
        Z.on("lang", write);
        return anchors[k] && L.marker([anchors[k][1], anchors[k][0]], { pane: "zn-around-names", interactive: false, keyboard: false,
          icon: L.divIcon({ html: label, className: "zn-name-at", iconSize: [0, 0] }) });
      }).filter(Boolean);
      const lines = (await Z.shapes(packed.neighbours.lines)).flat();
      const place = (style) => Object.assign({ renderer: below, pane: "zn-around" }, style);
      drawn.around = L.layerGroup([...shapes.map((shape) => L.polygon(shape, place(AROUND))), ...lines.map((line) => L.polyline(line[0], place(BETWEEN))), ...labels]);
    }
    if (packed.water) drawn.water = L.layerGroup((await Z.shapes(packed.water)).map((shape) => L.polygon(shape, Object.assign({ renderer: above, pane: "zn-ground", smoothFactor: 0.5 }, WATER))));
    if (packed.roads) {
      const lines = (await Z.shapes(packed.roads.shapes)).map((shape, k) => ({ points: shape.map((part) => part[0]), rank: packed.roads.ranks[k] })).sort((a, b) => b.rank - a.rank);
      const line = (style) => (one) => L.polyline(one.points, Object.assign({ renderer: above, pane: "zn-ground", interactive: false, smoothFactor: 0.8 }, style(one)));
      drawn.roads = L.layerGroup([...lines.map(line((one) => ({ color: "#fff", weight: ROADS[one.rank].weight + 1.6, opacity: 0.5 }))), ...lines.map(line((one) => ROADS[one.rank]))]);
    }
    // The relief has no layer of its own: it is painted into the units.
    if (packed.relief) drawn.relief = L.layerGroup([]);
    return drawn;
  };

  Z.geographyLegend = function (shown) {
    const sign = (style) => Z.svg("svg", { class: "zn-swatch-svg", width: 22, height: 14, "aria-hidden": "true" }, Z.svg("line", Object.assign({ x1: 0, x2: 22, y1: 7, y2: 7 }, style)));
    const entries = [];
    if (Z.drawn.water && shown.has("water")) entries.push([Z.el("i", { class: "zn-swatch", css: { background: WATER.fillColor } }), Z.t("water")]);
    if (Z.drawn.roads && shown.has("roads")) entries.push([sign({ stroke: ROADS[0].color, "stroke-width": 2.3 }), Z.t("roads")]);
    return entries;
  };

  // What the plan has no data for is told, not passed over.
  Z.geographyAbsent = () => (Z.plan.geography ? Z.plan.geography.absent.map((t) => Z.say(t)) : []);
})(Zoning);
