// Which page is shown, what was loaded, keys, and looking for changes while runs go on.

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const data = { overview: read("overview"), settings: read("settings") };
const main = document.getElementById("main");
const waiting = new Map(), loaded = new Map();

window.traceBench = { receive: (id, details) => { loaded.set(id, details); } };

// A run's data: in the page, or beside it as a script, for a page on a disk may fetch nothing.
function load(id) {
  if (loaded.has(id)) return Promise.resolve(loaded.get(id));
  const own = document.querySelector(`script[data-run="${CSS.escape(id)}"]`);
  if (own) { loaded.set(id, JSON.parse(own.textContent)); return Promise.resolve(loaded.get(id)); }
  if (!waiting.has(id)) waiting.set(id, fromBeside(id).finally(() => waiting.delete(id)));
  return waiting.get(id);
}

function fromBeside(id) {
  const path = `${data.settings.data}/${id.replace(/[^\w.-]/g, "_")}.js`;
  return new Promise((resolve, reject) => {
    const script = h("script", { src: data.settings.live ? `${path}?${Date.now()}` : path });
    script.onload = () => { script.remove(); loaded.has(id) ? resolve(loaded.get(id)) : reject(new Error(`${path} holds another run.`)); };
    script.onerror = () => { script.remove(); reject(new Error(`${path} can't be read. The page and its folder must stay together.`)); };
    document.head.append(script);
  });
}

function route() {
  const [path, query] = location.hash.replace(/^#/, "").split("?");
  const parts = path.split("/").filter(Boolean).map(decodeURIComponent);
  return { parts, query: new URLSearchParams(query) };
}

function page() {
  const { parts: [kind, id, , step], query } = route();
  if (kind === "runs") return [runsPage(query), "Runs"];
  if (kind === "run" && step !== undefined) return [stepPage(id, Number(step)), `${id}, step ${step}`];
  if (kind === "run") return [runPage(id, query), id];
  return [overviewPage(), "Results"];
}

function show() {
  const [content, title] = page();
  main.replaceChildren(content);
  document.title = `${title} · trace-bench`;
  const here = route().parts[0] === "runs" || route().parts[0] === "run" ? "runs" : "results";
  for (const link of document.querySelectorAll("header.bar nav a")) {
    link.toggleAttribute("aria-current", link.dataset.page === here);
  }
  document.getElementById("run-count").textContent = data.overview.runs.length;
}

function arrive() {
  show();
  const { parts: [kind, id] } = route();
  const target = kind === "at" && document.getElementById(`at-${id}`);
  if (target) target.scrollIntoView();
  else window.scrollTo(0, 0);
}

window.addEventListener("hashchange", arrive);

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (event.key === "Escape") {
    const help = document.getElementById("help");
    if (help.open) return;
    if (typing) { event.target.blur(); return; }
    const { parts } = route();
    if (parts.length > 2) location.hash = runLink(parts[1]);
    else if (parts.length > 1) location.hash = "#/runs";
    else if (parts.length) location.hash = "#/";
    return;
  }
  if (typing) return;
  const go = { g: "#/", r: "#/runs" }[event.key];
  if (go) location.hash = go;
  else if (event.key === "/") {
    event.preventDefault();
    if (route().parts[0] !== "runs") { location.hash = "#/runs"; arrive(); }
    document.getElementById("search").focus();
  } else if (event.key === "?") document.getElementById("help").showModal();
  else if (event.key === "j" || event.key === "ArrowRight") follow("step-next");
  else if (event.key === "k" || event.key === "ArrowLeft") follow("step-previous");
  else if (event.key === "t") nextTheme();
});

function follow(id) {
  const link = document.getElementById(id);
  if (link) location.hash = link.getAttribute("href");
}

const THEMES = ["auto", "light", "dark"];

function setTheme(name) {
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  document.getElementById("theme").replaceChildren(h("i", {}, "theme: "), name);
  try { localStorage.setItem("trace-bench-theme", name); } catch { /* a page on a disk may have no storage */ }
}

function nextTheme() {
  const now = document.documentElement.dataset.theme || "auto";
  setTheme(THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]);
}

function knownTheme() {
  try { return localStorage.getItem("trace-bench-theme"); } catch { return null; }
}

document.getElementById("theme").addEventListener("click", nextTheme);
document.getElementById("help-button").addEventListener("click", () => document.getElementById("help").showModal());
if (THEMES.includes(knownTheme())) setTheme(knownTheme());

async function watch() {
  const light = document.getElementById("live");
  light.hidden = false;
  let known = null;
  for (;;) {
    try {
      const state = await (await fetch("state")).text();
      if (known !== null && state !== known) {
        data.overview = await (await fetch("overview.json")).json();
        loaded.clear();
        const { parts, query } = route();
        const id = parts[0] === "run" ? parts[1] : null;
        if (id) await load(id).catch(() => null); // before the page is drawn anew, so that it does not jump
        if (parts[0] === "runs") document.getElementById("list").replaceChildren(...runList(query, () => arrive()));
        else keepFocus(show);
        document.getElementById("run-count").textContent = data.overview.runs.length;
      }
      known = state;
      light.className = "on";
      light.textContent = "live";
    } catch {
      light.className = "off";
      light.textContent = "server gone";
    }
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}

arrive();
if (data.settings.live) watch();
