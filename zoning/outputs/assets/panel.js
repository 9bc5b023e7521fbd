// The accounts: construction under its cap, the zones, the counties, the red lines, the checks.
"use strict";

(function (Z) {
  const line = (name, value) => [Z.el("dt", null, name), Z.el("dd", { class: "zn-num" }, value)];

  function construction(a) {
    const c = a.construction;
    if (!c || !Z.known(c.existing_m2)) return null;
    const capped = Z.known(c.cap_m2);
    const left = capped ? c.cap_m2 - c.existing_m2 - (c.new_m2 || 0) : 0;
    return Z.el("section", null,
      Z.el("h3", null, Z.t("cap_title")),
      Z.el("p", { class: "zn-big" }, Z.percent((c.existing_m2 + (c.new_m2 || 0)) / c.base_m2, 2)),
      capped ? Z.capBar(c) : Z.el("p", { class: "zn-soft" }, Z.t("no_cap")),
      Z.el("dl", { class: "zn-pairs" },
        line([Z.el("i", { class: "zn-swatch", css: { background: "#6b6f75" } }), Z.t("existing")], Z.km2(c.existing_m2, 2)),
        Z.known(c.new_m2) ? line([Z.el("i", { class: "zn-swatch", css: { background: "#3c66a8" } }), Z.t("new")], Z.km2(c.new_m2, 2)) : null,
        capped ? line(Z.t(left < 0 ? "over" : "headroom"), Z.km2(Math.abs(left), 2)) : null,
        line(Z.t("base"), Z.km2(c.base_m2, 2)),
        Z.known(c.eco_agri_share) ? line(Z.t("eco_agri"), Z.percent(c.eco_agri_share, 2)) : null));
  }

  function zones(a) {
    const gone = a.unzoned ? [{ name_zh: Z.words.unzoned[0], name_en: Z.words.unzoned[1], colour: "#d9d9d4", ...a.unzoned }] : [];
    const some = [...a.zones, ...gone].filter((z) => Z.known(z.area_m2));
    if (!some.length) return null;
    const label = (z) => (Z.state.lang === "zh" ? z.name_zh : z.name_en);
    const sum = a.area_m2 || 1;
    const built = some.filter((z) => Z.known(z.built_m2) && z.area_m2 > 0);
    return Z.el("section", null,
      Z.el("h3", null, Z.t("zones_title")), Z.zoneBar(some),
      Z.el("table", { class: "zn-table" }, Z.el("tbody", null, some.map((z) => Z.el("tr", null,
        Z.el("th", { scope: "row" }, Z.el("i", { class: "zn-swatch", css: { background: z.colour } }), label(z)),
        Z.el("td", { class: "zn-num" }, Z.km2(z.area_m2)), Z.el("td", { class: "zn-num" }, Z.percent(z.area_m2 / sum)),
        Z.el("td", { class: "zn-num zn-soft" }, Z.t("units_n", { n: Z.number(z.units) })))))),
      gone.length && a.unzoned.why ? Z.el("p", { class: "zn-soft" }, Z.said(Z.t("unzoned"), Z.say(a.unzoned.why))) : null,
      built.length ? [Z.el("h4", null, Z.t("built_in_zone")), Z.shareRows(built.map((z) => ({
        name: label(z), built: z.built_m2 / z.area_m2, fresh: (z.new_m2 || 0) / z.area_m2,
        cap: Z.known(z.cap_m2) && !Z.step ? z.cap_m2 / z.area_m2 : null })), Z.t("built_in_zone"))] : null);
  }

  function counties(a) {
    const some = (a.counties || []).filter((c) => Z.known(c.built_m2) && c.area_m2 > 0);
    if (!some.length) return null;
    return Z.el("section", null, Z.el("h3", null, Z.t("counties_title")),
      Z.shareRows(some.map((c) => ({ name: Z.place((Z.layers.counties && Z.layers.counties.byCode.get(c.code)) || c), built: c.built_m2 / c.area_m2, fresh: (c.new_m2 || 0) / c.area_m2 })), Z.t("counties_title")));
  }

  function reds(a) {
    const r = a.redlines;
    if (!r || !r.areas) return null;
    return Z.el("section", null, Z.el("h3", null, Z.t("reds_title")), Z.el("dl", { class: "zn-pairs" },
      line(Z.t("reds_areas", { n: r.areas }), ""), line(Z.t("reds_union"), Z.km2(r.union_m2, 2)),
      Z.known(r.level1_m2) ? line(Z.t("reds_level1"), Z.km2(r.level1_m2, 2)) : null));
  }

  const measure = (value, c) =>
    !Z.known(value) ? "–" : c.unit === "m2" ? Z.km2(value, 3) : c.unit === "1" ? Z.percent(value, 2) : [Z.number(value), c.sign && c.sign[Z.state.lang]].filter(Boolean).join(" ");

  function checks(a) {
    if (!a.checks.length) return null;
    const bad = a.checks.filter((c) => !c.ok && c.level !== "note");
    const noted = a.checks.filter((c) => !c.ok && c.level === "note");
    const kind = (c) => (c.ok ? "ok" : c.level === "note" ? "noted" : "bad");
    const sign = (c) => (c.ok ? "✓" : { error: "✗", warning: "!", note: "i" }[c.level]);
    const item = (c) => Z.el("li", { class: "zn-" + kind(c) },
      Z.el("span", { class: "zn-mark" }, sign(c)),
      Z.el("div", null, Z.el("strong", null, Z.say({ zh: c.zh, en: c.en }) || c.check),
        Z.el("span", { class: "zn-soft" }, [Z.say(c.place), Z.known(c.measured) ? Z.t("measured") + " " + measure(c.measured, c) : null,
          Z.known(c.limit) ? Z.t("limit") + " " + measure(c.limit, c) : null].filter(Boolean).join(" · "))));
    const good = a.checks.filter((c) => c.ok);
    return Z.el("section", null, Z.el("h3", null, Z.t("checks_title")),
      bad.length ? [Z.el("p", null, Z.t("checks_bad", { n: bad.length })), Z.el("ul", { class: "zn-checks" }, bad.map(item))] : null,
      noted.length ? [Z.el("p", null, Z.t("checks_noted", { n: noted.length })), Z.el("ul", { class: "zn-checks" }, noted.map(item))] : null,
      good.length ? Z.el("details", { open: good.length <= 8 }, Z.el("summary", null, Z.t("checks_ok", { n: good.length })),
        Z.el("ul", { class: "zn-checks" }, good.map(item))) : null);
  }

  // The accounts of a side; those of the step that the slider shows, where it shows one.
  function accountsOf(one) {
    const a = one.plan.accounts;
    const step = Z.step;
    if (!step || one !== Z.sides[0]) return a;
    return Object.assign({}, a, { construction: step.c,
      zones: a.zones.map((z) => Object.assign({}, z, { new_m2: step.zones.get(z.code) || 0 })),
      counties: (a.counties || []).map((c) => Object.assign({}, c, { new_m2: step.counties ? step.counties.get(c.code) || 0 : null })) });
  }

  Z.drawAccounts = function () {
    const box = Z.find(".zn-accounts");
    const close = () => Z.emit("accounts", false);
    Z.put(box,
      Z.el("header", null, Z.el("h2", null, Z.t("accounts")),
        Z.el("button", { type: "button", class: "zn-close", "aria-label": Z.t("close"), onclick: close }, "×")),
      Z.el("div", { class: "zn-accounts-body" },
        Z.sides.length > 1 ? Z.drawDifferences() : null, Z.sides.map((one) => Z.el("div", { class: "zn-accounts-side" },
        Z.sides.length > 1 ? Z.el("p", { class: "zn-soft" }, Z.said(Z.t(one.where), one.plan.name)) : null,
        [construction, zones, counties, reds, checks].map((part) => part(accountsOf(one)))))));
    box.setAttribute("aria-label", Z.t("accounts"));
  };
})(Zoning);
