// Draws the units pixel by pixel on canvas tiles: the cost follows the screen, not the plan.
"use strict";

(function (Z) {
  const BLOCK = 16; // the projection is computed at the corners of blocks of this many pixels
  const OVER = 16; // pixels by which a tile covers the ones after it
  const LINES_FROM = 18; // squares of at least this many pixels get thin lines between them
  const GREY = 0xffd6dade; // no data (colours are written as ABGR)
  const FADED = 0xffe9ebec; // a class that the legend hides
  const GREY_HATCH = 0xffb4b9be;

  function abgr(colour) {
    const rgb = parseInt(colour.slice(1), 16);
    return (0xff000000 | ((rgb & 255) << 16) | (rgb & 0xff00) | (rgb >> 16)) >>> 0;
  }

  function lighter(colour) {
    const mix = (shift) => {
      const part = (colour >>> shift) & 255;
      return Math.round(part + (255 - part) * 0.3) << shift;
    };
    return (0xff000000 | mix(16) | mix(8) | mix(0)) >>> 0;
  }

  function shaded(colour, by) {
    const part = (shift) => Math.min(255, Math.round(((colour >>> shift) & 255) * by)) << shift;
    return (0xff000000 | part(16) | part(8) | part(0)) >>> 0;
  }

  Z.GridLayer = L.GridLayer.extend({
    initialize: function (grid, outline, options) {
      L.GridLayer.prototype.initialize.call(this, Object.assign({ tileSize: 256, updateWhenZooming: false }, options));
      this.grid = grid;
      // The city's rings in Leaflet's world pixels at zoom 0, to cut the border squares.
      this.rings = outline.flat(2).map((ring) => ring.map((p) => L.CRS.EPSG3857.latLngToPoint(L.latLng(p), 0)));
    },

    show: function (classed) {
      this.classed = classed;
      this.classes = classed.classes;
      this.colours = classed.entries.map((e) => abgr(e.colour));
      this.redraw();
    },

    createTile: function (at) {
      const size = this.getTileSize().x + OVER;
      const sharp = Math.min(2, Math.ceil(window.devicePixelRatio || 1));
      const tile = document.createElement("canvas");
      tile.width = tile.height = size * sharp;
      if (!this.classed) return tile;
      const context = tile.getContext("2d");
      const image = context.createImageData(tile.width, tile.width);
      if (this.paint(new Uint32Array(image.data.buffer), tile.width, at, size / tile.width)) {
        context.putImageData(image, 0, 0);
        this.cut(context, at, sharp);
      }
      return tile;
    },

    // A tile reaches over its neighbours, so that no scaling of the screen opens a seam between them.
    _initTile: function (tile) {
      L.GridLayer.prototype._initTile.call(this, tile);
      tile.style.width = tile.style.height = this.getTileSize().x + OVER + "px";
    },

    // Fill the pixels; true when any unit was met.
    paint: function (pixels, width, at, scale) {
      const map = this._map;
      const size = this.getTileSize().x;
      const position = (px, py) => {
        const ll = map.unproject([at.x * size + px * scale, at.y * size + py * scale], at.z);
        return this.grid.squares(ll.lat, ll.lng);
      };
      const count = width / BLOCK + 1;
      const corners = Array.from({ length: count * count }, (unused, k) =>
        position((k % count) * BLOCK, Math.floor(k / count) * BLOCK));
      const [a, b] = [corners[0], corners[count * count - 1]];
      const perPixel = Math.abs(b[0] - a[0]) / width;
      this.level = this.grid.level ? this.grid.level(perPixel) : null;
      const lines = perPixel > 0 && 1 / perPixel >= LINES_FROM / scale;
      const squares = new Int32Array(width * width).fill(-1);
      let met = false;
      for (let by = 0; by + 1 < count; by++) {
        for (let bx = 0; bx + 1 < count; bx++) {
          const k = by * count + bx;
          const four = [corners[k], corners[k + 1], corners[k + count], corners[k + count + 1]];
          met = this.block(pixels, squares, width, bx * BLOCK, by * BLOCK, four, position) || met;
        }
      }
      if (lines) this.lines(pixels, squares, width);
      return met;
    },

    block: function (pixels, squares, width, x0, y0, four, position) {
      const [nw, ne, sw, se] = four;
      const exact = four.some((p) => !Number.isFinite(p[0] + p[1]));
      const { grid, level } = this;
      const relief = Z.state.overlays.has("relief") ? grid.relief : null;
      let met = false;
      for (let y = 0; y < BLOCK; y++) {
        const v = (y + 0.5) / BLOCK;
        for (let x = 0; x < BLOCK; x++) {
          const u = (x + 0.5) / BLOCK;
          let column, row;
          if (exact) {
            [column, row] = position(x0 + x + 0.5, y0 + y + 0.5);
          } else {
            column = (nw[0] * (1 - u) + ne[0] * u) * (1 - v) + (sw[0] * (1 - u) + se[0] * u) * v;
            row = (nw[1] * (1 - u) + ne[1] * u) * (1 - v) + (sw[1] * (1 - u) + se[1] * u) * v;
          }
          const unit = level ? level.at(Math.floor(column / level.factor), Math.floor(row / level.factor))
            : grid.at(Math.floor(column), Math.floor(row));
          if (unit < 0) continue;
          const k = (y0 + y) * width + x0 + x;
          const kind = level ? level.kind(unit, this.classed) : this.classes[unit];
          if (Z.state.hidden.has(kind)) pixels[k] = FADED;
          else if (kind === Z.MISSING) pixels[k] = (x + y) % 8 < 2 ? GREY_HATCH : GREY;
          else pixels[k] = relief ? shaded(this.colours[kind], Z.shade(relief, column, row)) : this.colours[kind];
          squares[k] = unit;
          met = true;
        }
      }
      return met;
    },

    // Thin light lines where the unit changes: a pixel on either side, so that scaling does not break them.
    lines: function (pixels, squares, width) {
      const on = new Uint8Array(squares.length);
      for (let k = width; k < squares.length; k++) {
        for (const other of k % width ? [k - 1, k - width] : [k - width]) {
          if (squares[k] !== squares[other]) on[k] = on[other] = 1;
        }
      }
      on.forEach((line, k) => { if (line && squares[k] >= 0) pixels[k] = lighter(pixels[k]); });
    },

    // Keep only what lies inside the city.
    cut: function (context, at, sharp) {
      if (!this.rings.length) return;
      const scale = 2 ** at.z * sharp;
      const size = this.getTileSize().x * sharp;
      context.globalCompositeOperation = "destination-in";
      context.beginPath();
      for (const ring of this.rings) {
        ring.forEach((p, i) => {
          const x = p.x * scale - at.x * size;
          const y = p.y * scale - at.y * size;
          if (i) context.lineTo(x, y);
          else context.moveTo(x, y);
        });
        context.closePath();
      }
      context.fill("evenodd");
      context.globalCompositeOperation = "source-over";
    },
  });
})(Zoning);
