// The strip above the map: is it allowed, how much of the cap is used, what is new and where.
"use strict";

(function (Z) {
  const PLACES = 3;

  // What stands under the cap: the plan's own account, or that of the step which the slider shows.
  Z.standing = function () {
    const plan = Z.plan.plans[0];
    return Z.step || { c: plan.accounts.construction || null, checks: plan.accounts.checks, towns: null };
  };

  Z.newIn = function (row, kind) {
    const step = Z.standing()[kind];
    return step ? step.get(row.code) || 0 : row.new_m2;
  };

  const cell = (kind, title, value, note, press) => Z.el(press ? "button" : "div",
    Object.assign({ class: "zn-cell zn-cell-" + kind }, press ? { type: "button", onclick: press } : {}),
    Z.el("span", { class: "zn-cell-title" }, title), Z.el("span", { class: "zn-cell-value" }, value), Z.el("span", { class: "zn-cell-note" }, note));

  function verdict() {
    const { checks } = Z.standing();
    if (Z.step) return stepVerdict(Z.step.facts);
    if (!checks || !checks.length) return null;
    const failed = checks.filter((c) => !c.ok);
    const n = (level) => failed.filter((c) => c.level === level).length;
    const kind = n("error") ? "bad" : n("warning") ? "noted" : "ok";
    const words = Z.t("verdict_" + kind, { n: kind === "bad" ? n("error") : n("warning") });
    return cell("verdict zn-is-" + kind, Z.t("checks_title"),
      [Z.el("i", { class: "zn-mark", "aria-hidden": "true" }, kind === "bad" ? "✗" : kind === "noted" ? "!" : "✓"), words],
      Z.t("verdict_of", { n: checks.length }), () => Z.emit("accounts", true));
  }

  // At another cap the limits of that step; the checks are those of the plan itself.
  function stepVerdict(facts) {
    const bad = facts.why || facts.failed.length;
    return cell("verdict zn-is-" + (bad ? "bad" : "ok"), Z.t("step_limits"),
      [Z.el("i", { class: "zn-mark", "aria-hidden": "true" }, bad ? "✗" : "✓"), facts.why ? Z.t("step_cannot") : bad ? Z.t("verdict_bad", { n: facts.failed.length }) : Z.t("step_ok")],
      Z.t("step_checks", { cap: Z.percent(Z.plan.ladder.steps[Z.plan.ladder.own].cap_share, 1) }), () => Z.emit("accounts", true));
  }

  function cap() {
    const { c } = Z.standing();
    if (!c || !Z.known(c.existing_m2)) return null;
    const share = (m2) => Z.percent(m2 / c.base_m2, 2);
    const then = c.existing_m2 + (c.new_m2 || 0);
    const value = Z.known(c.new_m2) ? Z.t("now_then", { now: share(c.existing_m2), then: share(then) }) : share(c.existing_m2);
    if (!Z.known(c.cap_m2)) return cell("cap", Z.t("cap_used"), value, Z.t("no_cap"), () => Z.emit("accounts", true));
    const left = c.cap_m2 - then;
    const note = Z.t(left < 0 ? "cap_over" : "cap_under", { cap: Z.percent(c.cap_share, 1), left: Z.km2(Math.abs(left), 2) });
    return cell("cap", Z.t("cap_used"), [value, gauge(c, then)], note, () => Z.emit("accounts", true));
  }

  // How full the cap is: existing, new, and what is left of it.
  function gauge(c, then) {
    const end = Math.max(c.cap_m2, then) || 1;
    const part = (m2, kind) => Z.el("i", { class: "zn-gauge-" + kind, css: { width: (100 * m2) / end + "%" } });
    return Z.el("span", { class: "zn-gauge", "aria-hidden": "true" }, part(c.existing_m2, "old"), part(c.new_m2 || 0, "new"));
  }

  function fresh() {
    const { c } = Z.standing();
    if (!c || !Z.known(c.new_m2)) return null;
    const rows = Z.layers.townships ? Z.layers.townships.rows : [];
    const most = rows.map((r) => ({ r, m2: Z.newIn(r, "towns") })).filter((x) => x.m2 > 0).sort((a, b) => b.m2 - a.m2).slice(0, PLACES);
    const names = most.map((x) => Z.place(x.r) + " " + Z.km2(x.m2)).join(Z.t("and"));
    return cell("new", Z.t("new_land"), Z.km2(c.new_m2, 2), names ? Z.t("new_most", { names }) : c.new_m2 ? "" : Z.t("new_none"),
      Z.showTable ? () => Z.showTable("new_m2") : null);
  }

  function kept() {
    const a = Z.plan.plans[0].accounts;
    const every = Z.known(a.kept_m2); // what is handed out may know the red lines alone
    const m2 = every ? a.kept_m2 : a.redlines && a.redlines.union_m2;
    if (!Z.known(m2)) return null;
    const share = Z.percent(m2 / a.area_m2);
    const n = a.redlines && a.redlines.areas;
    return cell("kept", Z.t(every ? "kept" : "redlines"), Z.km2(m2), n ? Z.t("kept_of", { share, n }) : Z.t("kept_share", { share }));
  }

  Z.drawHeadline = function () {
    const box = Z.find(".zn-headline");
    const cells = Z.sides.length > 1 ? [] : [verdict(), cap(), fresh(), kept()].filter((x) => x);
    box.hidden = !cells.length;
    box.setAttribute("aria-label", Z.t("headline"));
    Z.put(box, cells);
  };
})(Zoning);
