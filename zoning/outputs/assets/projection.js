// From longitude and latitude to the coordinates of the grid, and back.
"use strict";

(function (Z) {
  // Transverse Mercator by Krueger's series in the third flattening n, to the fourth order
  // (L. Krueger, 1912; C. F. F. Karney, 2011): better than a millimetre within a zone.
  function transverseMercator(p) {
    const f = 1 / p.rf;
    const n = f / (2 - f);
    const n2 = n * n;
    const n3 = n2 * n;
    const n4 = n2 * n2;
    const scale = (p.k0 * p.a / (1 + n)) * (1 + n2 / 4 + n4 / 64);
    const alpha = [
      n / 2 - (2 / 3) * n2 + (5 / 16) * n3 + (41 / 180) * n4,
      (13 / 48) * n2 - (3 / 5) * n3 + (557 / 1440) * n4,
      (61 / 240) * n3 - (103 / 140) * n4,
      (49561 / 161280) * n4,
    ];
    const e = Math.sqrt(f * (2 - f));
    const radian = Math.PI / 180;
    return function (lat, lng) {
      const s = Math.sin(lat * radian);
      const l = (lng - p.lon0) * radian;
      if (Math.abs(l) > 1.2) return [NaN, NaN];
      const t = Math.sinh(Math.atanh(s) - e * Math.atanh(e * s));
      const xi = Math.atan2(t, Math.cos(l));
      const eta = Math.atanh(Math.sin(l) / Math.sqrt(1 + t * t));
      let x = eta;
      let y = xi;
      alpha.forEach((a, j) => {
        const k = 2 * (j + 1);
        x += a * Math.cos(k * xi) * Math.sinh(k * eta);
        y += a * Math.sin(k * xi) * Math.cosh(k * eta);
      });
      return [p.fe + scale * x, p.fn + scale * y];
    };
  }

  // Any other projection: Chebyshev interpolation inside a box; outside it nothing is known.
  function chebyshev(p) {
    const [west, south, east, north] = p.box;
    const size = p.degree + 1;
    const tu = new Float64Array(size);
    const tv = new Float64Array(size);
    const polynomials = function (t, x) {
      t[0] = 1;
      t[1] = x;
      for (let k = 2; k < size; k++) t[k] = 2 * x * t[k - 1] - t[k - 2];
    };
    return function (lat, lng) {
      const u = (2 * (lng - west)) / (east - west) - 1;
      const v = (2 * (lat - south)) / (north - south) - 1;
      if (!(Math.abs(u) <= 1 && Math.abs(v) <= 1)) return [NaN, NaN];
      polynomials(tu, u);
      polynomials(tv, v);
      let x = 0;
      let y = 0;
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < size; j++) {
          const w = tu[i] * tv[j];
          x += w * p.x[i * size + j];
          y += w * p.y[i * size + j];
        }
      }
      return [x, y];
    };
  }

  Z.projector = (p) => (p.kind === "tm" ? transverseMercator(p) : chebyshev(p));

  // The way back by Newton steps with differences; the start is the middle of the grid.
  Z.unprojector = function (forward, bounds) {
    const [west, south, east, north] = bounds;
    const h = 1e-5;
    return function (x, y) {
      let lat = (south + north) / 2;
      let lng = (west + east) / 2;
      for (let i = 0; i < 12; i++) {
        const [x0, y0] = forward(lat, lng);
        const [xe, ye] = forward(lat, lng + h);
        const [xn, yn] = forward(lat + h, lng);
        const a = (xe - x0) / h, b = (xn - x0) / h, c = (ye - y0) / h, d = (yn - y0) / h;
        const det = a * d - b * c;
        const dx = x - x0, dy = y - y0;
        lng += (d * dx - b * dy) / det;
        lat += (a * dy - c * dx) / det;
        if (Math.hypot(dx, dy) < 0.01) break;
      }
      return [lat, lng];
    };
  };
})(Zoning);
