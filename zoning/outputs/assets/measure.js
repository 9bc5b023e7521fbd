// Measures lengths and areas in the projection of the plan, so they agree with its accounts.
"use strict";

(function (Z) {
  Z.startMeasure = function (map) {
    const box = Z.find(".zn-measure");
    const forward = Z.sides[0].grid.forward;
    let points = [];
    let drawn = null;
    let on = false;

    const plane = () => points.map((p) => forward(p.lat, p.lng));
    const length = (xy) => xy.slice(1).reduce((s, p, i) => s + Math.hypot(p[0] - xy[i][0], p[1] - xy[i][1]), 0);
    const surface = (xy) => Math.abs(xy.reduce((s, p, i) => {
      const q = xy[(i + 1) % xy.length];
      return s + (p[0] - xy[0][0]) * (q[1] - xy[0][1]) - (q[0] - xy[0][0]) * (p[1] - xy[0][1]);
    }, 0)) / 2;
    const distance = (m) => (m >= 1000 ? Z.number(m / 1000, 2) + " km" : Z.number(m) + " m");

    function tell() {
      const xy = plane();
      Z.put(box, points.length < 2 ? Z.t("measure_help") : [
        Z.el("strong", null, Z.t("length") + " " + distance(length(xy))),
        points.length > 2 ? Z.el("strong", null, " · " + Z.t("surface") + " " + Z.km2(surface(xy), 3)) : null],
        points.length > 2 ? Z.el("div", { class: "zn-under" }, Z.polygonRows(points.map((p) => [p.lat, p.lng]))) : null,
        points.length ? null : paste(),
        Z.el("button", { type: "button", onclick: () => { points = []; draw(); } }, Z.t("clear")),
        Z.el("button", { type: "button", onclick: () => set(false) }, Z.t("close")));
    }

    // A polygon from elsewhere: text in the clipboard becomes the points at once, what is typed when it is done.
    function paste() {
      const read = () => {
        const ring = Z.readPolygon(box.value);
        const wrong = !ring && box.value.trim() !== "";
        box.setAttribute("aria-invalid", String(wrong));
        Z.put(note, wrong ? Z.t("one_ring") : "");
        if (!ring) return;
        points = ring.map((p) => L.latLng(p[0], p[1]));
        const [a, b] = [points[0], points[points.length - 1]];
        if (a.equals(b)) points.pop();
        draw();
        // Beside what is told of it.
        map.fitBounds(L.latLngBounds(points), { paddingTopLeft: [60, 40 + Z.find(".zn-measure").offsetHeight], paddingBottomRight: [60, 150], maxZoom: 13, animate: false });
      };
      const note = Z.el("p", { class: "zn-soft", role: "status" });
      const box = Z.el("textarea", { rows: 2, "aria-label": Z.t("paste"), placeholder: Z.t("paste"), oninput: (event) => {
        if (!/^(insertText|insertLineBreak|insertComposition|delete)/.test(event.inputType || "")) read();
      } });
      return [box, note, Z.el("button", { type: "button", onclick: read }, Z.t("read_polygon"))];
    }

    function draw() {
      if (drawn) drawn.remove();
      const style = { color: "#1a3670", weight: 2, fillColor: "#3c66a8", fillOpacity: 0.12, interactive: false };
      drawn = L.layerGroup([
        points.length > 2 ? L.polygon(points, style) : L.polyline(points, style),
        ...points.map((p) => L.circleMarker(p, { radius: 4, color: "#1a3670", weight: 2, fillColor: "#fff", fillOpacity: 1, interactive: false })),
      ]).addTo(map);
      tell();
    }

    function set(active) {
      on = active;
      points = [];
      box.hidden = !on;
      map.getContainer().classList.toggle("zn-measuring", on);
      if (on) draw();
      else if (drawn) { drawn.remove(); drawn = null; }
      Z.emit("measuring", on);
    }

    map.on("click", (e) => { if (on) { points.push(e.latlng); draw(); } });
    document.addEventListener("keydown", (e) => { if (on && e.key === "Escape") set(false); });
    Z.on("lang", () => { if (on) tell(); });
    Z.measure = { toggle: () => set(!on), active: () => on };
  };
})(Zoning);
