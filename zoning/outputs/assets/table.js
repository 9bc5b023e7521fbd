// The table of townships: sorted by any column, found by name, filtered with the legend, saved as CSV.
"use strict";

(function (Z) {
  const share = (part) => (r) => (Z.known(r[part]) && r.area_m2 ? r[part] / r.area_m2 : null);
  const area = (m2) => Z.km2(m2, 2);
  const fresh = (r) => Z.newIn(r, "towns");

  // Name of the column, value, how it is written; text columns come first.
  const COLUMNS = [
    { key: "name", head: () => Z.t("township"), value: (r) => Z.place(r), text: true },
    { key: "county", head: () => Z.t("county"), value: (r) => Z.place(Z.layers.counties && Z.layers.counties.byCode.get(r.county)) || r.county_name || r.county, text: true },
    { key: "zone", value: (r) => r.zone, show: (v) => [Z.el("i", { class: "zn-swatch", css: { background: Z.zone(v).colour } }), Z.zone(v).label], order: (v) => Z.plan.plans[0].zones.findIndex((z) => z.code === v), text: true },
    { key: "area_m2", show: area }, { key: "built_m2", show: area }, { key: "built_share", value: (r) => (Z.known(r.built_share) ? r.built_share : share("built_m2")(r)), show: Z.percent },
    { key: "new_m2", value: fresh, show: area },
    { key: "after", head: () => Z.t("share_after"), value: (r) => (Z.known(r.built_m2) && r.area_m2 ? (r.built_m2 + (fresh(r) || 0)) / r.area_m2 : null), show: Z.percent },
    { key: "free_m2", show: area }, { key: "redline_share", value: share("redline_m2"), show: Z.percent }, { key: "margin", show: Z.percent },
    { key: "status", value: (r) => r.status, show: (v) => Z.value("status", v), text: true },
  ];
  const state = { by: "new_m2", down: true, query: "" };
  const valueOf = (c, r) => (c.value ? c.value(r) : r[c.key]);
  const head = (c) => (c.head ? c.head() : Z.name(c.key));

  const used = () => COLUMNS.filter((c) => Z.layers.townships.rows.some((r) => Z.known(valueOf(c, r)) && valueOf(c, r) !== ""));

  // Rows as they stand: those that fit the search and the zones that the legend shows, in order.
  Z.townshipRows = function () {
    const column = COLUMNS.find((c) => c.key === state.by) || COLUMNS[0];
    const key = (r) => { const v = valueOf(column, r); return column.order ? column.order(v) : v; };
    const hidden = Z.hiddenZones();
    const rows = Z.layers.townships.rows.filter((r) => !hidden.has(r.zone) && (!state.query || Z.fits(r, state.query)));
    const order = (a, b) => {
      const [x, y] = [key(a), key(b)];
      // What is missing stands last, whichever way is sorted.
      if (!Z.known(x) || !Z.known(y)) return Z.known(x) ? -1 : Z.known(y) ? 1 : 0;
      const by = typeof x === "string" ? x.localeCompare(y, Z.state.lang === "zh" ? "zh-CN" : "en") : x - y;
      return state.down ? -by : by;
    };
    return rows.sort((a, b) => order(a, b) || (a.code < b.code ? -1 : 1));
  };

  function sort(key) {
    const text = (COLUMNS.find((c) => c.key === key) || {}).text;
    state.down = state.by === key ? !state.down : !text;
    state.by = key;
    draw();
    Z.find('.zn-grid button[data-key="' + key + '"]').focus();
  }

  function body() {
    const columns = used();
    const rows = Z.townshipRows();
    return Z.el("table", { class: "zn-grid" },
      Z.el("thead", null, Z.el("tr", null, columns.map((c) => Z.el("th", { scope: "col", class: c.text ? null : "zn-num",
        "aria-sort": state.by === c.key ? (state.down ? "descending" : "ascending") : "none" },
      Z.el("button", { type: "button", "data-key": c.key, onclick: () => sort(c.key) }, head(c)))))),
      Z.el("tbody", null, rows.map((r) => Z.el("tr", { "data-code": r.code }, columns.map((c) => {
        const v = valueOf(c, r);
        const shown = c.show ? (Z.known(v) ? c.show(v) : "–") : v;
        if (c.key !== "name") return Z.el("td", { class: c.text ? null : "zn-num" }, shown);
        return Z.el("td", null, Z.el("button", { type: "button", class: "zn-link", onclick: () => Z.emit("found", { kind: "township", rows: [r] }) }, shown));
      })))));
  }

  Z.townshipCsv = function () {
    const columns = used();
    return [[Z.t("code"), ...columns.map(head)], ...Z.townshipRows().map((r) => [r.code, ...columns.map((c) => {
      const v = valueOf(c, r);
      return c.key === "zone" ? Z.zone(v).label : c.key === "status" ? Z.value("status", v) : v;
    })])];
  };

  function draw() {
    const count = Z.find(".zn-table-count");
    if (!count) return;
    count.textContent = Z.t("townships_n", { n: Z.townshipRows().length });
    Z.put(Z.find(".zn-table-scroll"), body());
  }

  function build() {
    const box = Z.find(".zn-table-panel");
    const find = Z.el("input", { type: "search", "aria-label": Z.t("find_in_table"), placeholder: Z.t("find_in_table"), value: state.query, oninput: (e) => { state.query = e.target.value.trim(); draw(); } });
    Z.put(box, Z.el("header", null, Z.el("h2", null, Z.t("townships_table")), Z.el("span", { class: "zn-soft zn-table-count", role: "status" }), find,
      Z.el("button", { type: "button", class: "zn-button", onclick: () => Z.saveCsv(Z.t("townships_table"), Z.townshipCsv()) }, "CSV"),
      Z.el("button", { type: "button", class: "zn-close", "aria-label": Z.t("close"), onclick: () => Z.emit("table", false) }, "×")),
    Z.el("div", { class: "zn-table-scroll", tabindex: 0, role: "group", "aria-label": Z.t("townships_table") }));
    box.setAttribute("aria-label", Z.t("townships_table"));
    draw();
  }

  // Opens the table, sorted by a column where one is named.
  Z.showTable = function (key) {
    if (!Z.layers.townships) return;
    if (key) Object.assign(state, { by: key, down: true });
    Z.emit("table", true);
  };

  Z.on("table", (open) => {
    const box = Z.find(".zn-table-panel");
    box.hidden = open === undefined ? !box.hidden : !open;
    if (box.hidden) return;
    build();
    box.focus();
  });
  const redraw = () => { if (Z.layers.townships && !Z.find(".zn-table-panel").hidden) build(); };
  ["lang", "filter", "step"].forEach((name) => Z.on(name, redraw));
})(Zoning);
