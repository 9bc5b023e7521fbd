// The units of a very large plan: tiles of squares that are unpacked when they come into view, and
// coarser levels of them for the view from afar. It answers as the grid of a smaller plan does; a
// unit's number is the number of its square.
"use strict";

(function (Z) {
  const MOST = 96; // tiles of a level that stay unpacked

  const has = (bits, k) => (bits[k >> 3] >> (k & 7)) & 1;

  // A tile with the columns of its squares; each is unpacked when it is first asked for.
  function open(packed, side, about, factor) {
    const kept = {};
    const tile = { bits: Z.inflateNow(packed.mask), columns: {}, classes: {}, count: side * side };
    const numbers = (from, name, type) => {
      const key = (from === packed.given ? "given " : "") + name;
      kept[key] = kept[key] || Z.planes(Z.inflateNow(from[name]), type);
      return kept[key];
    };
    Object.keys(packed.columns).forEach((name) => {
      const c = about[name];
      const step = c.kind === "area" ? c.step * factor * factor : c.step;
      tile.columns[name] = Object.defineProperty(Object.assign({}, c, { step }), "values",
        { get: () => numbers(packed.columns, name, c.type) });
    });
    tile.given = (name) => numbers(packed.given, name, "uint8");
    return tile;
  }

  // One level: squares of `factor` x `factor` units.
  function levelOf(packed, side, about, forward) {
    const [columns, rows] = packed.size;
    const across = Math.ceil(columns / side);
    const opened = new Map();
    let last = -1;
    let now = null;

    function tileAt(column, row) {
      const n = Math.floor(row / side) * across + Math.floor(column / side);
      if (n === last) return now;
      last = n;
      now = opened.get(n) || null;
      if (!now && packed.tiles[n]) {
        now = open(packed.tiles[n], side, about, packed.factor);
        if (opened.size >= MOST) opened.delete(opened.keys().next().value);
        opened.set(n, now);
      }
      return now;
    }

    const level = { factor: packed.factor, size: packed.size, tiles: Object.keys(packed.tiles).map(Number) };
    level.squares = (lat, lng) => forward(lat, lng).map((v) => v / packed.factor);
    level.at = function (column, row) {
      if (!(column >= 0 && row >= 0 && column < columns && row < rows)) return -1;
      const tile = tileAt(column, row);
      return tile && has(tile.bits, (row % side) * side + (column % side)) ? row * columns + column : -1;
    };
    // Tile and place in it of a square.
    level.seek = function (i) {
      const column = i % columns;
      const row = (i - column) / columns;
      return [tileAt(column, row), (row % side) * side + (column % side)];
    };
    level.value = function (i, name) {
      const [tile, k] = level.seek(i);
      const c = tile && tile.columns[name];
      if (!c || c.values[k] === c.missing) return null;
      return c.kind === "name" ? c.labels[c.values[k]] : c.values[k] * c.step;
    };
    level.area = (i) => level.value(i, "area_m2") || 0;
    level.kind = function (i, classed) {
      const [tile, k] = level.seek(i);
      return (tile.classes[classed.key] = tile.classes[classed.key] || classed.of(tile)).classes[k];
    };
    level.tile = (n) => tileAt((n % across) * side, Math.floor(n / across) * side);
    return level;
  }

  Z.loadPyramid = function (packed) {
    const g = packed.grid;
    const about = {};
    packed.columns.forEach((c) => { about[c.name] = c; });
    const forward = Z.projector(g.projection);
    const back = Z.unprojector(forward, g.bounds);
    const squares = function (lat, lng) {
      const [x, y] = forward(lat, lng);
      return [(x - g.x0) / g.cell, (y - g.y0) / g.cell];
    };
    const levels = packed.levels.map((level) => levelOf(level, packed.tile, about, squares));
    const [all] = levels;
    const grid = { columns: about, count: g.units, cell: g.cell, bounds: g.bounds, forward, size: [g.columns, g.rows], squares, coarse: true,
      at: all.at, value: all.value, kind: all.kind };
    const corner = (i) => [g.x0 + (i % g.columns) * g.cell, g.y0 + Math.floor(i / g.columns) * g.cell];

    // The coarsest level whose squares are not larger than a pixel.
    grid.level = (unitsPerPixel) => levels[Math.max(0, Math.min(levels.length - 1, Math.floor(Math.log2(unitsPerPixel) + 1e-9)))] || all;

    grid.find = function (lat, lng) {
      const [c, r] = squares(lat, lng);
      return grid.at(Math.floor(c), Math.floor(r));
    };
    grid.code = function (i) {
      const [x, y] = corner(i);
      return g.code.head + "N" + Math.round(y / g.code.metres) + "E" + Math.round(x / g.code.metres);
    };
    // The unit with a code, where it is one.
    grid.named = function (text) {
      const hit = /n(-?\d+)e(-?\d+)$/i.exec(text);
      if (!hit) return [];
      const [column, row] = [(hit[2] * g.code.metres - g.x0) / g.cell, (hit[1] * g.code.metres - g.y0) / g.cell].map(Math.round);
      const i = grid.at(column, row);
      return i >= 0 && grid.code(i).toLowerCase().includes(text.toLowerCase()) ? [i] : [];
    };
    grid.centre = function (i) {
      const [x, y] = corner(i);
      return back(x + g.cell / 2, y + g.cell / 2);
    };
    grid.outline = function (i) {
      const [x, y] = corner(i);
      return [[0, 0], [1, 0], [1, 1], [0, 1]].map(([u, v]) => back(x + u * g.cell, y + v * g.cell));
    };
    grid.given = function (i, name) {
      const [tile, k] = all.seek(i);
      return tile.given(name)[k];
    };

    // Classes are made tile by tile; the legend's entries are those of any.
    grid.classify = function (theme, plan) {
      const of = (tile) => Z.classify({ columns: tile.columns, count: tile.count }, theme,
        theme && theme.given ? { given: { classes: { [theme.code]: tile.given(theme.code) } } } : plan);
      const classed = { key: theme ? theme.code : "", of };
      const top = levels[levels.length - 1];
      classed.anyMissing = false;
      top.tiles.forEach((n) => {
        const tile = top.tile(n);
        const made = (tile.classes[classed.key] = of(tile));
        classed.entries = made.entries;
        classed.anyMissing = classed.anyMissing || made.classes.some((k, at) => k === Z.MISSING && has(tile.bits, at));
      });
      return classed;
    };
    return grid;
  };
})(Zoning);
