// The list of runs: search, filters, order, pages. Its state is in the address.

const PAGE = 50;
const FILTERS = ["task", "optimizer", "llm", "seed", "status"];
const COLUMNS = [
  ["status", "status", (r) => r.status], ["run", "run", (r) => `${r.task} ${r.label}`], ["seed", "seed", (r) => r.seed],
  ["final", "final", (r) => sortable(r.final, r)], ["best", "best", (r) => sortable(r.best, r)], ["", "scores", null],
  ["updates", "updates", (r) => r.scores.length], ["calls", "LLM calls", (r) => r.calls], ["seconds", "time", (r) => r.seconds],
];

function sortable(value, run) {
  if (typeof value === "number") return value;
  return run.lower ? Infinity : -Infinity;
}

function runsPage(query) {
  const list = h("div", { id: "list" });
  const form = h("form", { class: "filters", role: "search", onsubmit: (event) => event.preventDefault() },
    h("label", { class: "search" }, "Search", h("input", {
      id: "search", type: "search", placeholder: "name, label, error", value: query.get("q") || "", autocomplete: "off",
      oninput: (event) => change({ q: event.target.value }),
    })),
    FILTERS.map((name) => h("label", {}, name === "llm" ? "LLM" : name,
      h("select", { id: `filter-${name}`, onchange: (event) => change({ [name]: event.target.value }) }, options(name, query.get(name) || "")))),
    h("button", { type: "button", id: "reset", onclick: () => { location.hash = "#/runs"; } }, "Reset"));
  function change(parts) {
    for (const [key, value] of Object.entries({ page: "", ...parts })) value ? query.set(key, value) : query.delete(key);
    history.replaceState(null, "", `#/runs?${query}`);
    draw();
  }
  function draw() { keepFocus(() => list.replaceChildren(...runList(query, change))); }
  draw();
  return h("div", {}, h("h1", {}, "Runs"), form, list);
}

function valueOf(run, name) {
  return name === "llm" ? run.llm || "none" : String(run[name]);
}

function options(name, value) {
  const found = {};
  for (const run of data.overview.runs) found[valueOf(run, name)] = (found[valueOf(run, name)] || 0) + 1;
  const names = Object.keys(found).sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  if (value && !found[value]) names.push(value);
  return [h("option", { value: "" }, "all"),
    names.map((each) => h("option", { value: each, selected: each === value }, `${each} (${found[each] || 0})`))];
}

function matching(query) {
  const words = (query.get("q") || "").toLowerCase().split(/\s+/).filter(Boolean);
  const found = data.overview.runs.filter((run) => {
    if (FILTERS.some((name) => query.get(name) && valueOf(run, name) !== query.get(name))) return false;
    const text = `${run.id} ${run.task} ${run.label} ${run.error || ""} ${run.problem || ""}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const order = query.get("order") || "";
  const column = COLUMNS.find(([name]) => name && name === order.replace("-", ""));
  if (!column) return found;
  const sign = order.startsWith("-") ? -1 : 1, key = column[2];
  return [...found].sort((a, b) => {
    const x = key(a), y = key(b);
    return sign * (typeof x === "string" ? x.localeCompare(y) : x - y || 0);
  });
}

function runList(query, change) {
  const found = matching(query);
  const pages = Math.max(1, Math.ceil(found.length / PAGE));
  const page = Math.min(pages, Math.max(1, Number(query.get("page")) || 1));
  const rows = found.slice((page - 1) * PAGE, page * PAGE);
  const order = query.get("order") || "";
  const head = COLUMNS.map(([name, title]) => h("th", {
    scope: "col", class: ["status", "run", ""].includes(name) ? null : "number",
    "aria-sort": order === name && name ? "ascending" : order === `-${name}` && name ? "descending" : null,
  }, name ? h("button", { type: "button", id: `order-${name}`, onclick: () => change({ order: order === name ? `-${name}` : name }) }, title) : title));
  return [
    h("p", { class: "muted", "aria-live": "polite", id: "found" }, `${found.length} of ${data.overview.runs.length} runs`),
    h("div", { class: "scroll" }, h("table", { class: "runs" }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows.map(runRow)))),
    pages > 1 && pager(page, pages, (k) => { change({ page: k > 1 ? String(k) : "", q: query.get("q") || "" }); }),
  ].filter(Boolean);
}

function runRow(run) {
  return h("tr", {},
    h("td", {}, chip(run)),
    h("td", {}, h("a", { href: runLink(run.id) }, h("b", {}, run.task), ` ${run.label}`),
      (run.error || run.problem) && h("div", { class: "error-line" }, oneLine(run.problem || run.error, 110))),
    h("td", { class: "number" }, run.seed), h("td", { class: "number" }, number(run.final)), h("td", { class: "number" }, number(run.best)),
    h("td", {}, sparkline(run.scores, run.lower)),
    h("td", { class: "number" }, `${Math.max(0, run.scores.length - 1)}/${run.of === null ? "?" : run.of}`),
    h("td", { class: "number" }, run.llm ? count(run.calls) : "-"), h("td", { class: "number" }, duration(run.seconds)));
}

function chip(run) {
  return h("span", { class: `chip ${run.problem ? "damaged" : run.status}` }, run.problem ? "damaged" : run.status, run.mock && h("em", {}, " mock"));
}

function runLink(id, step) {
  return `#/run/${encodeURIComponent(id)}${step === undefined ? "" : `/step/${step}`}`;
}

function pager(page, pages, go) {
  const button = (k, text, name) => h("button", { type: "button", id: `page-${name}`, disabled: k < 1 || k > pages, onclick: () => go(k) }, text);
  return h("nav", { class: "pager", "aria-label": "pages" }, button(page - 1, "← previous", "previous"),
    h("span", {}, `page ${page} of ${pages}`), button(page + 1, "next →", "next"));
}
