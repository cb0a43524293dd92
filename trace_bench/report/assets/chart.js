// Line charts as SVG: means with their intervals, the paper's curves, one run's scores.

const MARKERS = [
  (x, y, r) => `M${x - r},${y}a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0`,
  (x, y, r) => `M${x - r},${y - r}h${2 * r}v${2 * r}h${-2 * r}z`,
  (x, y, r) => `M${x},${y - r * 1.2}l${r * 1.2},${r * 2}h${-r * 2.4}z`,
  (x, y, r) => `M${x},${y - r * 1.3}l${r * 1.3},${r * 1.3}l${-r * 1.3},${r * 1.3}l${-r * 1.3},${-r * 1.3}z`,
  (x, y, r) => `M${x},${y + r * 1.2}l${r * 1.2},${-r * 2}h${-r * 2.4}z`,
];
const COLOURS = 9;

function transform(scale) {
  const { kind, threshold } = scale;
  if (kind === "log") return (v) => Math.log10(v);
  if (kind !== "symlog") return (v) => v;
  return (v) => Math.abs(v) <= threshold
    ? 0.5 * v / threshold
    : Math.sign(v) * (0.5 + Math.log10(Math.abs(v) / threshold));
}

function niceTicks(low, high, most, whole) {
  const span = high - low || Math.abs(high) || 1;
  const raw = span / most;
  const power = 10 ** Math.floor(Math.log10(raw));
  let step = [1, 2, 5, 10].map((k) => k * power).find((k) => k >= raw);
  if (whole) step = Math.max(1, Math.round(step));
  const found = [];
  for (let v = Math.ceil(low / step - 1e-9) * step; v <= high + step * 1e-9; v += step) found.push(+v.toPrecision(12));
  return found;
}

function valueTicks(scale, low, high) {
  if (scale.kind === "linear") return niceTicks(low, high, 5);
  const start = scale.kind === "symlog" ? scale.threshold : low;
  const first = Math.ceil(Math.log10(start) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9);
  const every = Math.max(1, Math.ceil((last - first) / 6));
  const found = [];
  for (let k = first; k <= last; k += every) found.push(10 ** k);
  if (found.length < 3) {
    for (let k = first - 1; k <= last; k++) for (const m of [2, 5]) {
      const v = m * 10 ** k;
      if (v >= start && v <= high) found.push(v);
    }
  }
  return scale.kind === "symlog" ? [0, ...found] : found;
}

// Math.min(...values) would put every value on the stack: long runs of several methods overflow it.
function extent(values) {
  return [values.reduce((a, b) => Math.min(a, b), Infinity), values.reduce((a, b) => Math.max(a, b), -Infinity)];
}

function bounds(values, scale) {
  let [low, high] = extent(values);
  high = Math.min(high, scale.top ?? Infinity);
  if (scale.from_zero) low = Math.min(0, low);
  if (scale.kind === "log") return [low / 1.15, high * 1.15];
  const room = (high - low || Math.abs(high) || 1) * 0.06;
  return [scale.from_zero ? low : low - room, high + room];
}

// options: width, height, label (for screen readers), xLabel, yLabel, whole, scale,
// lines: [{label, colour, dotted, points: [[x, value, low, high]]}], an infinite end as text,
// papers: [{label, colour, points: [[x, value]]}], mock, onpick(x), picked
function chart(options) {
  const { width, height, scale } = options;
  const lines = options.lines.filter((line) => line.points.length);
  const papers = (options.papers || []).filter((line) => line.points.length);
  const all = [...lines, ...papers].flatMap((line) => line.points);
  if (!all.length) return h("p", { class: "muted" }, "Nothing to draw.");
  const shown = all.flatMap((p) => p.slice(1)).filter((v) => v !== null && v !== undefined).map(Number)
    .filter((v) => Number.isFinite(v) && (scale.kind !== "log" || v > 0));
  const [low, high] = bounds(shown, scale);
  const xs = [...new Set(all.map((p) => p[0]))].sort((a, b) => a - b);
  const by = transform(scale);
  const ticks = valueTicks(scale, low, high).filter((tick) => tick >= low - 1e-12 && tick <= high)
    .map((tick) => [tick, tick >= 1e6 ? tick.toExponential() : number(tick)]);
  const widest = Math.max(...ticks.map(([, text]) => text.length), 0);
  const frame = { left: Math.max(58, 32 + 7 * widest), right: 14, top: 12, bottom: 44 };
  const inner = { width: width - frame.left - frame.right, height: height - frame.top - frame.bottom };
  const lastX = xs[xs.length - 1], spanX = lastX - xs[0] || 1;
  const x = (v) => frame.left + (v - xs[0]) / spanX * inner.width;
  const bottom = by(low), spanY = by(high) - bottom || 1;
  const y = (v) => frame.top + inner.height - (by(Math.min(Math.max(v, low), high)) - bottom) / spanY * inner.height;

  const parts = [];
  for (const [tick, text] of ticks) {
    parts.push(s("line", { class: "grid", x1: frame.left, x2: width - frame.right, y1: y(tick), y2: y(tick) }),
      s("text", { class: "tick", x: frame.left - 8, y: y(tick), "text-anchor": "end", "dominant-baseline": "central" }, text));
  }
  for (const tick of niceTicks(xs[0], lastX, Math.max(2, Math.min(9, Math.floor(inner.width / 70))), options.whole)) {
    parts.push(s("line", { class: "axis", x1: x(tick), x2: x(tick), y1: height - frame.bottom, y2: height - frame.bottom + 4 }),
      s("text", { class: "tick", x: x(tick), y: height - frame.bottom + 17, "text-anchor": "middle" }, number(tick)));
  }
  parts.push(s("line", { class: "axis", x1: frame.left, x2: width - frame.right, y1: height - frame.bottom, y2: height - frame.bottom }),
    s("text", { class: "name", x: frame.left + inner.width / 2, y: height - 6, "text-anchor": "middle" }, options.xLabel),
    s("text", { class: "name", transform: `translate(13 ${frame.top + inner.height / 2}) rotate(-90)`, "text-anchor": "middle" }, options.yLabel));
  if (options.mock) {
    parts.push(s("text", { class: "watermark", x: frame.left + inner.width / 2, y: frame.top + inner.height / 2,
      "text-anchor": "middle", "dominant-baseline": "central", transform: `rotate(-18 ${frame.left + inner.width / 2} ${frame.top + inner.height / 2})` }, "MOCK LLM"));
  }
  for (const line of lines) {
    const banded = line.points.filter((p) => p[2] !== null && p[2] !== undefined && (scale.kind !== "log" || p[2] > 0 || p[2] === "-Infinity"));
    if (banded.length > 1) {
      const up = banded.map((p) => `${x(p[0])},${y(p[3])}`), down = banded.map((p) => `${x(p[0])},${y(p[2])}`).reverse();
      parts.push(s("polygon", { class: `band c${line.colour % COLOURS}`, points: [...up, ...down].join(" ") }));
    }
    if (banded.length === 1) {
      const [p] = banded;
      parts.push(s("line", { class: `line c${line.colour % COLOURS}`, x1: x(p[0]), x2: x(p[0]), y1: y(p[2]), y2: y(p[3]) }));
    }
  }
  for (const line of papers) {
    parts.push(s("polyline", { class: `paper ${line.colour === null ? "other" : `c${line.colour % COLOURS}`}`,
      points: line.points.map((p) => `${x(p[0])},${y(p[1])}`).join(" ") }));
  }
  for (const line of lines) {
    const drawn = line.points.filter((p) => scale.kind !== "log" || p[1] > 0);
    parts.push(s("polyline", { class: `line c${line.colour % COLOURS}${line.dotted ? " dotted" : ""}`,
      points: drawn.map((p) => `${x(p[0])},${y(p[1])}`).join(" ") }));
    const every = Math.max(1, Math.ceil(drawn.length / 12));
    const marks = drawn.filter((_, k) => k % every === 0).map((p) => MARKERS[line.colour % MARKERS.length](x(p[0]), y(p[1]), 3.2));
    parts.push(s("path", { class: `mark c${line.colour % COLOURS}`, d: marks.join("") }));
  }
  if (options.picked !== undefined) parts.push(s("line", { class: "picked", x1: x(options.picked), x2: x(options.picked), y1: frame.top, y2: height - frame.bottom }));
  const guide = s("line", { class: "guide", y1: frame.top, y2: height - frame.bottom, visibility: "hidden" });
  const picture = s("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, width, height, tabindex: 0, role: "img",
    "aria-label": options.label }, parts, guide);
  const tip = h("div", { class: "tip", hidden: true, "aria-live": "polite" });
  const box = h("div", { class: "chart-box" }, picture, tip);
  let at = null;

  function point(k) {
    at = Math.max(0, Math.min(xs.length - 1, k));
    const place = x(xs[at]);
    guide.setAttribute("x1", place); guide.setAttribute("x2", place); guide.setAttribute("visibility", "visible");
    tip.replaceChildren(h("strong", {}, `${options.xName || options.xLabel} ${number(xs[at])}`), ...lines.map((line) => {
      const p = line.points.find((each) => each[0] === xs[at]);
      const ends = p && p[2] !== null && p[2] !== undefined ? ` [${number(p[2])}, ${number(p[3])}]` : "";
      return p && h("div", {}, h("i", { class: `swatch c${line.colour % COLOURS}` }), `${line.short || line.label}: ${number(p[1])}${ends}`);
    }).filter(Boolean));
    tip.hidden = false;
    const share = place / width;
    tip.style.left = share < 0.5 ? `${share * 100}%` : "auto";
    tip.style.right = share < 0.5 ? "auto" : `${(1 - share) * 100}%`;
  }
  function leave() { at = null; guide.setAttribute("visibility", "hidden"); tip.hidden = true; }
  picture.addEventListener("pointermove", (event) => {
    const frameBox = picture.getBoundingClientRect();
    const value = xs[0] + ((event.clientX - frameBox.left) / frameBox.width * width - frame.left) / inner.width * spanX;
    let best = 0;
    xs.forEach((v, k) => { if (Math.abs(v - value) < Math.abs(xs[best] - value)) best = k; });
    point(best);
  });
  picture.addEventListener("pointerleave", leave);
  picture.addEventListener("blur", leave);
  picture.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight") point(at === null ? 0 : at + 1);
    else if (event.key === "ArrowLeft") point(at === null ? xs.length - 1 : at - 1);
    else if (event.key === "Enter" && options.onpick && at !== null) options.onpick(xs[at]);
    else return;
    event.preventDefault(); event.stopPropagation();
  });
  if (options.onpick) {
    picture.classList.add("pickable");
    picture.addEventListener("click", () => at !== null && options.onpick(xs[at]));
  }
  return box;
}

// A chart as wide as its place, drawn again when that changes.
function fitted(makeOptions) {
  const place = h("div", { class: "chart-place" });
  let known = 0;
  const draw = () => {
    const width = Math.round(place.clientWidth);
    if (!width || width === known) return;
    known = width;
    place.replaceChildren(chart({ width: Math.max(280, width), height: width < 480 ? 260 : 340, ...makeOptions() }));
  };
  new ResizeObserver(draw).observe(place);
  return place;
}

function sparkline(values, lower) {
  const known = values.map((v, k) => [k, v]).filter(([, v]) => typeof v === "number");
  if (known.length < 2) return h("span", { class: "muted" }, "");
  const ys = known.map(([, v]) => v), [low, high] = extent(ys);
  const x = (k) => 2 + k / (values.length - 1) * 76, y = (v) => 19 - (v - low) / (high - low || 1) * 16;
  return s("svg", { class: "spark", viewBox: "0 0 80 22", width: 80, height: 22, "aria-hidden": true },
    s("polyline", { points: known.map(([k, v]) => `${x(k)},${y(v)}`).join(" ") }),
    s("circle", { cx: x(known[known.length - 1][0]), cy: y(ys[ys.length - 1]), r: 2.2 }));
}
