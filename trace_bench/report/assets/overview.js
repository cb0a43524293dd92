// The first page: what to beware of, every figure with its table, methods over all tasks.

const chosen = new Map(); // what was chosen in an exhibit, kept while the page is drawn anew

function overviewPage() {
  const { notices, exhibits, across, pictures, runs, folder, made, version } = data.overview;
  const tally = countBy(runs, "status");
  return h("div", {},
    h("section", { class: "lead" },
      h("h1", {}, folder),
      h("p", { class: "muted" }, `${runs.length} runs: ${Object.entries(tally).map(([k, n]) => `${n} ${k}`).join(", ")}. `,
        `Written ${made.replace("T", " ").replace("+00:00", " UTC")} by trace-bench ${version}.`)),
    noticeList(notices),
    exhibits.length > 1 && h("nav", { class: "contents", "aria-label": "figures and tables" },
      exhibits.map((e) => h("a", { href: `#/at/${encodeURIComponent(e.name)}` }, e.name))),
    exhibits.map(exhibitView),
    across.length > 0 && h("section", { class: "card" }, h("h2", {}, "Over several tasks"),
      h("p", { class: "title" }, "Methods that were run on the same tasks, by calibrated scores: 0 is the task's reference policy, 1 is solved."),
      across.map((a, k) => fold(`across-${a.tasks.join()}`, `${a.tasks.length} tasks, ${a.methods.length} methods: ${a.tasks.join(", ")}`, () => acrossView(a), k === 0))),
    pictures.map(pictureView));
}

function countBy(items, key) {
  const found = {};
  for (const item of items) found[item[key]] = (found[item[key]] || 0) + 1;
  return found;
}

function noticeList(notices) {
  if (!notices.length) return null;
  const some = notices.slice(0, 8), rest = notices.slice(8);
  const line = (n) => h("li", { class: n.kind.replace(" ", "-") }, h("b", {}, n.kind), h("span", {}, n.text));
  return h("section", { class: "notices", "aria-label": "what to beware of" }, h("ul", {}, some.map(line)),
    rest.length > 0 && fold("notices", `${rest.length} more`, () => h("ul", {}, rest.map(line))));
}

function exhibitView(e) {
  const card = h("section", { class: "card exhibit", id: `at-${e.name}` }, h("h2", {}, e.name), h("p", { class: "title" }, e.title));
  const body = h("div", {});
  const draw = () => keepFocus(() => body.replaceChildren(...exhibitBody(e, draw)));
  body.replaceChildren(...exhibitBody(e, draw));
  card.append(body);
  return card;
}

function exhibitBody(e, draw) {
  const parts = [];
  if (e.axes.length) parts.push(...figure(e, draw));
  else if (e.task) parts.push(h("p", { class: "muted" }, "No run of this is finished yet: there is nothing to draw."));
  for (const [k, t] of e.tables.entries()) {
    parts.push(table(t.columns, t.rows, { label: `${e.name}, table ${k + 1}` }), h("p", { class: "note" }, t.note));
  }
  if (e.pairs) {
    parts.push(fold(`pairs-${e.name}`, "Problem by problem: which method is better, and how sure that is", () => h("div", {},
      table(e.pairs.columns, e.pairs.rows, { label: `${e.name}, paired`, text: [0, 7] }), h("p", { class: "note" }, e.pairs.note))));
  }
  return parts;
}

function figure(e, draw) {
  const state = chosen.get(e.name) || { axis: e.axes[0].name, statistic: "mean", hidden: new Set() };
  chosen.set(e.name, state);
  const axis = e.axes.find((a) => a.name === state.axis) || e.axes[0];
  const shown = axis.statistics.find((each) => each.name === state.statistic) || axis.statistics[0];
  const pick = (key) => (value) => { state[key] = value; draw(); };
  const lines = shown.lines.map((points, k) => ({
    label: e.legend[k].label, short: e.legend[k].label.split(": n = ")[0], colour: k, dotted: e.legend[k].mock,
    points: state.hidden.has(k) ? [] : points,
  }));
  const papers = shown.papers.map((p) => ({ label: p.method, colour: p.like, points: p.points }));
  const names = { iterations: "iterations", calls: "LLM calls", tokens: "tokens", usd: "money", seconds: "seconds" };
  return [
    h("div", { class: "choices" },
      choice(`statistic-${e.name}`, "Statistic", axis.statistics.map((each) => [each.name, each.title]), shown.name, pick("statistic")),
      e.axes.length > 1 && choice(`axis-${e.name}`, "Against", e.axes.map((a) => [a.name, names[a.name] || a.name]), axis.name, pick("axis"))),
    fitted(() => ({
      scale: shown.scale, lines, papers, mock: e.mock, whole: axis.whole, xLabel: axis.label, xName: axis.name === "iterations" ? "iteration" : axis.name,
      yLabel: oneLine(e.unit, 60), label: `${shown.title} of ${e.unit} against ${axis.label}, for ${lines.length} methods`,
    })),
    h("ul", { class: "legend" },
      e.legend.map((entry, k) => h("li", {}, h("button", {
        type: "button", id: `legend-${e.name}-${k}`, "aria-pressed": String(!state.hidden.has(k)), disabled: !shown.lines[k].length,
        onclick: () => { state.hidden.has(k) ? state.hidden.delete(k) : state.hidden.add(k); draw(); },
      }, s("svg", { viewBox: "0 0 26 10", width: 26, height: 10, "aria-hidden": true },
        s("line", { class: `line c${k % COLOURS}${entry.mock ? " dotted" : ""}`, x1: 0, x2: 26, y1: 5, y2: 5 }),
        s("path", { class: `mark c${k % COLOURS}`, d: MARKERS[k % MARKERS.length](13, 5, 3.2) })), entry.label))),
      papers.filter((p) => p.colour === null).map((p) => h("li", { class: "paper-name" }, `the paper's ${p.label}, not run here (dashed, grey)`)),
      papers.some((p) => p.colour !== null) && h("li", { class: "paper-name" }, "dashed: the paper's means, in the colour of our line of that method")),
    h("p", { class: "note" }, e.caption),
    fold(`numbers-${e.name}`, "Numbers of this figure", () => numbers(lines, axis, shown)),
  ];
}

function numbers(lines, axis, shown) {
  const rows = lines.flatMap((line) => line.points.map((p) => [
    line.short, number(p[0]), number(p[1]), p[2] === null || p[2] === undefined ? "-" : `[${number(p[2])}, ${number(p[3])}]`]));
  return table(["method", axis.name, shown.title.toLowerCase(), "95 % interval"], rows, { label: "numbers" });
}

function acrossView(a) {
  const letter = (k) => String.fromCharCode(65 + k);
  const labels = a.methods.map((m) => m.label);
  const rows = a.methods.map((m, k) => [`${letter(k)}  ${m.label}`, m.n, m.iqm, ...labels.map((l) => (l === m.label ? "" : m.better[l] || "-"))]);
  const lines = a.methods.map((m, k) => ({ label: m.label, colour: k, dotted: m.mock, points: a.thresholds.map((t, i) => [t, m.profile[i], null, null]) }));
  return h("div", {},
    fitted(() => ({
      scale: { kind: "linear", from_zero: true, threshold: 0 }, lines, mock: a.methods.some((m) => m.mock), xLabel: "calibrated score τ",
      xName: "τ =", yLabel: "share of runs above τ", label: "performance profiles",
    })),
    h("ul", { class: "legend" }, lines.map((l, k) => h("li", {}, h("i", { class: `swatch c${k % COLOURS}` }), l.label))),
    table(["method", "runs", "IQM", ...labels.map((_, k) => `better than ${letter(k)}`)], rows, { label: "over tasks" }),
    h("p", { class: "note" }, "IQM: interquartile mean over the runs of all tasks, ",
      "with its 95 % stratified bootstrap interval. The others: probability of being better on a problem, averaged over tasks, ties counting half. ",
      "Runs that failed are below every score."));
}

function pictureView(p) {
  return h("section", { class: "card exhibit", id: `at-${p.name}` }, h("h2", {}, p.name), h("p", { class: "title" }, p.title),
    h("img", { class: "picture", src: p.svg, alt: p.title }),
    p.table && table(p.table[0], p.table.slice(1), { label: p.name }));
}
