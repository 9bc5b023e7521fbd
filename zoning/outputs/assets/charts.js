// Charts in plain SVG: bars that print, read well in grey, and carry their numbers as text.
"use strict";

(function (Z) {
  const WIDTH = 320;

  const box = (height, label, ...children) =>
    Z.svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, class: "zn-chart", role: "img", "aria-label": label }, children);

  const rect = (x, y, width, height, fill, more) =>
    Z.svg("rect", Object.assign({ x, y, width: Math.max(0, width), height, fill }, more));

  const text = (x, y, anchor, kind, words) =>
    Z.svg("text", { x, y, "text-anchor": anchor, class: "zn-chart-" + kind }, words);

  // Existing and new land on a scale that ends a little past the cap.
  Z.capBar = function (c) {
    const end = Math.max(c.cap_m2, c.existing_m2 + (c.new_m2 || 0)) * 1.12;
    const x = (m2) => (m2 / end) * WIDTH;
    const used = c.existing_m2 + (c.new_m2 || 0);
    const cap = x(c.cap_m2);
    return box(
      62,
      Z.said(Z.t("cap_title"), Z.percent(used / c.base_m2, 2)),
      rect(0, 22, WIDTH, 22, "#eceae3", { rx: 2 }),
      rect(0, 22, x(c.existing_m2), 22, "#6b6f75", { rx: 2 }),
      rect(x(c.existing_m2), 22, x(c.new_m2 || 0), 22, "#3c66a8"),
      Z.svg("line", { x1: cap, x2: cap, y1: 16, y2: 50, stroke: "#7a1040", "stroke-width": 2 }),
      text(cap, 11, cap > WIDTH - 60 ? "end" : "middle", "strong", Z.t("cap_line", { share: Z.percent(c.cap_share, 0) })),
      text(0, 59, "start", "note", Z.t("existing") + " " + Z.percent(c.existing_m2 / c.base_m2, 2)),
      text(WIDTH, 59, "end", "note", Z.km2(c.cap_m2))
    );
  };

  // One bar that is cut into the zones.
  Z.zoneBar = function (zones) {
    const sum = zones.reduce((s, z) => s + z.area_m2, 0) || 1;
    let x = 0;
    const parts = zones.map((z) => {
      const width = (z.area_m2 / sum) * WIDTH;
      const part = rect(x, 0, width, 22, z.colour, { stroke: "#fff", "stroke-width": 1 });
      x += width;
      return part;
    });
    return box(22, Z.t("share_of_city"), parts);
  };

  // Rows of bars: existing share, new share, a mark for the cap.
  Z.shareRows = function (rows, label) {
    const top = Math.max(0.05, ...rows.map((r) => Math.max(r.built + (r.fresh || 0), r.cap || 0))) * 1.08;
    const x = (share) => (share / top) * WIDTH;
    const height = 34;
    return box(
      rows.length * height, label,
      rows.map((r, i) => {
        const y = i * height;
        const cap = r.cap ? x(r.cap) : null;
        return [
          text(0, y + 11, "start", "label", r.name),
          text(WIDTH, y + 11, "end", "note", Z.percent(r.built + (r.fresh || 0)) + (r.cap ? " / " + Z.t("cap") + " " + Z.percent(r.cap) : "")),
          rect(0, y + 16, WIDTH, 10, "#eceae3"),
          rect(0, y + 16, x(r.built), 10, r.colour || "#6b6f75"),
          rect(x(r.built), y + 16, x(r.fresh || 0), 10, "#3c66a8"),
          cap === null ? null : Z.svg("line", { x1: cap, x2: cap, y1: y + 13, y2: y + 29, stroke: "#7a1040", "stroke-width": 2 }),
        ];
      })
    );
  };

  // A bar for one value of a card: a share of the unit.
  Z.smallBar = (share, colour) =>
    Z.svg("svg", { viewBox: "0 0 100 6", class: "zn-small-bar", "aria-hidden": "true", preserveAspectRatio: "none" },
      rect(0, 0, 100, 6, "#eceae3"), rect(0, 0, Math.min(1, share || 0) * 100, 6, colour));
})(Zoning);
