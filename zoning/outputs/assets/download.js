// Saves what is shown: tables as CSV, the map as a picture. Nothing leaves this computer.
"use strict";

(function (Z) {
  const BOM = "\ufeff"; // so that spreadsheets read Chinese

  function save(name, blob) {
    const address = URL.createObjectURL(blob);
    const link = Z.el("a", { href: address, download: name });
    document.body.appendChild(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 4000);
  }

  // A cell that a spreadsheet would take for a formula is set off.
  Z.csv = (rows) => BOM + rows.map((row) => row.map((v) => {
    if (v === null || v === undefined) return "";
    const text = typeof v === "number" ? String(v) : /^[=+@\t\r-]/.test(v) ? "'" + v : String(v);
    return /[",\n\r]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  }).join(",")).join("\r\n") + "\r\n";

  const fileName = (what, end) => [Z.plan.plans[0].name, what].join("-").replace(/[\\/:*?"<>|\s]+/g, "_").slice(0, 80) + end;

  Z.saveCsv = (what, rows) => save(fileName(what, ".csv"), new Blob([Z.csv(rows)], { type: "text/csv;charset=utf-8" }));

  // The units in view, in the classes that are shown, with every column of the page.
  Z.unitRows = function () {
    const { grid } = Z.sides[0];
    const columns = Object.values(grid.columns);
    const hidden = Z.state.hidden;
    const rows = [["unit", "lon", "lat", ...columns.map((c) => c.name)].map((c) => Z.name(c))];
    Z.inView(grid, (i) => {
      if (hidden.size && hidden.has(Z.kindOf(Z.sides[0], i))) return;
      const [lat, lng] = grid.centre(i);
      rows.push([grid.code(i), Number(lng.toFixed(6)), Number(lat.toFixed(6)), ...columns.map((c) => {
        const v = grid.value(i, c.name);
        if (c.name === "zone") return v === null ? "" : Z.zone(v).label;
        return typeof v === "number" ? Number(v.toPrecision(9)) : v;
      })]);
    });
    return rows;
  };

  const pictureOf = (svg) => new Promise((done, failed) => {
    const copy = svg.cloneNode(true);
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    // What the stylesheet says does not travel with the picture.
    const shown = svg.querySelectorAll("path");
    copy.querySelectorAll("path").forEach((path, k) => {
      const style = getComputedStyle(shown[k]);
      ["fill", "stroke-width", "stroke-dasharray", "stroke-opacity"].forEach((name) => path.setAttribute(name, style.getPropertyValue(name)));
    });
    const image = new Image();
    image.onload = () => done(image);
    image.onerror = () => failed(new Error("svg"));
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(new XMLSerializer().serializeToString(copy));
  });

  // Everything on the map at twice the size of the screen, with title, notice, legend and scale.
  Z.picture = async function () {
    const box = Z.map.getContainer();
    const frame = box.getBoundingClientRect();
    const sharp = 2;
    const head = 64;
    const side = 250;
    const canvas = document.createElement("canvas");
    canvas.width = (frame.width + side) * sharp;
    canvas.height = (frame.height + head) * sharp;
    const pen = canvas.getContext("2d");
    const css = getComputedStyle(document.documentElement);
    const colour = (name) => css.getPropertyValue(name).trim();
    const font = (px, weight) => { pen.font = (weight || 400) + " " + px + "px " + colour("--font"); };
    const write = (text, x, y, px, weight, fill) => { font(px, weight); pen.fillStyle = fill || colour("--ink"); pen.fillText(text, x, y); };
    pen.scale(sharp, sharp);
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, frame.width + side, frame.height + head);
    write(Z.find(".zn-title").textContent, 16, 28, 19, 650);
    write([Z.find(".zn-notice").textContent, ...[...document.querySelectorAll("#zn .zn-cell-value")].map((e) => e.textContent)].filter(Boolean).join("   "), 16, 51, 12.5, 400, colour("--soft"));
    pen.save();
    pen.translate(0, head);
    pen.beginPath();
    pen.rect(0, 0, frame.width, frame.height);
    pen.clip();
    pen.fillStyle = colour("--sea");
    pen.fillRect(0, 0, frame.width, frame.height);
    const place = (node) => { const b = node.getBoundingClientRect(); return [b.left - frame.left, b.top - frame.top, b.width, b.height]; };
    pen.globalAlpha = Z.state.opacity;
    box.querySelectorAll("canvas.leaflet-tile").forEach((tile) => pen.drawImage(tile, ...place(tile)));
    pen.globalAlpha = 1;
    for (const svg of box.querySelectorAll("svg.leaflet-zoom-animated")) pen.drawImage(await pictureOf(svg), ...place(svg));
    pen.textAlign = "center";
    box.querySelectorAll(".zn-name").forEach((name) => {
      if (name.hidden) return;
      const [x, y, w, h] = place(name);
      const style = getComputedStyle(name);
      font(parseFloat(style.fontSize), style.fontWeight);
      Object.assign(pen, { lineWidth: 3, strokeStyle: "#fff", lineJoin: "round" });
      pen.strokeText(name.textContent, x + w / 2, y + h * 0.72);
      pen.fillStyle = colour("--ink");
      pen.fillText(name.textContent, x + w / 2, y + h * 0.72);
    });
    pen.textAlign = "left";
    pen.restore();
    legend(pen, write, frame.width + 14, head + 12);
    const foot = [...document.querySelectorAll("#zn .zn-corner span:not(.zn-printed)")].map((e) => e.textContent).join("   ");
    write(foot, 14, head + frame.height - 10, 11.5);
    write("N ↑   " + Z.find(".zn-ratio").textContent + "   " + Z.find(".leaflet-control-scale-line").textContent, 14, head + frame.height - 28, 11.5);
    return canvas;
  };

  function legend(pen, write, x, y) {
    write(Z.find(".zn-legend h2").textContent, x, y + 12, 14, 650);
    let at = y + 34;
    document.querySelectorAll("#zn .zn-legend li").forEach((item) => {
      const swatch = item.querySelector(".zn-swatch");
      if (swatch) {
        pen.fillStyle = getComputedStyle(swatch).backgroundColor;
        pen.fillRect(x, at - 11, 22, 14);
        Object.assign(pen, { strokeStyle: "#777", lineWidth: 0.7 });
        pen.strokeRect(x, at - 11, 22, 14);
      } else {
        const line = item.querySelector("svg line, svg rect:last-child");
        Object.assign(pen, { strokeStyle: line ? line.getAttribute("stroke") : "#777", lineWidth: 1.6 });
        pen.strokeRect(x + 1, at - 6, 20, line && line.tagName === "rect" ? 8 : 0.01);
      }
      write([...item.querySelectorAll("span")].map((e) => e.textContent).filter(Boolean).join("  ") || item.textContent, x + 31, at, 12.5);
      at += 24;
    });
  }

  Z.savePicture = async function () {
    const canvas = await Z.picture();
    canvas.toBlob((blob) => save(fileName(Z.find(".zn-legend h2").textContent, ".png"), blob), "image/png");
  };
})(Zoning);
