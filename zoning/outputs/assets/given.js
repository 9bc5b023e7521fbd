// What others than the plan itself gave: themes of units, layers, lines on the card of a unit.
"use strict";

(function (Z) {
  // The class of every unit in every theme that was given.
  Z.loadGiven = async function (packed) {
    const classes = {};
    for (const name of Object.keys(packed.classes)) classes[name] = await Z.numbers(packed.classes[name]);
    return { classes, cards: packed.cards };
  };

  Z.givenClasses = function (plan, theme) {
    return {
      classes: plan.given.classes[theme.code],
      entries: theme.given.map((e) => ({ colour: e.colour, label: () => Z.say(e.label) })),
    };
  };

  Z.givenValue = function (plan, theme, i) {
    const k = plan.given.classes[theme.code][i];
    return k === Z.MISSING ? Z.t("missing") : Z.say(theme.given[k].label);
  };

  Z.drawGiven = async function (draw) {
    const drawn = {};
    for (const layer of Z.plan.given_layers) {
      const shapes = await Z.shapes(layer.shapes);
      const values = layer.rows ? await Z.numbers(layer.rows) : [];
      const rows = shapes.map((shape, i) => ({ shape, kind: layer.classes[i], values: values[i] }));
      layer.drawn = rows;
      drawn[layer.code] = draw(rows, (row) => ({
        color: layer.colour, weight: 1.4, fill: layer.filled, fillOpacity: 0.5, interactive: false,
        fillColor: row.kind < 0 ? layer.colour : layer.legend[row.kind].colour,
      }));
    }
    return drawn;
  };

  // Entries of the legend for the layers that are switched on.
  Z.givenLegend = () => Z.plan.given_layers.filter((layer) => Z.state.overlays.has(layer.code)).flatMap((layer) => {
    const name = Z.say(layer.label);
    if (!layer.legend.length) return [{ colour: layer.colour, label: name }];
    return layer.legend.map((e) => ({ colour: e.colour, label: name + " · " + Z.say(e.label) }));
  });

  // The features of the layers given that hold a point, for the layers that are switched on.
  Z.givenAt = (lat, lng) => Z.plan.given_layers.filter((layer) => Z.state.overlays.has(layer.code) && layer.columns.length)
    .flatMap((layer) => Z.featuresAt({ rows: layer.drawn }, lat, lng).map((row) => ({ layer, row })));

  const columnOf = (layer, name) => layer.columns.findIndex((c) => c.name === name);

  Z.givenName = function ({ layer, row }) {
    const own = ["name", "code"].map((c) => columnOf(layer, c)).find((k) => k >= 0 && row.values[k]);
    return own === undefined ? Z.say(layer.label) : text(row.values[own]);
  };

  Z.givenRows = ({ layer, row }) => layer.columns.map((c, k) => row.values[k] !== null && [Z.say(c), text(row.values[k])]);

  const text = (cell) => (cell === null ? "–" : typeof cell === "object" ? Z.say(cell) : cell);

  Z.givenCards = (plan, code) => plan.given.cards.filter((card) => card.left_out || card.rows[code]).map((card) => [
    Z.el("h3", null, Z.say(card.title)),
    card.left_out ? Z.el("p", { class: "zn-soft" }, Z.say(card.left_out)) : card.rows[code].map((row) => Z.el("dl", { class: "zn-pairs" }, row.map((cell, k) => [
      Z.el("dt", null, Z.say(card.columns[k])), Z.el("dd", null, text(cell))]))),
  ]);
})(Zoning);
