// The card of a unit: which zone, why, what lies in it, and what its township says.
"use strict";

(function (Z) {
  const LAND = [
    ["built_m2", "#6b6f75"], ["farmland_m2", "#c9a94a"], ["water_m2", "#5b95bd"], ["redline_m2", "#a3122a"],
    ["built_redline_m2", "#a12f68"], ["core_m2", "#1c6043"], ["basic_farmland_m2", "#b8860b"],
    ["heritage_m2", "#8c510a"], ["water_source_m2", "#2171b5"], ["lock_m2", "#8b7a66"], ["free_m2", "#93c6a1"],
    ["new_m2", "#3c66a8"],
  ];
  const GRADES = ["constraint", "guidance", "intensity"];

  const pill = (zone) =>
    Z.el("span", { class: "zn-pill" }, Z.el("i", { class: "zn-swatch", css: { background: zone.colour } }), zone.label);

  const pairs = (rows) =>
    Z.el("dl", { class: "zn-pairs" }, rows.filter((r) => r).map(([name, value]) => [Z.el("dt", null, name), Z.el("dd", null, value)]));

  const quote = (name) => (Z.state.lang === "zh" ? "“" + name + "”" : name);

  // The sentence that answers why; from the plan's own words where it has them.
  Z.why = function (side, i) {
    const { grid, plan } = side;
    const own = grid.texts && grid.texts["why_" + Z.state.lang];
    if (own && own[i]) return own[i];
    const reason = grid.value(i, "zone_reason");
    const town = townOf(grid, i);
    const area = grid.value(i, "area_m2");
    const over = (plan.overlays || []).find((o) => o.code === grid.value(i, "zone"));
    const ruled = reason === "overlay" && over && grid.columns[over.column];
    const share = ruled ? grid.value(i, over.column) / area : grid.value(i, "township_share");
    const sentence = "why_" + (reason || "unknown");
    if (!Z.words[sentence]) return Z.value("zone_reason", reason);
    return Z.t(sentence, {
      share: Z.percent(share),
      town: quote(town ? Z.place(town) : Z.t("missing")),
      zone: Z.zone(grid.value(i, "zone"), plan).label,
      town_zone: Z.zone(town ? town.zone : null, plan).label,
      counted: over ? over["counted_" + Z.state.lang] : "",
      limit: over ? Z.t("why_limit", { limit: Z.percent(over.share, 0) }) : "",
    });
  };

  // Of two plans each has townships of its own: the same code may have another name and zone.
  function townOf(grid, i) {
    const code = grid.value(i, "township");
    if (code === null) return null;
    const { towns } = Z.sides.find((one) => one.grid === grid);
    return (towns && towns.get(code)) || { code };
  }

  Z.townshipName = function (grid, i) {
    const town = townOf(grid, i);
    return town ? Z.place(town) : null;
  };

  function countyName(grid, i) {
    const code = grid.value(i, "county");
    const county = Z.layers.counties && Z.layers.counties.byCode.get(code);
    return Z.place(county) || code;
  }

  function land(grid, i) {
    const area = grid.value(i, "area_m2");
    const rows = LAND.filter(([c]) => grid.columns[c] && (grid.value(i, c) || ["built_m2", "redline_m2", "new_m2"].includes(c)));
    if (!rows.length || !area) return null;
    return [
      Z.el("h3", null, Z.t("land")),
      Z.el("table", { class: "zn-land" }, Z.el("tbody", null, rows.map(([c, colour]) => {
        const value = grid.value(i, c);
        return Z.el("tr", null, Z.el("th", { scope: "row" }, Z.name(c)), Z.el("td", null, Z.smallBar(value / area, colour)),
          Z.el("td", { class: "zn-num" }, Z.ha(value)), Z.el("td", { class: "zn-num zn-soft" }, value === null ? "" : Z.percent(value / area)));
      }))),
    ];
  }

  function reds(grid, i, at) {
    const layer = Z.layers.redlines;
    if (!layer) return null;
    const listed = grid.redlines ? grid.redlines(i) : [...new Set(Z.featuresAt(layer, at[0], at[1]).map((r) => r.area_code))].map((code) => ({ code }));
    if (!listed.length) return null;
    return [
      Z.el("h3", null, Z.t("reds_here")),
      Z.el("ul", { class: "zn-reds" }, listed.map((hit) => {
        const rows = layer.rows.filter((r) => r.area_code === hit.code);
        const row = rows[0] || { name: hit.code };
        const type = Z.say(layer.types[row.type]) || row.type;
        const levels = [...new Set(rows.map((r) => r.level))].sort().map((l) => Z.value("level", l)).join(" / ");
        return Z.el("li", null, rows.length ? Z.el("button", { type: "button", class: "zn-link", onclick: () => Z.openPlace("redlines", hit.code) }, Z.place(row)) : Z.el("strong", null, hit.code),
          Z.el("span", { class: "zn-soft" }, [type, levels].filter(Boolean).join(" · ")),
          hit.area_m2 === undefined ? null : Z.el("span", { class: "zn-num" }, Z.ha(hit.area_m2)));
      })),
    ];
  }

  // Why a township has its class: the sentence, the values, the rule that fired.
  Z.townshipWhy = function (town, plan) {
    const grades = GRADES.filter((g) => Z.known(town[g + "_grade"])).map((g) =>
      [Z.name(g), Z.value(g + "_grade", town[g + "_grade"]) + (Z.known(town[g]) ? Z.t("in_brackets", { what: Math.abs(town[g]) <= 1 ? Z.percent(town[g]) : Z.number(town[g], 1) }) : "")]);
    const own = town["why_" + Z.state.lang];
    return [
      Z.known(town.zone) ? Z.el("p", null, pill(Z.zone(town.zone, plan))) : null,
      own ? Z.el("p", null, own) : null,
      decisionOn("township", town.code, plan),
      Z.el("details", { open: !own }, Z.el("summary", null, Z.t("values")), pairs([
        ...grades,
        Z.known(town.suitability_grade) && [Z.name("suitability_grade"), Z.value("suitability_grade", town.suitability_grade)],
        Z.known(town.built_share) && [Z.name("built_share"), Z.percent(town.built_share)],
        Z.known(town.redline_share) && [Z.name("redline_share"), Z.percent(town.redline_share)],
        !own && Z.known(town.rule) && [Z.t("decided_by"), town.rule],
        Z.known(town.runner_up) && [Z.name("runner_up"), Z.zone(town.runner_up, plan).label],
        Z.known(town.margin) && [Z.name("margin"), Z.percent(town.margin)],
        Z.known(town.stability) && [Z.name("stability"), Z.percent(town.stability)],
      ])),
    ];
  };

  function township(grid, i, plan) {
    const town = townOf(grid, i);
    if (!town || !Z.layers.townships) return null;
    return [Z.el("h3", null, Z.t("of_township"), " ", Z.place(town)), Z.townshipWhy(town, plan)];
  }

  // What would change the zone of a unit first: protected land at its threshold, or its township.
  function next(grid, i, plan) {
    const area = grid.value(i, "area_m2");
    const over = (plan.overlays || []).find((o) => o.replaces && grid.columns[o.column] && grid.value(i, o.column) !== null);
    const town = townOf(grid, i);
    const lines = [];
    if (over && area) {
      const gap = grid.value(i, over.column) - over.share * area;
      const zone = Z.zone(over.code, plan).label;
      const ruled = grid.value(i, "zone") === over.code;
      if (ruled ? gap >= 0 : gap < 0) lines.push(Z.t(ruled ? "next_out" : "next_in", { area: Z.ha(Math.abs(gap)), counted: over["counted_" + Z.state.lang], zone }));
    }
    const flip = town && (town["flip_" + Z.state.lang] || town.flip);
    if (flip && grid.value(i, "zone_reason") !== "overlay") lines.push(flip);
    return lines.length ? [Z.el("h3", null, Z.t("next")), lines.map((line) => Z.el("p", null, line))] : null;
  }

  // A decision by hand about the unit or its township, with who answers for it.
  const decisionOn = (level, code, plan) => shown(plan.decisions.find((d) => d.level === level && d.code === code), plan);

  function decision(grid, i, plan) {
    return decisionOn("unit", grid.code(i), plan) || decisionOn("township", grid.value(i, "township"), plan);
  }

  function shown(row, plan) {
    if (!row || row.state === "no-place") return null;
    return [
      Z.el("h3", null, Z.t("decision")),
      pairs([
        [Z.t("reason"), row.reason], [Z.t("who"), row.who], [Z.t("when"), row.date],
        Z.known(row.method_zone) && [Z.t("method_says"), Z.zone(row.method_zone, plan).label],
      ]),
      row.state === "stale" || row.state === "moot" ? Z.el("p", { class: "zn-soft" }, Z.t(row.state)) : null,
    ];
  }

  // Features of other layers at this place, each with a card of its own.
  function others(at) {
    const hits = Z.givenAt(at[0], at[1]);
    return hits.length ? [Z.el("h3", null, Z.t("also_here")), Z.el("ul", { class: "zn-list" }, hits.map((hit) => Z.el("li", null,
      Z.el("button", { type: "button", class: "zn-link", onclick: () => Z.openPlace("given", hit) }, Z.givenName(hit)), Z.el("span", { class: "zn-soft" }, Z.say(hit.layer.label)))))] : null;
  }

  // Overlays that stand beside the zone, by name.
  function besides(grid, i, plan) {
    const codes = (grid.columns.overlays && grid.value(i, "overlays")) || "";
    return (plan.overlays || []).filter((o) => codes.split("+").includes(o.code))
      .map((o) => ({ label: o["name_" + Z.state.lang], colour: o.colour }));
  }

  function side(one, at, many) {
    const { grid, plan } = one;
    const i = grid.find(at[0], at[1]);
    if (i < 0) return null;
    const zone = Z.zone(grid.value(i, "zone"), plan);
    const extra = ["stability", "suitability"].filter((c) => grid.columns[c] && grid.value(i, c) !== null);
    return Z.el("div", { class: "zn-card-side" },
      many ? Z.el("p", { class: "zn-soft" }, Z.said(Z.t(one.where), plan.name)) : null,
      grid.columns.zone ? Z.el("p", { class: "zn-zone", css: { borderColor: zone.colour } }, pill(zone), besides(grid, i, plan).map((o) => [" + ", pill(o)])) : null,
      grid.columns.zone ? [Z.el("h3", null, Z.t("why")), Z.el("p", { class: "zn-why" }, Z.why(one, i))] : null,
      decision(grid, i, plan),
      land(grid, i),
      pairs(extra.map((c) => [Z.name(c), c === "stability" ? Z.percent(grid.value(i, c)) : Z.number(grid.value(i, c), 2)])),
      Z.givenCards(plan, grid, i),
      many ? null : reds(grid, i, at),
      many ? null : others(at),
      many ? null : next(grid, i, plan),
      many ? null : township(grid, i, plan),
      grid.coarse ? Z.el("p", { class: "zn-soft" }, Z.t("rounded", { step: Z.percent(0.004) })) : null);
  }

  Z.showCard = function (at) {
    const box = Z.find(".zn-card");
    const { grid } = Z.sides[0];
    const i = at ? grid.find(at[0], at[1]) : -1;
    if (i < 0) {
      Z.closePlace();
      box.hidden = true;
      return false;
    }
    Z.closePlace();
    const town = townOf(grid, i);
    const county = Z.layers.counties && Z.layers.counties.byCode.get(grid.value(i, "county"));
    const known = Z.layers.townships && town && Z.layers.townships.byCode.get(town.code);
    const place = [county ? null : countyName(grid, i), known ? null : Z.townshipName(grid, i)].filter(Boolean).join(" · ");
    const [lat, lng] = grid.centre(i);
    Z.put(box,
      Z.el("header", null,
        Z.el("div", null, Z.el("p", { class: "zn-soft" }, Z.t("unit")), Z.el("h2", { class: "zn-code" }, grid.code(i)),
          Z.crumbs(county, known),
          Z.el("p", { class: "zn-soft" }, place, place ? Z.el("br") : null, lng.toFixed(5) + "°E, " + lat.toFixed(5) + "°N · " + Z.ha(grid.value(i, "area_m2")))),
        Z.el("button", { type: "button", class: "zn-close", "aria-label": Z.t("close"), onclick: () => Z.emit("pick", null) }, "×")),
      Z.el("div", { class: "zn-card-body" }, Z.sides.map((one) => side(one, at, Z.sides.length > 1))));
    box.setAttribute("aria-label", Z.t("unit") + " " + grid.code(i));
    box.hidden = false;
    return true;
  };
})(Zoning);
