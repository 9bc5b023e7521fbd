// A polygon that was drawn or pasted: what it lies on, from the units of the page.
"use strict";

(function (Z) {
  // Cuts a ring (in squares) to one square; the area is right for any simple ring.
  function cut(ring, c, r) {
    const sides = [[0, c, 1], [0, c + 1, -1], [1, r, 1], [1, r + 1, -1]];
    return sides.reduce((points, [axis, at, sign]) => {
      const found = [];
      points.forEach((p, k) => {
        const q = points[(k + 1) % points.length];
        const [inP, inQ] = [sign * (p[axis] - at) >= 0, sign * (q[axis] - at) >= 0];
        if (inP) found.push(p);
        if (inP !== inQ) {
          const t = (at - p[axis]) / (q[axis] - p[axis]);
          found.push([p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])]);
        }
      });
      return found;
    }, ring);
  }

  const surface = (ring) => Math.abs(ring.reduce((sum, p, k) => {
    const q = ring[(k + 1) % ring.length];
    return sum + (p[0] - ring[0][0]) * (q[1] - ring[0][1]) - (q[0] - ring[0][0]) * (p[1] - ring[0][1]);
  }, 0)) / 2;

  // Sums of the units under a ring of [lat, lng]: each unit counts with the part of its square that is covered.
  Z.under = function (side, ring) {
    const { grid } = side;
    const squares = ring.map((p) => grid.squares(p[0], p[1]));
    const all = squares.flat();
    if (!all.every(Number.isFinite)) return null;
    const range = (k) => [Math.min(...squares.map((p) => p[k])), Math.max(...squares.map((p) => p[k]))].map(Math.floor);
    const [[c0, c1], [r0, r1]] = [range(0), range(1)];
    const sums = { drawn_m2: surface(squares) * grid.cell * grid.cell, area_m2: 0, units: 0, zones: new Map(), towns: new Map(), columns: {} };
    const areas = Object.values(grid.columns).filter((c) => c.kind === "area" && c.name !== "area_m2").map((c) => c.name);
    for (let r = Math.max(0, r0); r <= Math.min(r1, grid.size[1] - 1); r++) {
      for (let c = Math.max(0, c0); c <= Math.min(c1, grid.size[0] - 1); c++) {
        const i = grid.at(c, r);
        const share = i < 0 ? 0 : surface(cut(squares, c, r));
        if (share <= 0) continue;
        const add = (map, key, m2) => map.set(key, (map.get(key) || 0) + m2);
        const m2 = share * grid.value(i, "area_m2");
        sums.units++;
        sums.area_m2 += m2;
        add(sums.zones, grid.value(i, "zone"), m2);
        add(sums.towns, grid.value(i, "township"), m2);
        areas.forEach((name) => { sums.columns[name] = (sums.columns[name] || 0) + share * (grid.value(i, name) || 0); });
      }
    }
    return sums;
  };

  // Whether two sides of a ring cross: then it has no area that one could tell.
  function crosses(ring) {
    const turn = (a, b, c) => Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));
    const side = (k) => [ring[k], ring[(k + 1) % ring.length]];
    for (let i = 0; i < ring.length; i++) {
      const [a, b] = side(i);
      for (let k = i + 2; k < ring.length - (i ? 0 : 1); k++) {
        const [c, d] = side(k);
        if (turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0) return true;
      }
    }
    return false;
  }

  // Reads WKT, GeoJSON, or lines of longitude and latitude; null where it is none of them, or more than one ring.
  Z.readPolygon = function (text) {
    const ringOf = (pairs) => (pairs.length >= 3 && pairs.every((p) => p.length >= 2 && Math.abs(p[0]) <= 180 && Math.abs(p[1]) <= 90) ? pairs.map((p) => [p[1], p[0]]) : null);
    try {
      const given = JSON.parse(text);
      const shape = given.type === "FeatureCollection" ? given.features[0].geometry : given.geometry || given;
      const rings = shape.type === "Polygon" ? shape.coordinates : shape.coordinates.flat();
      return rings.length === 1 ? ringOf(rings[0]) : null;
    } catch (other) {
      const told = /polygon[^(]*\(+([^()]+)\)/i.exec(text);
      if ((!told && /[a-z]/i.test(text)) || (told && /\)\s*,\s*\(/.test(text))) return null;
      const numbers = ((told ? told[1] : text).match(/-?\d+(?:[.]\d+)?/g) || []).map(Number);
      const pairs = numbers.length % 2 ? [] : Array.from({ length: numbers.length / 2 }, (unused, k) => [numbers[2 * k], numbers[2 * k + 1]]);
      return ringOf(pairs);
    }
  };

  const SHOWN = ["built_m2", "new_m2", "free_m2", "farmland_m2", "water_m2", "redline_m2", "protected_m2", "basic_farmland_m2"];

  Z.polygonRows = function (ring) {
    const side = Z.sides[0];
    if (crosses(ring)) return Z.el("p", { class: "zn-soft" }, Z.t("polygon_crosses"));
    const sums = Z.under(side, ring);
    if (!sums || !sums.units) return Z.el("p", { class: "zn-soft" }, Z.t("polygon_outside"));
    const line = (name, m2) => Z.el("tr", null, Z.el("th", { scope: "row" }, name), Z.el("td", { class: "zn-num" }, Z.ha(m2)), Z.el("td", { class: "zn-num zn-soft" }, Z.percent(m2 / sums.area_m2)));
    const sorted = (map) => [...map].sort((a, b) => b[1] - a[1]);
    return [Z.el("table", { class: "zn-land" }, Z.el("tbody", null,
      side.grid.columns.zone ? sorted(sums.zones).map(([code, m2]) => line(Z.zone(code).label, m2)) : null,
      SHOWN.filter((name) => sums.columns[name]).map((name) => line(Z.name(name), sums.columns[name])),
      sorted(sums.towns).slice(0, 4).map(([code, m2]) => line(Z.place((Z.layers.townships && Z.layers.townships.byCode.get(code)) || { code: code || Z.t("missing") }), m2)))),
    Z.el("p", { class: "zn-soft" }, Z.t("by_units", { n: Z.number(sums.units) }))];
  };
})(Zoning);
