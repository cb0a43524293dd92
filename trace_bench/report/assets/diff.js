// What changed between two texts, by line, or by word within a line that was changed.

const LONGEST_DIFF = 2000;

// The longest common subsequence, as [kind, item] with kind " ", "-" or "+".
function changes(before, after) {
  let start = 0, end = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  while (end < before.length - start && end < after.length - start
    && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  const a = before.slice(start, before.length - end), b = after.slice(start, after.length - end);
  const middle = a.length * b.length > LONGEST_DIFF ** 2
    ? [...a.map((item) => ["-", item]), ...b.map((item) => ["+", item])]
    : common(a, b);
  return [...before.slice(0, start).map((i) => [" ", i]), ...middle, ...before.slice(before.length - end).map((i) => [" ", i])];
}

function common(a, b) {
  const wide = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * wide);
  for (let i = a.length - 1; i >= 0; i--) for (let j = b.length - 1; j >= 0; j--) {
    lengths[i * wide + j] = a[i] === b[j]
      ? lengths[(i + 1) * wide + j + 1] + 1
      : Math.max(lengths[(i + 1) * wide + j], lengths[i * wide + j + 1]);
  }
  const found = [];
  let i = 0, j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) { found.push([" ", a[i]]); i++; j++; }
    else if (i < a.length && (j === b.length || lengths[(i + 1) * wide + j] >= lengths[i * wide + j + 1])) found.push(["-", a[i++]]);
    else found.push(["+", b[j++]]);
  }
  return found;
}

function diffView(before, after) {
  if (before === after) return h("pre", { class: "same" }, before);
  const single = !before.includes("\n") && !after.includes("\n");
  if (single && !/\s/.test(before + after)) {
    return h("pre", { class: "words" }, h("del", {}, before), " → ", h("ins", {}, after));
  }
  const words = (text) => text.match(/-?\d[\d.]*(e[-+]?\d+)?|\w+|\s+|[^\w\s]/g) || [];
  const items = single ? changes(words(before), words(after)) : changes(before.split("\n"), after.split("\n"));
  const tags = { "-": "del", "+": "ins", " ": "span" };
  return h("pre", { class: single ? "words" : "lines" }, items.map(([kind, item]) =>
    h(tags[kind], {}, single ? item : `${kind} ${item}\n`)));
}
