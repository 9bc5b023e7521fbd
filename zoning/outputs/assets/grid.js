// The units of one plan: which squares exist, what their columns hold, where they lie.
"use strict";

(function (Z) {
  function ones(word) {
    word -= (word >>> 1) & 0x55555555;
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
    return (((word + (word >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
  }

  // Units are numbered along the mask; the number of a square is how many bits stand before it.
  function ranks(bytes) {
    const words = new Uint32Array(Math.ceil(bytes.length / 4) + 1);
    bytes.forEach((byte, i) => { words[i >> 2] |= byte << (8 * (i & 3)); });
    const before = new Uint32Array(words.length);
    for (let i = 1; i < words.length; i++) before[i] = before[i - 1] + ones(words[i - 1]);
    return { words, before };
  }

  // The squares in order of their number, to find the place of a unit.
  function places(words, count) {
    const found = new Uint32Array(count);
    let k = 0;
    for (let w = 0; w < words.length; w++) {
      for (let bits = words[w]; bits; bits &= bits - 1) found[k++] = w * 32 + 31 - Math.clz32(bits & -bits);
    }
    return found;
  }

  Z.loadGrid = async function (packed) {
    if (packed.levels) return Z.loadPyramid(packed);
    const g = packed.grid;
    const { words, before } = ranks(await Z.inflate(g.mask));
    const place = places(words, g.units);
    const columns = {};
    for (const c of packed.columns) columns[c.name] = Object.assign({}, c, { values: await Z.numbers(c) });
    const forward = Z.projector(g.projection);
    const back = Z.unprojector(forward, g.bounds);
    const codes = g.code.list ? await Z.numbers(g.code.list) : null;
    const grid = { columns, count: g.units, cell: g.cell, bounds: g.bounds, forward, size: [g.columns, g.rows] };

    // Number of the unit in a square, or -1.
    grid.at = function (column, row) {
      if (!(column >= 0 && row >= 0 && column < g.columns && row < g.rows)) return -1;
      const square = row * g.columns + column;
      const word = words[square >>> 5];
      const bit = square & 31;
      return (word >>> bit) & 1 ? before[square >>> 5] + ones(word & ((2 ** bit) - 1)) : -1;
    };

    // Position in squares, counted from the corner of the grid.
    grid.squares = function (lat, lng) {
      const [x, y] = forward(lat, lng);
      return [(x - g.x0) / g.cell, (y - g.y0) / g.cell];
    };

    grid.find = function (lat, lng) {
      const [c, r] = grid.squares(lat, lng);
      return grid.at(Math.floor(c), Math.floor(r));
    };

    const corner = (i) => [g.x0 + (place[i] % g.columns) * g.cell, g.y0 + Math.floor(place[i] / g.columns) * g.cell];

    grid.code = function (i) {
      if (codes) return codes[i];
      const [x, y] = corner(i);
      return g.code.head + "N" + Math.round(y / g.code.metres) + "E" + Math.round(x / g.code.metres);
    };

    grid.centre = function (i) {
      const [x, y] = corner(i);
      return back(x + g.cell / 2, y + g.cell / 2);
    };

    grid.outline = function (i) {
      const [x, y] = corner(i);
      return [[0, 0], [1, 0], [1, 1], [0, 1]].map(([u, v]) => back(x + u * g.cell, y + v * g.cell));
    };

    // A value: a code, square metres or a share; null where it is missing or has no column.
    grid.value = function (i, name) {
      const c = columns[name];
      if (!c || c.values[i] === c.missing) return null;
      return c.kind === "name" ? c.labels[c.values[i]] : c.values[i] * c.step;
    };

    grid.coarse = packed.columns.some((c) => c.kind === "area" && c.type === "uint8");
    if (packed.texts) {
      grid.texts = {};
      for (const key of Object.keys(packed.texts)) grid.texts[key] = await Z.numbers(packed.texts[key]);
    }
    if (packed.redlines) grid.redlines = await redLists(packed.redlines);
    return grid;
  };

  async function redLists(packed) {
    const counts = await Z.numbers(packed.counts);
    const index = await Z.numbers(packed.index);
    const amount = await Z.numbers(packed.amount);
    const start = new Uint32Array(counts.length + 1);
    counts.forEach((n, i) => { start[i + 1] = start[i] + n; });
    return (i) =>
      Array.from({ length: counts[i] }, (unused, k) => ({
        code: packed.areas[index[start[i] + k]],
        area_m2: amount[start[i] + k] * packed.step,
      }));
  }
})(Zoning);
