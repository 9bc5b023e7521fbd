// From a theme to a class for every unit, and to the entries of the legend.
"use strict";

(function (Z) {
  const MISSING = 255;
  const percent = (x) => Z.number(x * 100, Number.isInteger(Math.round(x * 1e6) / 1e4) ? 0 : 1);

  function zoneClasses(grid, plan) {
    const column = grid.columns.zone;
    const entries = plan.zones.map((z) => ({
      colour: z.colour,
      label: () => (Z.state.lang === "zh" ? z.name_zh : z.name_en),
    }));
    const order = column.labels.map((code) => plan.zones.findIndex((z) => z.code === code));
    const classes = new Uint8Array(grid.count);
    for (let i = 0; i < grid.count; i++) {
      const at = column.values[i] === column.missing ? -1 : order[column.values[i]];
      classes[i] = at < 0 ? MISSING : at;
    }
    return { classes, entries };
  }

  function rangeLabel(theme, k) {
    if (k === theme.colours.length - 1) return "> " + percent(theme.breaks[k]) + "%";
    return percent(theme.breaks[k]) + "–" + percent(theme.breaks[k + 1]) + "%";
  }

  function valueClasses(grid, theme) {
    const part = grid.columns[theme.part];
    const whole = theme.whole ? grid.columns[theme.whole] : null;
    const zero = theme.zero ? 1 : 0;
    const last = theme.colours.length - 1;
    const classes = new Uint8Array(grid.count);
    for (let i = 0; i < grid.count; i++) {
      const a = part.values[i];
      const b = whole ? whole.values[i] * whole.step : 1;
      if (a === part.missing || b === 0 || (whole && whole.values[i] === whole.missing)) {
        classes[i] = MISSING;
        continue;
      }
      const share = (a * part.step) / b;
      let k = 0;
      while (k < last && share > theme.breaks[k + 1] + 1e-9) k++;
      classes[i] = zero && a === 0 ? 0 : k + zero;
    }
    const entries = theme.colours.map((colour, k) => ({ colour, label: () => rangeLabel(theme, k) }));
    if (zero) entries.unshift({ colour: theme.zero, label: () => Z.t("none") });
    return { classes, entries };
  }

  // A plan with a boundary only still shows its units.
  const plain = (grid) => ({ classes: new Uint8Array(grid.count), entries: [{ colour: "#cfd8d6", label: () => Z.t("unit") }] });

  Z.classify = function (grid, theme, plan) {
    if (grid.classify) return grid.classify(theme, plan);
    if (!theme) return plain(grid);
    const made = theme.given ? Z.givenClasses(plan, theme)
      : theme.code === "zones" ? zoneClasses(grid, plan) : valueClasses(grid, theme);
    made.anyMissing = made.classes.includes(MISSING);
    return made;
  };

  // The value of a theme in one unit, in words.
  Z.themeValue = function (grid, theme, i, plan) {
    if (theme.given) return Z.givenValue(plan, theme, i);
    if (theme.code === "zones") return Z.zone(grid.value(i, "zone"), plan).label;
    const part = grid.value(i, theme.part);
    const whole = theme.whole ? grid.value(i, theme.whole) : 1;
    return part === null || !whole ? Z.t("missing") : Z.percent(part / whole);
  };

  // The class of one unit, as it is drawn.
  Z.kindOf = (one, i) => (one.grid.kind ? one.grid.kind(i, one.classed) : one.classed.classes[i]);

  Z.MISSING = MISSING;
})(Zoning);
