// What others than the plan itself gave: themes of units, layers, lines on the card of a unit.
"use strict";

(function (Z) {
  // The class of every unit in every theme that was given.
  Z.loadGiven = async function (packed) {
    const classes = {};
    for (const name of Object.keys(packed.classes)) classes[name] = await Z.numbers(packed.classes[name]);
    return { classes, cards: await Z.numbers(packed.cards) };
  };

  Z.givenClasses = function (plan, theme) {
    return {
      classes: plan.given.classes[theme.code],
      entries: theme.given.map((e) => ({ colour: e.colour, label: () => Z.say(e.label) })),
    };
  };

  Z.givenValue = function (plan, theme, i) {
    const one = Z.sides.find((side) => side.plan === plan);
    const k = one.grid.given ? one.grid.given(i, theme.code) : plan.given.classes[theme.code][i];
    return k === Z.MISSING ? Z.t("missing") : Z.say(theme.given[k].label);
  };

  Z.drawGiven = async function (draw) {
    const drawn = {};
    for (const layer of Z.plan.given_layers) {
      const shapes = await Z.shapes(layer.shapes);
      const values = layer.rows ? await Z.numbers(layer.rows) : [];
      const latin = (list, i) => (list && list[i]) || undefined;
      const rows = shapes.map((shape, i) => ({ shape, at: i, kind: layer.classes[i], values: values[i], name_en: latin(layer.english, i), reading: latin(layer.readings, i) }));
      layer.drawn = rows;
      const own = draw(rows, (row) => ({
        // What is not filled shows its class by its line.
        color: row.kind < 0 || layer.filled ? layer.colour : layer.legend[row.kind].colour, weight: layer.filled ? 1.4 : 2.2, fill: layer.filled, fillOpacity: 0.5, interactive: false,
        fillColor: row.kind < 0 ? layer.colour : layer.legend[row.kind].colour,
      }));
      // A line of any colour is seen on a zone of any colour by the white beneath it.
      const white = () => ({ color: "#fff", weight: 4.6, fill: false, interactive: false });
      drawn[layer.code] = layer.filled ? own : L.layerGroup([draw(rows, white), own]);
    }
    return drawn;
  };

  // Entries of the legend for the layers that are switched on.
  Z.givenLegend = () => Z.plan.given_layers.filter((layer) => Z.state.overlays.has(layer.code)).flatMap((layer) => {
    const name = Z.say(layer.label);
    if (!layer.legend.length) return [{ colour: layer.colour, label: name, line: !layer.filled }];
    return layer.legend.map((e) => ({ colour: e.colour, label: name + " · " + Z.say(e.label), line: !layer.filled }));
  });

  // The features of the layers given that hold a point, for the layers that are switched on.
  Z.givenAt = (lat, lng) => Z.plan.given_layers.filter((layer) => Z.state.overlays.has(layer.code) && layer.columns.length)
    .flatMap((layer) => Z.featuresAt({ rows: layer.drawn }, lat, lng).map((row) => ({ layer, row })));

  const columnOf = (layer, name) => layer.columns.findIndex((c) => c.name === name);

  Z.givenName = function ({ layer, row }) {
    if (Z.state.lang === "en" && row.name_en) return row.name_en;
    const own = ["name", "code"].map((c) => columnOf(layer, c)).find((k) => k >= 0 && row.values[k]);
    return own === undefined ? Z.say(layer.label) : text(row.values[own]);
  };

  // Cards of a wing about the features of its layer: the place "park" is a feature of "parks".
  function cardsAbout({ layer, row }) {
    const k = columnOf(layer, "code");
    const key = layer.keys ? layer.keys[row.at] : k < 0 ? null : row.values[k];
    return Z.sides[0].plan.given.cards.filter((given) => given.place + "s" === layer.code && given.rows[key]).map((given) => [given, key]);
  }

  Z.givenAbout = (hit) => cardsAbout(hit).map(([given, key]) => card(given, key));

  // What the layer itself says of a feature, but what its cards say already.
  Z.givenRows = function (hit) {
    const { layer, row } = hit;
    const said = new Set(cardsAbout(hit).flatMap(([given]) => given.names || []));
    const title = Z.givenName(hit);
    return layer.columns.map((c, k) => row.values[k] !== null && !said.has(c.name) && text(row.values[k]) !== title && [Z.say(c), text(row.values[k])]);
  };

  Z.cellText = (cell) => text(cell);

  const text = (cell) => (cell === null ? "–" : typeof cell === "object" ? Z.say(cell) : cell);

  // How a row came about, every term with number, unit and source; unpacked when it is asked for.
  function terms(card, key) {
    if (!card.terms) return Z.el("p", { class: "zn-soft" }, Z.t("terms_out"));
    const body = Z.el("pre", { class: "zn-terms" });
    const show = async () => {
      card.told = card.told || Z.numbers(card.terms);
      const lines = (await card.told)[key];
      body.textContent = lines ? lines[Z.state.lang === "zh" ? 0 : 1].join("\n") : "–";
    };
    return Z.el("details", { ontoggle: (event) => event.target.open && show() }, Z.el("summary", null, Z.t("terms")), body);
  }

  function card(given, code) {
    const rows = given.rows[code];
    return [
      Z.el("h3", null, Z.say(given.title)),
      given.left_out ? Z.el("p", { class: "zn-soft" }, Z.say(given.left_out)) : rows.map((row, n) => [
        Z.el("dl", { class: "zn-pairs" }, row.map((cell, k) => [Z.el("dt", null, Z.say(given.columns[k])), Z.el("dd", null, text(cell))])),
        given.keys ? terms(given, given.keys[code][n]) : null]),
    ];
  }

  // What was given about a unit: rows about itself, and about the places that it lies in.
  Z.givenCards = (plan, grid, i) => plan.given.cards.map((given) => {
    if (given.left_out) return card(given);
    const code = given.place === "unit" ? grid.code(i) : grid.columns[given.place] ? grid.value(i, given.place) : null;
    return given.rows[code] ? card(given, code) : null;
  });

  // What was given about a county or township, and not about its units one by one.
  Z.givenOn = (plan, place, code) => plan.given.cards.filter((given) => given.place === place && given.rows[code]).map((given) => card(given, code));
})(Zoning);
