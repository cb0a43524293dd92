// Making elements. Texts become text nodes, whatever an LLM has written into them.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function s(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function table(columns, rows, options = {}) {
  const numeric = (k) => (options.text || [0]).includes(k) ? null : "number";
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": options.label || "table" },
    h("table", {},
      h("thead", {}, h("tr", {}, columns.map((c, k) => h("th", { scope: "col", class: numeric(k) }, c)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell, k) => h("td", { class: numeric(k) }, cell)))))));
}

// <details> that stay open when the page is drawn anew, and fill themselves when first opened.
const opened = new Set();

function fold(key, summary, content, open = false) {
  const isOpen = opened.has(key) || (open && !opened.has(`-${key}`));
  const inner = h("div", { class: "folded" });
  let filled = false;
  const show = () => { if (!filled) { filled = true; inner.append(content()); } };
  if (isOpen) show();
  return h("details", {
    open: isOpen, "data-key": key,
    ontoggle: (event) => {
      const now = event.target.open;
      if (now) show();
      opened[now ? "add" : "delete"](key);
      opened[now ? "delete" : "add"](`-${key}`);
    },
  }, h("summary", {}, summary), inner);
}

function choice(name, label, options, chosen, onchange) {
  return h("fieldset", { class: "choice" },
    h("legend", {}, label),
    options.map(([value, text]) => h("label", {},
      h("input", { type: "radio", name, value, checked: value === chosen, onchange: () => onchange(value) }),
      h("span", {}, text))));
}

function keepFocus(draw) {
  const id = document.activeElement && document.activeElement.id;
  const scroll = [window.scrollX, window.scrollY];
  draw();
  if (id) { const same = document.getElementById(id); if (same) same.focus({ preventScroll: true }); }
  window.scrollTo(...scroll);
}
