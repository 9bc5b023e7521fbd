// The small tools that all other scripts use: elements, texts, numbers, and who hears what.
"use strict";

var Zoning = (function () {
  // A browser that cannot read these scripts never comes here, and its user sees why (map.css).
  document.documentElement.classList.add("zn-js");

  const listeners = {};
  const Z = { plan: null, state: { lang: "zh" } };

  Z.on = function (name, hear) {
    (listeners[name] = listeners[name] || []).push(hear);
  };

  Z.emit = function (name, what) {
    (listeners[name] || []).forEach((hear) => hear(what));
  };

  function fill(node, props, children) {
    Object.entries(props || {}).forEach(([key, value]) => {
      if (value === null || value === undefined || value === false) return;
      if (key === "class") node.setAttribute("class", value);
      else if (key === "css") Object.assign(node.style, value);
      else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else node.setAttribute(key, value === true ? "" : String(value));
    });
    children.flat(Infinity).forEach((child) => {
      if (child === null || child === undefined || child === false) return;
      // Text from data only ever becomes a text node, so it cannot become markup.
      node.appendChild(child.nodeType ? child : document.createTextNode(String(child)));
    });
    return node;
  }

  Z.el = (tag, props, ...children) => fill(document.createElement(tag), props, children);
  Z.svg = (tag, props, ...children) => fill(L.SVG.create(tag), props, children);
  Z.find = (selector) => document.querySelector("#zn " + selector);

  Z.put = function (node, ...children) {
    node.textContent = "";
    return fill(node, null, children);
  };

  // Words: `t` of the page itself, `say` a pair from the plan, `name` of a column, `value` of a code.
  Z.say = (pair) => (pair ? pair[Z.state.lang] || pair.zh || pair.en || "" : "");

  // Chinese, English, and English for one where that is another word.
  Z.t = function (key, values) {
    const pair = Z.words[key];
    const one = values && Number(values.n) === 1 && pair && pair[2];
    const text = pair ? (Z.state.lang === "zh" ? pair[0] : one || pair[1]) : key;
    return text.replace(/\{(\w+)\}/g, (all, name) => (values && name in values ? values[name] : all));
  };

  // The name of a place in the language of the page: its own where it has one, else its reading.
  Z.place = (row) => (row ? (Z.state.lang === "en" && row.name_en) || row.name || row.area_code || row.code : "");

  Z.name = (column) => Z.say(Z.plan.words.columns[column]) || column;

  // Name and value in one line: the colon is as wide as the language writes it.
  Z.said = (name, value) => name + (Z.state.lang === "zh" ? "：" : ": ") + value;

  Z.value = function (column, code) {
    if (code === null || code === undefined || code === "") return Z.t("missing");
    const kind = column.endsWith("_grade") ? "grade" : column;
    const known = Z.plan.words.values[kind];
    return known && known[code] ? Z.say(known[code]) : String(code);
  };

  Z.zone = function (code, plan) {
    const zone = (plan || Z.plan.plans[0]).zones.find((z) => z.code === code);
    return zone
      ? { code, label: Z.state.lang === "zh" ? zone.name_zh : zone.name_en, colour: zone.colour, row: zone }
      : { code, label: Z.t("unzoned"), colour: "#d9d9d4", row: null };
  };

  const GAP = "\u00a0";

  // Numbers as people read them. Missing is a dash, never 0.
  const known = (x) => x !== null && x !== undefined && !Number.isNaN(x);
  const written = (x, digits) =>
    x.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });

  Z.known = known;
  Z.number = (x, digits = 0) => (known(x) ? written(x, digits) : "–");
  Z.km2 = function (m2, digits = 1) {
    if (!known(m2)) return "–";
    const small = m2 !== 0 && Math.abs(m2) < 1e6 * 10 ** -digits;
    return small ? written(m2, 0) + GAP + "m²" : written(m2 / 1e6, digits) + GAP + "km²";
  };
  // Chinese sets the sign beside the number, English a space between; neither breaks over a line.
  Z.percent = (share, digits = 1) => (known(share) ? written(share * 100, digits) + "%" : "–");
  Z.ha = function (m2) {
    if (!known(m2)) return "–";
    return written(m2 / 1e4, m2 !== 0 && m2 < 1e5 ? 2 : 1) + GAP + Z.t("ha");
  };

  // Drawn signs of the buttons: paths in a box of 24 by 24.
  Z.icon = (path) =>
    Z.svg(
      "svg",
      { viewBox: "0 0 24 24", width: 18, height: 18, "aria-hidden": "true", class: "zn-icon" },
      Z.svg("path", { d: path, fill: "none", stroke: "currentColor", "stroke-width": 1.7,
        "stroke-linecap": "round", "stroke-linejoin": "round" })
    );

  return Z;
})();
