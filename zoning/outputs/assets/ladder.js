// The cap as a slider: every position was solved before the page was made; nothing is interpolated.
"use strict";

(function (Z) {
  Z.step = null;
  let land = null; // what the step shown has in every unit and township, in whole m2
  let at = -1;
  let changes = null;
  let own = null; // the plan's own column of new land

  // For each step the places that change, with their differences.
  async function read(packed, count, steps) {
    const next = Z.reader(await Z.inflate(packed));
    const found = [];
    for (let s = 0; s < steps; s++) {
      let place = 0;
      found.push(Array.from({ length: next() }, () => {
        place += next();
        const zigzag = next();
        return [place, zigzag % 2 ? -(zigzag + 1) / 2 : zigzag / 2];
      }));
    }
    return { found, values: new Float64Array(count) };
  }

  Z.loadLadder = async function (packed, grid, towns) {
    if (!packed) return;
    const steps = packed.steps.length;
    changes = [await read(packed.units, grid.count, steps)];
    if (packed.townships) changes.push(await read(packed.townships, towns.length, steps));
    land = changes.map((c) => c.values);
    own = grid.columns.new_m2;
  };

  // Moves from step to step by what changes between them, forwards or back.
  function move(to) {
    while (at !== to) {
      const up = to > at;
      changes.forEach(({ found, values }) => found[up ? at + 1 : at].forEach(([k, m2]) => { values[k] += up ? m2 : -m2; }));
      at += up ? 1 : -1;
    }
  }

  function sums(rows, values) {
    const towns = new Map(rows.map((row, k) => [row.code, values[k]]));
    const counties = new Map();
    rows.forEach((row, k) => counties.set(row.county, (counties.get(row.county) || 0) + values[k]));
    return { towns, counties };
  }

  function byZone(grid, values) {
    const found = new Map();
    for (let i = 0; i < grid.count; i++) {
      const zone = grid.value(i, "zone");
      found.set(zone, (found.get(zone) || 0) + values[i]);
    }
    return found;
  }

  // Shows a step; null brings the plan itself back.
  Z.showStep = function (k) {
    const { ladder, plans } = Z.plan;
    const { grid } = Z.sides[0];
    if (k === null) {
      Z.step = null;
      if (own) grid.columns.new_m2 = own;
    } else {
      move(k);
      const facts = ladder.steps[k];
      const c = plans[0].accounts.construction;
      grid.columns.new_m2 = { name: "new_m2", kind: "area", step: 1, missing: -1, values: land[0] };
      Z.step = Object.assign({ k, facts, checks: plans[0].accounts.checks, zones: byZone(grid, land[0]),
        c: Object.assign({}, c, { cap_share: facts.cap_share, cap_m2: facts.cap_m2, headroom_m2: facts.headroom_m2, new_m2: facts.new_m2 }) },
      land[1] ? sums(Z.layers.townships.rows, land[1]) : {});
    }
    Z.emit("step");
  };

  const proof = (facts) => (facts.why ? Z.t("step_none") + Z.t("colon") + Z.say(facts.why)
    : [Z.t("grade_" + (facts.grade === "complete" ? "complete" : facts.grade === "bounded" ? "bounded" : "word"), { gap: Z.known(facts.gap) ? Z.percent(Math.max(0, facts.gap), 3) : "–" }),
      ...facts.failed.map((c) => Z.say(c))].join(Z.t("semicolon")));

  function draw() {
    const box = Z.find(".zn-ladder");
    const { ladder } = Z.plan;
    if (!ladder || Z.sides.length > 1) return;
    const k = Z.step ? Z.step.k : ladder.own;
    const facts = ladder.steps[k];
    const last = ladder.steps.length - 1;
    const left = Z.known(facts.headroom_m2) && Z.known(facts.new_m2) ? facts.headroom_m2 - facts.new_m2 : null;
    const cell = (name, value) => Z.el("span", { class: "zn-step" }, Z.el("span", { class: "zn-soft" }, name), Z.el("strong", { class: "zn-num" }, value));
    const range = Z.el("input", { type: "range", min: 0, max: last, step: 1, value: k, "aria-label": Z.t("slider"), "aria-valuetext": Z.percent(facts.cap_share, 2),
      oninput: (e) => Z.showStep(Number(e.target.value)) });
    const had = box.contains(document.activeElement) && document.activeElement.type === "range";
    Z.put(box,
      Z.el("div", { class: "zn-step-range" }, Z.el("span", { class: "zn-soft" }, Z.t("slider")), Z.el("strong", { class: "zn-num zn-step-cap" }, Z.percent(facts.cap_share, 2)), range,
        Z.el("button", { type: "button", class: "zn-button", disabled: !Z.step, onclick: () => Z.showStep(null) }, Z.t("slider_back", { cap: Z.percent(ladder.steps[ladder.own].cap_share, 1) }))),
      Z.el("div", { class: "zn-step-facts", role: "status" }, cell(Z.t("new_land"), Z.km2(facts.new_m2, 2)), cell(Z.t("headroom"), Z.km2(left, 2)),
        cell(Z.t("step_price"), Z.known(facts.price) ? Z.number(facts.price, 3) : "–"), Z.el("span", { class: "zn-soft zn-step-proof", title: Z.say(facts.proof) }, proof(facts))));
    box.setAttribute("aria-label", Z.t("slider"));
    box.hidden = false;
    if (had) range.focus();
  }

  Z.on("step", () => {
    const first = Z.step && !Z.stepped;
    Z.stepped = Boolean(Z.step);
    // The first move shows where the new land goes; afterwards the theme stays as chosen.
    if (first && Z.state.theme === "zones" && Z.plan.themes.some((t) => t.code === "new_land")) {
      Z.state.theme = "new_land";
      Z.emit("theme");
      Z.drawSide();
    }
    draw();
  });
  Z.drawLadder = draw;
})(Zoning);
