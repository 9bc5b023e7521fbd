// The cards of places: the city, a county, a township, a protected area, a feature of a wing.
"use strict";

(function (Z) {
  const MOST = 5;
  let open = null;

  const pairs = (rows) => Z.el("dl", { class: "zn-pairs" }, rows.filter((r) => r).map(([name, value]) => [Z.el("dt", null, name), Z.el("dd", null, value)]));
  const part = (title, ...body) => (body.flat(Infinity).some(Boolean) ? [Z.el("h3", null, title), body] : null);
  const rowsOf = (kind) => (Z.layers[kind] ? Z.layers[kind].rows : []);
  const link = (words, press) => Z.el("button", { type: "button", class: "zn-link", onclick: press }, words);

  // From the whole to the part: every step is a card of its own.
  Z.crumbs = function (county, township) {
    const steps = [link(Z.t("whole_city"), () => Z.openPlace("city"))];
    if (county) steps.push(link(Z.place(county), () => Z.openPlace("counties", county.code)));
    if (township) steps.push(link(Z.place(township), () => Z.openPlace("townships", township.code)));
    return Z.el("nav", { class: "zn-crumbs", "aria-label": Z.t("belongs") }, steps.map((step, k) => [k ? Z.el("span", { "aria-hidden": "true" }, " › ") : null, step]));
  };

  // The account of a place: land today, new land of the step that is shown, what it comes to.
  Z.accountOf = function (row, fresh) {
    const share = (m2) => (Z.known(m2) && row.area_m2 ? Z.percent(m2 / row.area_m2) : null);
    const line = (name, m2) => Z.known(m2) && [name, [Z.km2(m2, 2), " ", Z.el("span", { class: "zn-soft" }, share(m2))]];
    const after = Z.known(row.built_m2) ? row.built_m2 + (fresh || 0) : null;
    return part(Z.t("account"), pairs([
      [Z.name("area_m2"), Z.km2(row.area_m2, 2)], line(Z.name("built_m2"), row.built_m2), line(Z.t("new"), fresh),
      fresh && line(Z.t("after"), after), line(Z.name("free_m2"), row.free_m2), line(Z.name("farmland_m2"), row.farmland_m2), line(Z.name("redline_m2"), row.redline_m2)]));
  };

  // How the townships of a place are classed, and where most of the new land is.
  function townships(rows) {
    if (!rows.length) return null;
    const zones = Z.plan.plans[0].zones;
    const classed = zones.map((z) => [z, rows.filter((r) => r.zone === z.code)]).filter(([, some]) => some.length);
    const most = rows.map((r) => [r, Z.newIn(r, "towns")]).filter(([, m2]) => m2 > 0).sort((a, b) => b[1] - a[1]).slice(0, MOST);
    return [
      classed.length ? part(Z.t("classed"), Z.el("ul", { class: "zn-list" }, classed.map(([z, some]) => Z.el("li", null,
        Z.el("i", { class: "zn-swatch", css: { background: z.colour } }), Z.zone(z.code).label, Z.el("span", { class: "zn-num zn-soft" }, Z.t("townships_n", { n: some.length })))))) : null,
      most.length ? part(Z.t("where_new"), Z.el("ul", { class: "zn-list" }, most.map(([r, m2]) => Z.el("li", null,
        link(Z.place(r), () => Z.openPlace("townships", r.code)), Z.el("span", { class: "zn-num" }, Z.km2(m2, 2)))))) : null];
  }

  const flipOf = (town) => town["flip_" + Z.state.lang] || town.flip;

  // What would change first: the township whose class hangs on the smallest margin.
  function nextTownship(rows) {
    const nearest = rows.filter((r) => Z.known(r.margin)).sort((a, b) => a.margin - b.margin)[0];
    if (!nearest) return null;
    return Z.el("p", null, link(Z.place(nearest), () => Z.openPlace("townships", nearest.code)), Z.t("colon"), flipOf(nearest) || Z.t("margin_of", { margin: Z.percent(nearest.margin) }));
  }

  // The rule that has least left, of those that limit construction.
  function nextRule() {
    const { checks } = Z.standing();
    const left = (c) => (c.limit - c.measured) / Math.abs(c.limit);
    const tight = (checks || []).filter((c) => c.ok && c.unit === "m2" && /^(cap[.]city|new[.])/.test(c.check) && c.limit > 0 && c.measured > 0 && Z.known(c.measured)).sort((a, b) => left(a) - left(b))[0];
    return tight ? Z.el("p", null, Z.say({ zh: tight.zh, en: tight.en })) : null;
  }

  function cityCard() {
    const { c, checks } = Z.standing();
    const plan = Z.plan.plans[0];
    const row = { area_m2: plan.accounts.area_m2, built_m2: c && c.existing_m2, redline_m2: plan.accounts.redlines && plan.accounts.redlines.union_m2 };
    const failed = (checks || []).filter((x) => !x.ok && x.level !== "note");
    const towns = rowsOf("townships");
    return { kind: Z.t("whole_city"), title: plan.name, crumbs: null, body: [
      checks && checks.length ? part(Z.t("allowed"), failed.length ? Z.el("ul", { class: "zn-checks" }, failed.map((x) => Z.el("li", null, Z.say({ zh: x.zh, en: x.en })))) : Z.el("p", null, Z.t("verdict_ok"))) : null,
      Z.accountOf(row, c && c.new_m2), townships(towns), part(Z.t("next"), nextRule(), nextTownship(towns))] };
  }

  function countyCard(county) {
    const towns = rowsOf("townships").filter((t) => t.county === county.code);
    return { kind: Z.t("county"), title: Z.place(county), crumbs: Z.crumbs(null, null), rows: [county],
      body: [towns.length ? part(Z.t("why_so"), Z.el("p", null, Z.t("why_county"))) : null, Z.accountOf(county, Z.newIn(county, "counties")), townships(towns), part(Z.t("next"), nextTownship(towns)), Z.givenOn(Z.plan.plans[0], "county", county.code)] };
  }

  function townshipCard(town) {
    const county = Z.layers.counties && Z.layers.counties.byCode.get(town.county);
    return { kind: Z.t("township"), title: Z.place(town), crumbs: Z.crumbs(county, null), rows: [town], body: [
      Z.townshipWhy(town, Z.plan.plans[0]), Z.accountOf(town, Z.newIn(town, "towns")),
      part(Z.t("next"), flipOf(town) ? Z.el("p", null, flipOf(town)) : null), Z.givenOn(Z.plan.plans[0], "township", town.code)] };
  }

  // What would be otherwise without a red line, as the run found it.
  const hangsOn = (row) => ["units_touched", "units_changed", "kept_m2"].map((c) => Z.known(row[c]) && [Z.name(c), c === "kept_m2" ? Z.ha(row[c]) : Z.number(row[c])]).filter(Boolean);

  function protectedCard(code) {
    const rows = rowsOf("redlines").filter((r) => r.area_code === code).sort((a, b) => a.level - b.level);
    const row = rows[0];
    const sum = (column) => rows.reduce((s, r) => (s === null || !Z.known(r[column]) ? null : s + r[column]), 0);
    return { kind: Z.t("redline") + " " + code, title: Z.place(row), crumbs: Z.crumbs(null, null), rows, body: [
      part(Z.t("why_protected"), pairs([
        Z.known(row.type) && [Z.name("type"), Z.say(Z.layers.redlines.types[row.type]) || row.type],
        Z.known(row.status) && [Z.name("name_status"), Z.value("status", row.status)],
        Z.known(row.boundary_status) && [Z.name("boundary_status"), Z.value("boundary_status", row.boundary_status)],
        Z.known(row.source) && [Z.t("source"), [Z.say(Z.layers.redlines.sources[row.source]) || row.source, row.source_year].filter(Z.known).join(Z.state.lang === "zh" ? "，" : ", ")]])),
      part(Z.t("account"), pairs([
        ...rows.map((r) => [Z.value("level", r.level), Z.ha(r.area_m2)]), [Z.t("computed"), Z.ha(sum("area_m2"))],
        Z.known(sum("published_m2")) && [Z.t("published"), Z.ha(sum("published_m2"))]])),
      hangsOn(row).length ? part(Z.t("next"), pairs(hangsOn(row))) : null] };
  }

  // A feature of a layer given: what was found about it (why, where it lies, what is next), then what it says itself.
  const givenCard = (hit) => ({ kind: Z.say(hit.layer.label), title: Z.givenName(hit), crumbs: Z.crumbs(null, null), rows: [hit.row],
    body: [Z.givenAbout(hit), Z.givenRows(hit).some(Boolean) ? part(Z.t("on_record"), pairs(Z.givenRows(hit))) : null] });

  function contentOf({ kind, code }) {
    if (kind === "city") return cityCard();
    if (kind === "redlines") return protectedCard(code);
    if (kind === "given") return givenCard(code);
    const row = Z.layers[kind].byCode.get(code);
    return kind === "counties" ? countyCard(row) : townshipCard(row);
  }

  Z.redrawPlace = function () {
    if (!open) return;
    const box = Z.find(".zn-card");
    const card = contentOf(open);
    Z.put(box,
      Z.el("header", null, Z.el("div", null, Z.el("p", { class: "zn-soft" }, card.kind), Z.el("h2", null, card.title), card.crumbs),
        Z.el("button", { type: "button", class: "zn-close", "aria-label": Z.t("close"), onclick: () => Z.emit("pick", null) }, "×")),
      Z.el("div", { class: "zn-card-body" }, card.body));
    box.setAttribute("aria-label", card.title);
    box.hidden = false;
  };

  // Opens a card: kind "city", "counties", "townships", "redlines" (by area) or "given" (a feature of a layer).
  Z.openPlace = function (kind, code) {
    Z.emit("pick", null);
    open = { kind, code };
    Z.redrawPlace();
    Z.emit("place", contentOf(open).rows || null);
  };

  Z.closePlace = () => { open = null; };
})(Zoning);
