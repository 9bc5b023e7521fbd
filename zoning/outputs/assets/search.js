// Finds units by code, townships and red lines by name or code.
"use strict";

(function (Z) {
  const MOST = 12;

  // What was typed, with the simplified sign of every traditional one that occurs in a name.
  const plain = (query) => [...query.trim().toLowerCase()].map((sign) => (Z.plan.traditional || {})[sign] || sign).join("");
  const tight = (text) => text.replace(/[\s'’-]+/g, "");

  // All ways to write a name: itself, in English, its reading, the first letters of its reading.
  function forms(row) {
    if (row.forms) return row.forms;
    const parts = (row.reading || "").split(" ").filter(Boolean);
    row.forms = [row.name, row.code, row.area_code, row.name_en && tight(row.name_en), parts.join(""), parts.map((p) => p[0]).join("")]
      .filter(Boolean).map((text) => String(text).toLowerCase());
    return row.forms;
  }

  // How well a row fits: 0 at the start, 1 inside, null not at all.
  function fit(row, wanted) {
    const letters = tight(wanted);
    const at = forms(row).flatMap((form) => [form.indexOf(wanted), form.indexOf(letters)]).filter((k) => k >= 0);
    return at.length ? Math.min(1, Math.min(...at)) : null;
  }

  Z.fits = (row, query) => fit(row, plain(query)) !== null;

  // Signs that must be put in, left out or changed to make one text of another; more than `most` counts as `most + 1`.
  function distance(a, b, most) {
    if (Math.abs(a.length - b.length) > most) return most + 1;
    let last = Array.from({ length: b.length + 1 }, (unused, k) => k);
    for (let i = 1; i <= a.length; i++) {
      const row = [i];
      for (let j = 1; j <= b.length; j++) row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      last = row;
    }
    return last[b.length];
  }

  // How many signs a row is off from what was typed: none may be, one, two in longer names.
  function nearly(row, letters, most) {
    const ways = forms(row).flatMap((form) => (form.length > letters.length ? [form, form.slice(0, letters.length)] : [form]));
    const off = Math.min(...ways.map((form) => distance(form, letters, most)));
    return off <= most ? off : null;
  }

  // Names that were nearly typed.
  function near(wanted) {
    const letters = tight(wanted);
    const most = letters.length > 5 ? 2 : 1;
    if (letters.length < 2) return [];
    const how = (row) => nearly(row, letters, most);
    const found = givenHits(how);
    for (const kind of KINDS) {
      for (const row of Z.layers[kind] ? Z.layers[kind].rows : []) {
        const off = how(row);
        if (off !== null) found.push(Object.assign(hitOf(kind, row), { how: off }));
      }
    }
    const first = found.sort((a, b) => a.how - b.how).filter((h, k) => found.findIndex((other) => other.name === h.name) === k);
    return first.slice(0, 4).map((h) => Object.assign(h, { near: true }));
  }

  const KINDS = ["townships", "counties", "redlines"];

  // Features of the layers given, such as parks: by what their cards call them, and by code.
  function givenHits(how) {
    const found = [];
    for (const layer of Z.plan.given_layers.filter((l) => l.columns.length)) {
      layer.drawn.forEach((row) => {
        const known = ["name", "code"].map((c) => layer.columns.findIndex((k) => k.name === c)).filter((k) => k >= 0 && row.values[k]);
        const [name, code] = known.map((k) => Z.cellText(row.values[k]));
        const fits = name ? how(Object.assign(row, { name, code })) : null;
        if (fits !== null) found.push({ kind: "given", name: Z.givenName({ layer, row }), note: code === name ? "" : code || "", layer, rows: [row], how: fits });
      });
    }
    return found;
  }

  function hitOf(kind, row) {
    const code = row.area_code || row.code;
    const same = Z.layers[kind].rows.filter((r) => (r.area_code || r.code) === code);
    const county = Z.layers.counties && Z.layers.counties.byCode.get(row.county);
    return { kind: kind === "redlines" ? "redline" : kind === "townships" ? "township" : "county", name: Z.place(row),
      note: Z.place(county) || row.county_name || Z.say((Z.layers[kind].types || {})[row.type]) || code, rows: same };
  }

  function hits(query) {
    const wanted = plain(query);
    if (!wanted) return [];
    const found = [];
    for (const kind of KINDS) {
      const seen = new Set();
      for (const row of Z.layers[kind] ? Z.layers[kind].rows : []) {
        const code = row.area_code || row.code;
        const how = fit(row, wanted);
        if (seen.has(code) || how === null) continue;
        seen.add(code);
        found.push(Object.assign(hitOf(kind, row), { how }));
      }
    }
    found.push(...givenHits((row) => fit(row, wanted)));
    const { grid } = Z.sides[0];
    const named = grid.named ? grid.named(wanted) : [];
    named.forEach((i) => found.push({ kind: "unit", name: grid.code(i), note: Z.townshipName(grid, i) || "", unit: i }));
    for (let i = 0; !grid.named && i < grid.count && found.length < 3 * MOST; i++) {
      const code = grid.code(i);
      if (code.toLowerCase().includes(wanted)) found.push({ kind: "unit", name: code, note: Z.townshipName(grid, i) || "", unit: i });
    }
    const rank = (h) => (h.name.toLowerCase() === wanted ? -1 : h.how === undefined ? 1 : h.how);
    return (found.length ? found.sort((a, b) => rank(a) - rank(b)) : near(wanted)).slice(0, MOST);
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
          Z.el("span", { class: "zn-kind" }, hit.near ? Z.t("did_you_mean") : hit.layer ? Z.say(hit.layer.label) : Z.t(hit.kind)), Z.el("span", { class: "zn-hit-name" }, hit.name), Z.el("span", { class: "zn-soft" }, hit.note))),
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
