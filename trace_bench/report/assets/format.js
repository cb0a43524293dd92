// How numbers are written: as `numerals.number` in Python does.

function number(value) {
  if (value === null || value === undefined) return "-";
  if (typeof value === "string") return { NaN: "nan", Infinity: "inf", "-Infinity": "-inf" }[value] || value;
  if (value === 0 || !Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 1e12) return value.toExponential(2).replace(/\.?0+e/, "e");
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en-US");
  const text = value.toPrecision(3);
  const [digits, exponent] = text.split("e");
  const short = digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
  if (exponent !== undefined) return `${short}e${exponent}`;
  return Math.abs(value) < 1e-4 ? value.toExponential(2) : short;
}

function count(value) {
  return value === null || value === undefined ? "unknown" : value.toLocaleString("en-US");
}

function duration(seconds) {
  if (seconds < 1) return `${number(seconds * 1000)} ms`;
  if (seconds < 120) return `${number(seconds)} s`;
  if (seconds < 7200) return `${number(seconds / 60)} min`;
  return `${number(seconds / 3600)} h`;
}

function plain(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

function oneLine(text, length) {
  const line = String(text).replace(/\s+/g, " ").trim();
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}

function money(usd) {
  return usd === null || usd === undefined ? "unknown price" : `${usd.toFixed(4)} USD`;
}
