// One run: what it is, how it went, its steps.

const STEPS_A_PAGE = 100;

function runPage(id, query) {
  const run = data.overview.runs.find((each) => each.id === id);
  if (!run) return h("p", { role: "alert" }, `There is no run ${id} here.`);
  const body = h("div", {}, h("p", { class: "muted" }, "Loading…"));
  load(id).then((details) => body.replaceChildren(...runBody(run, details, query)), (error) => body.replaceChildren(failure(error)));
  return h("div", {}, runHead(run), body);
}

function failure(error) {
  return h("p", { role: "alert", class: "error-line" }, error.message);
}

function runHead(run, step) {
  return h("header", { class: "run-head" },
    h("p", { class: "crumbs" }, h("a", { href: "#/runs" }, "Runs"), " / ",
      step === undefined ? h("span", {}, run.id) : [h("a", { href: runLink(run.id) }, run.id), ` / step ${step}`]),
    h("h1", {}, run.task, " ", h("span", { class: "soft" }, run.label), " ", chip(run)));
}

function runBody(run, details, query) {
  const { record, steps } = details;
  const scores = steps.map((row) => [row.iteration, scoreOf(record, row)]).filter(([, v]) => typeof v === "number");
  return [
    run.problem && h("p", { role: "alert", class: "error-line" }, run.problem),
    record.error && h("p", { role: "alert", class: "error-line" }, record.error),
    h("div", { class: "facts" }, facts(run, record).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
    scores.length > 1 && h("section", { class: "card" }, h("h2", {}, "Score"), fitted(() => ({
      scale: { kind: "linear", from_zero: false, threshold: 0 }, whole: true, xLabel: "iteration (number of updates)", xName: "iteration",
      yLabel: oneLine(record.metric, 60), label: `score at each iteration; Enter opens the step`, mock: record.mock,
      lines: [{ label: "score", colour: 0, points: scores.map(([k, v]) => [k, v, null, null]) }],
      onpick: (k) => { location.hash = runLink(run.id, k); },
    })), h("p", { class: "note" }, `${record.metric}; ${record.lower_is_better ? "lower" : "higher"} is better. A click opens a step.`)),
    stepList(run, details, query),
    h("section", { class: "card" }, h("h2", {}, "How it was made"),
      fold("config", "Configuration", () => table(["setting", "value"], settings(record.config), { text: [0, 1], label: "configuration" }), true),
      fold("versions", "Versions and source", () => table(["package", "version"], versions(record), { text: [0, 1], label: "versions" })),
      fold("ledger", "Ledger", () => table(["what", "how much"], ledger(record.ledger), { label: "ledger" })),
      details.traceback && fold("traceback", "Traceback", () => h("pre", {}, details.traceback), true)),
  ].filter(Boolean);
}

function scoreOf(record, row) {
  return record.judged_by ? row.metrics[record.judged_by] : row.score;
}

function facts(run, record) {
  const used = record.ledger;
  const held = Object.entries(record.metrics.held_out || {}).slice(0, 6).map(([name, value]) => [name, number(value)]);
  return [
    ["optimizer", record.optimizer], ["LLM", record.llm ? `${record.llm}${record.mock ? " (a mock, not a model)" : ""}` : "none"], ["seed", record.seed],
    ["final", number(record.metrics.final)], ["best", number(record.metrics.best)], ["calibrated", number(record.metrics.calibrated)], ...held,
    ["ended by", record.stop_reason || "-"], ["LLM calls", count(used.calls)],
    ["tokens", used.prompt_tokens === null || used.completion_tokens === null ? "unknown" : `${count(used.prompt_tokens)} + ${count(used.completion_tokens)}`],
    ["money", money(used.usd)], ["time", duration(run.seconds)], ["sandbox", record.sandbox || "-"],
  ].filter(([, value]) => value !== "-");
}

function settings(config) {
  return Object.entries(config).flatMap(([group, values]) =>
    values && typeof values === "object" && !Array.isArray(values)
      ? Object.entries(values).map(([key, value]) => [`${group}.${key}`, plain(value)])
      : [[group, plain(values)]]);
}

function versions(record) {
  const git = record.git ? [["commit", `${record.git.commit}${record.git.dirty ? " with changes" : ""}`]] : [];
  return [...git, ...Object.entries(record.versions), ["started", record.started], ["finished", record.finished || "-"]];
}

function ledger(used) {
  return Object.entries(used).map(([name, amount]) => [name.replace("_", " "), amount === null ? "unknown" : number(amount)]);
}

function stepList(run, details, query) {
  const { steps, record } = details;
  if (!steps.length) return h("p", { class: "muted" }, "No step has been recorded.");
  const pages = Math.ceil(steps.length / STEPS_A_PAGE);
  const page = Math.min(pages, Math.max(1, Number(query.get("page")) || 1));
  const rows = steps.slice((page - 1) * STEPS_A_PAGE, page * STEPS_A_PAGE);
  const held = [...new Set(rows.flatMap((row) => Object.keys(row.metrics)))].slice(0, 3);
  const withLLM = steps.some((row) => row.llm.calls);
  return h("section", { class: "card" }, h("h2", {}, "Steps"),
    h("div", { class: "scroll" }, h("table", {},
      h("thead", {}, h("tr", {}, ["iteration", "score", ...held].map((c) => h("th", { scope: "col", class: "number" }, c)),
        h("th", { scope: "col" }, "parameters"), h("th", { scope: "col" }, "feedback"), withLLM && h("th", { scope: "col", class: "number" }, "calls"))),
      h("tbody", {}, rows.map((row) => h("tr", {},
        h("td", { class: "number" }, h("a", { href: runLink(run.id, row.iteration) }, row.iteration)),
        h("td", { class: "number" }, number(scoreOf(record, row))), held.map((name) => h("td", { class: "number" }, number(row.metrics[name]))),
        h("td", { class: "code" }, oneLine(Object.entries(row.parameters).map(([k, v]) => `${k} = ${typeof v === "string" ? v : JSON.stringify(v)}`).join(", "), 70)),
        h("td", { class: row.error ? "error-line" : null }, oneLine(row.feedback, 90)), withLLM && h("td", { class: "number" }, row.llm.calls)))))),
    pages > 1 && pager(page, pages, (k) => { location.hash = `${runLink(run.id)}?page=${k}`; }));
}
