// Finds units by code, townships and red lines by name or code.
"use strict";

(function (Z) {
  const MOST = 12;

  function hits(query) {
    const wanted = query.trim().toLowerCase();
    if (!wanted) return [];
    const found = [];
    const fits = (text) => text !== null && text !== undefined && String(text).toLowerCase().includes(wanted);
    for (const kind of ["townships", "counties", "redlines"]) {
      const seen = new Set();
      for (const row of Z.layers[kind] ? Z.layers[kind].rows : []) {
        const code = row.area_code || row.code;
        if (seen.has(code) || !(fits(row.name) || fits(code))) continue;
        seen.add(code);
        const same = Z.layers[kind].rows.filter((r) => (r.area_code || r.code) === code);
        found.push({ kind: kind === "redlines" ? "redline" : kind === "townships" ? "township" : "county",
          name: row.name || code, note: row.county_name || Z.say((Z.layers[kind].types || {})[row.type]) || code, rows: same });
      }
    }
    const { grid } = Z.sides[0];
    for (let i = 0; i < grid.count && found.length < 3 * MOST; i++) {
      const code = grid.code(i);
      if (code.toLowerCase().includes(wanted)) found.push({ kind: "unit", name: code, note: Z.townshipName(grid, i) || "", unit: i });
    }
    const exact = (h) => (h.name.toLowerCase() === wanted ? 0 : 1);
    return found.sort((a, b) => exact(a) - exact(b)).slice(0, MOST);
  }

  Z.startSearch = function () {
    const box = Z.find(".zn-query");
    const list = Z.find(".zn-hits");
    let shown = [];
    let at = -1;

    const close = () => {
      list.hidden = true;
      box.setAttribute("aria-expanded", "false");
      box.removeAttribute("aria-activedescendant");
    };
    const choose = (k) => {
      const hit = shown[k];
      close();
      if (!hit) return;
      box.value = hit.name;
      Z.emit("found", hit);
    };
    const mark = () => {
      [...list.children].forEach((item, k) => item.setAttribute("aria-selected", String(k === at)));
      if (at >= 0) box.setAttribute("aria-activedescendant", "zn-hit-" + at);
    };
    const search = () => {
      shown = hits(box.value);
      at = shown.length ? 0 : -1;
      Z.put(list, shown.map((hit, k) =>
        Z.el("li", { id: "zn-hit-" + k, role: "option", onmousedown: (e) => { e.preventDefault(); choose(k); } },
          Z.el("span", { class: "zn-kind" }, Z.t(hit.kind)), Z.el("span", { class: "zn-hit-name" }, hit.name), Z.el("span", { class: "zn-soft" }, hit.note))),
        shown.length || !box.value.trim() ? null : Z.el("li", { class: "zn-soft" }, Z.t("no_hits")));
      list.hidden = !box.value.trim();
      box.setAttribute("aria-expanded", String(!list.hidden));
      mark();
    };
    let waiting = 0;
    box.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(search, 120); });
    box.addEventListener("blur", close);
    box.addEventListener("keydown", (e) => {
      if (e.key === "Escape") return close();
      if (e.key === "Enter") { clearTimeout(waiting); if (list.hidden) search(); return choose(Math.max(0, at)); }
      if (e.key !== "ArrowDown" && e.key !== "ArrowUp") return undefined;
      e.preventDefault();
      if (shown.length) at = (at + (e.key === "ArrowDown" ? 1 : shown.length - 1)) % shown.length;
      return mark();
    });
    const words = () => {
      box.placeholder = Z.t("search");
      box.setAttribute("aria-label", Z.t("search"));
    };
    Z.on("lang", words);
    words();
  };
})(Zoning);
