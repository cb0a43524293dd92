// One step: its trace, what the LLM was shown and said, and what that changed.

function stepPage(id, iteration) {
  const run = data.overview.runs.find((each) => each.id === id);
  if (!run) return h("p", { role: "alert" }, `There is no run ${id} here.`);
  const body = h("div", {}, h("p", { class: "muted" }, "Loading…"));
  load(id).then((details) => body.replaceChildren(...stepBody(run, details, iteration)), (error) => body.replaceChildren(failure(error)));
  return h("div", {}, runHead(run, iteration), body);
}

function stepBody(run, details, iteration) {
  const { steps, record } = details;
  const row = steps.find((each) => each.iteration === iteration);
  if (!row) return [h("p", { role: "alert" }, `This run has no step ${iteration}; it has 0 to ${steps.length - 1}.`)];
  const next = steps.find((each) => each.iteration === iteration + 1);
  const link = (k, text, key) => steps.some((each) => each.iteration === k)
    ? h("a", { class: "button", id: key, href: runLink(run.id, k) }, text) : h("span", { class: "button off" }, text);
  return [
    h("nav", { class: "pager top", "aria-label": "steps" }, link(iteration - 1, "← previous", "step-previous"),
      h("span", {}, `step ${iteration} of ${steps.length - 1}`), link(iteration + 1, "next →", "step-next")),
    h("div", { class: "facts" }, [
      ["score", number(scoreOf(record, row))], ...Object.entries(row.metrics).map(([name, v]) => [name, number(v)]),
      ["LLM calls", row.llm.calls ? `${row.llm.calls}${row.llm.cached ? ` (${row.llm.cached} from the record)` : ""}` : "none"],
      ["time", duration(row.seconds)],
    ].map(([name, v]) => h("div", {}, h("dt", {}, name), h("dd", {}, v)))),
    row.error && h("p", { role: "alert", class: "error-line" }, row.error),
    h("section", { class: "card" }, h("h2", {}, "Feedback"), h("pre", { class: "feedback" }, row.feedback || "(none)")),
    h("section", { class: "card" }, h("h2", {}, "What changed"), changesView(row, next)),
    h("section", { class: "card" }, h("h2", {}, "Trace"), traceView(details.traces, iteration)),
    exchangesView(row),
    Object.keys(row.update).length > 0 && h("section", { class: "card" }, h("h2", {}, "Update"), updateView(row.update)),
  ].filter(Boolean);
}

function changesView(row, next) {
  const names = Object.keys(row.parameters);
  if (!next) {
    return h("div", {}, h("p", { class: "muted" }, "The last step: nothing is changed after it. Its parameters:"),
      names.map((name) => h("div", { class: "parameter" }, h("h3", {}, name), h("pre", {}, plain(row.parameters[name])))));
  }
  const changed = names.filter((name) => plain(row.parameters[name]) !== plain(next.parameters[name]));
  const same = names.filter((name) => !changed.includes(name));
  return h("div", {},
    !changed.length && h("p", { class: "muted" }, "No parameter was changed."),
    changed.map((name) => h("div", { class: "parameter" }, h("h3", {}, name), diffView(plain(row.parameters[name]), plain(next.parameters[name])))),
    same.length > 0 && fold("unchanged", `${same.length} unchanged`, () => h("div", {}, same.map((name) =>
      h("div", { class: "parameter" }, h("h3", {}, name), h("pre", {}, plain(row.parameters[name])))))));
}

// The drawing has a mark where each value belongs: see step_pictures.py.
function traceView(traces, iteration) {
  const found = traces.steps[iteration];
  if (!found) return h("p", { class: "muted" }, "No trace was kept of this step.");
  const [place, values] = found;
  const picture = new DOMParser().parseFromString(traces.drawings[place], "image/svg+xml").documentElement;
  for (const text of picture.querySelectorAll("text")) {
    const mark = /^\ue000(\d+)\ue001/.exec(text.textContent);
    if (mark) text.textContent = values[Number(mark[1])];
  }
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", "the trace of this step");
  const width = picture.getAttribute("width");
  const box = h("div", { class: "trace scroll", tabindex: 0, role: "region", "aria-label": "trace" }, document.importNode(picture, true));
  box.firstChild.style.width = `clamp(${0.65 * width}px, 100%, ${width}px)`; // smaller could not be read
  return h("div", {}, box, h("p", { class: "note" },
    "Solid: the minimal subgraph, which connects parameters (thick, orange) with the output (double outline). Dashed: what else it was computed from."));
}

function exchangesView(row) {
  const exchanges = row.llm.exchanges;
  if (!exchanges.length) return null;
  return h("section", { class: "card" }, h("h2", {}, exchanges.length > 1 ? `LLM, ${exchanges.length} exchanges` : "LLM"),
    exchanges.map((exchange, k) => h("div", { class: "exchange" },
      h("p", { class: "muted" }, `${exchange.llm}${exchange.reply.cached ? ", from the record" : ""}: `,
        `${count(exchange.reply.usage.prompt_tokens)} + ${count(exchange.reply.usage.completion_tokens)} tokens, ${duration(exchange.reply.seconds)}`),
      exchange.request.messages.map((message) => fold(`${message.role}-${k}`, `It was shown, as ${message.role}`,
        () => promptView(message.content), message.role === "user" && exchanges.length === 1)),
      fold(`reply-${k}`, "It replied", () => h("pre", {}, pretty(exchange.reply.text)), exchanges.length === 1))));
}

// The sections of a report (#Code, #Feedback, …) as headings.
function promptView(text) {
  return h("pre", { class: "prompt" }, text.split("\n").map((line) =>
    /^#[A-Z]\w+$/.test(line.trim()) ? h("b", {}, `${line}\n`) : `${line}\n`));
}

function pretty(text) {
  try { return readable(JSON.parse(text)); } catch { return text; }
}

function readable(anything) {
  return JSON.stringify(anything, null, 2).replace(/\\n/g, "\n").replace(/\\"/g, '"');
}

function updateView(update) {
  return h("dl", { class: "update" }, Object.entries(update).map(([name, v]) => [h("dt", {}, name.replace("_", " ")),
    h("dd", {}, typeof v === "string" ? h("p", {}, v || "-") : h("pre", {}, readable(v)))]));
}
