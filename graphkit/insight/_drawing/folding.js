// Lays out and draws the picture in `graph`; a click on the title of a group folds it. The layers and the order in
// each come from Python. How wide and high groups are changes when they fold, so where things lie is worked out here,
// as layout.py does it: straight edges as far as order and widths allow.
"use strict";
const SVG = "http://www.w3.org/2000/svg";
const [PADDING, TITLE, GAP, LAYER_GAP, MOST_LAYER_GAP, CHAR] = [14, 20, 16, 26, 70, 6.7];
const folded = new Set(graph.folded);

const isGroup = (item) => item.box !== undefined && graph.boxes[item.box].shape === "group";
const isOpen = (item) => isGroup(item) && !folded.has(item.box);
const half = (item, port) => (port === undefined ? 0 : portX(item, port) - item.w / 2);

function portX(item, port) {
  if (isOpen(item)) return graph.levels[item.box].items[port].x;
  const ports = item.ports[graph.levels[item.box].items[port].kind];
  return (item.w * (ports.indexOf(port) + 1)) / (ports.length + 1);
}

function layOut(id) {
  const level = graph.levels[id];
  for (const item of level.items) {
    if (!isGroup(item)) continue;
    const inner = graph.levels[item.box];
    item.ports = { entry: [], exit: [] };
    inner.items.forEach((port, number) => item.ports[port.kind]?.push(number));
    layOut(item.box);
    const words = titleOf(item.box).length;
    [item.w, item.h] = isOpen(item) ? [inner.w, inner.h] : [CHAR * words + 24, 24];
  }
  const [above, below, count] = neighbours(level);
  for (const layer of level.layers) pack(level, layer);
  for (let sweep = 0; sweep < 12; sweep++) {
    const layers = sweep % 2 ? [...level.layers].reverse() : level.layers;
    for (const layer of layers) align(level, layer, sweep % 2 ? below : above);
  }
  const least = Math.min(...level.items.map((item) => item.x - item.w / 2), 0x7fffffff);
  for (const item of level.items) item.x += PADDING - least;
  const widest = Math.max(0, ...level.items.map((item) => item.x + item.w / 2)) + PADDING;
  level.w = Math.max(widest, id ? CHAR * titleOf(id).length + 24 : 0);
  stack(level, id, count);
}

function neighbours(level) {
  const above = new Map(), below = new Map(), count = {};
  const add = (map, key, value) => map.set(key, [...(map.get(key) ?? []), value]);
  for (const way of level.ways) {
    way.items.slice(1).forEach((low, i) => {
      const up = way.items[i];
      let shift = i === 0 ? half(level.items[up], way.up) : 0;
      if (i + 2 === way.items.length) shift -= half(level.items[low], way.low);
      add(above, low, [up, shift]);
      add(below, up, [low, -shift]);
      count[level.items[up].layer] = (count[level.items[up].layer] ?? 0) + 1;
    });
  }
  return [above, below, count];
}

function pack(level, layer) {
  let x = 0;
  for (const number of layer) {
    const item = level.items[number];
    item.x = x + item.w / 2;
    x += item.w + GAP;
  }
}

function align(level, layer, map) {
  const pools = [], offsets = [0];
  layer.forEach((number, i) => {
    const item = level.items[number], found = (map.get(number) ?? []).map(([n, s]) => level.items[n].x + s);
    if (i) offsets.push(offsets[i - 1] + (level.items[layer[i - 1]].w + item.w) / 2 + GAP);
    const wish = found.length ? found.reduce((a, b) => a + b) / found.length : item.x;
    const weight = found.length ? found.length * (item.kind === "bend" ? 4 : 1) : 0.05;
    pools.push([wish - offsets[i], weight, 1]);
    while (pools.length > 1 && pools.at(-2)[0] > pools.at(-1)[0]) {
      const [value, more, many] = pools.pop(), last = pools.at(-1);
      last[0] = (last[0] * last[1] + value * more) / (last[1] + more);
      last[1] += more;
      last[2] += many;
    }
  });
  pools.flatMap(([value, , many]) => Array(many).fill(value)).forEach((place, i) => {
    level.items[layer[i]].x = place + offsets[i];
  });
}

function stack(level, id, count) {
  let y = id ? PADDING + TITLE : PADDING;
  level.bottoms = level.layers.map((layer, number) => {
    const items = layer.map((n) => level.items[n]), entries = items.some((item) => item.kind === "entry");
    for (const item of items) item.y = entries ? 0 : y;
    const bottom = Math.max(0, ...items.map((item) => item.y + item.h));
    y = Math.max(y, bottom);
    if (number + 1 < level.layers.length) y += Math.min(LAYER_GAP + 1.5 * (count[number] ?? 0), MOST_LAYER_GAP);
    return bottom;
  });
  const exits = level.items.filter((item) => item.kind === "exit");
  level.h = y + (exits.length ? 0 : PADDING);
  for (const item of exits) item.y = level.h;
}

const titleOf = (id) => (id ? `${folded.has(id) ? "▸" : "▾"} ${graph.boxes[id].title} ${graph.boxes[id].detail}`.trim() : "");

function make(name, attributes, parent, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}

function paint(id, left, top, parent) {
  const level = graph.levels[id];
  for (const item of level.items) {
    if (item.box === undefined) continue;
    const [x, y] = [left + item.x - item.w / 2, top + item.y];
    if (isGroup(item)) paintGroup(item, x, y, parent);
    else paintBox(graph.boxes[item.box], x, y, item.w, item.h, parent);
  }
  const seen = new Map();
  for (const way of level.ways) {
    way.items.slice(1).forEach((low, i) => paintPiece(level, way, i, low, left, top, parent, seen));
  }
}

function paintGroup(item, x, y, parent) {
  const group = make("g", { class: "group" }, parent);
  make("rect", { x, y, width: item.w, height: item.h, rx: 6 }, group);
  if (isOpen(item)) paint(item.box, x, y, group);
  const title = make("g", { class: "title" }, group), words = titleOf(item.box);
  make("title", {}, title, graph.boxes[item.box].about);
  make("rect", { x: x + 1, y: y + 1, width: CHAR * words.length + 12, height: TITLE - 2, rx: 5, style: "stroke:none" }, title);
  make("text", { x: x + 7, y: y + 15 }, title, words);
  title.addEventListener("click", () => {
    if (!folded.delete(item.box)) folded.add(item.box);
    draw();
  });
}

function paintBox(box, x, y, width, height, parent) {
  const group = make("g", { class: [box.shape, box.declared, box.faults.length ? "fault" : ""].join(" ") }, parent);
  make("title", {}, group, [box.about, ...box.faults].join("\n"));
  const rect = make("rect", { x, y, width, height, rx: box.shape === "node" ? 3 : height / 2 }, group);
  if (box.heat && !box.faults.length) rect.style.fill = box.heat;
  const at = y + (box.shape === "node" ? 14.5 : 12.5), middle = x + width / 2;
  make("text", { x: middle, y: at, "text-anchor": "middle" }, group, box.title);
  if (box.detail) make("text", { class: "detail", x: middle, y: at + 11, "text-anchor": "middle" }, group, box.detail);
}

function fastened(level, way, item, number, side) {
  const port = side === "out" ? way.up : way.low;
  const at = side === "out" ? way.items[0] : way.items.at(-1);
  if (number !== at) return item.x;
  if (port !== undefined) return item.x + half(item, port);
  return item.kind === "box" ? item.x + (way[side] - 0.5) * item.w * 0.8 : item.x;
}

function paintPiece(level, way, i, low, left, top, parent, seen) {
  const [up, lower] = [level.items[way.items[i]], level.items[low]];
  const key = [way.items[i], low, way.source, way.reversed].join();
  if (seen.has(key)) return seen.get(key).append("\n" + way.about);
  const x1 = left + fastened(level, way, up, way.items[i], "out"), x2 = left + fastened(level, way, lower, low, "in");
  const start = top + up.y + up.h, end = top + lower.y;
  const bottom = up.kind === "entry" ? start : Math.max(start, top + level.bottoms[up.layer]);
  const middle = (bottom + end) / 2;
  const d = `M${x1},${start} L${x1},${bottom} C${x1},${middle} ${x2},${middle} ${x2},${end}`;
  const path = make("path", { class: way.line, d }, parent);
  const last = way.reversed ? i === 0 : i + 2 === way.items.length, head = way.reversed ? up : lower;
  if (last && head.box !== undefined && !isGroup(head)) {
    path.setAttribute(`marker-${way.reversed ? "start" : "end"}`, `url(#arrow-${way.line})`);
  }
  seen.set(key, make("title", {}, path, way.about));
}

function draw() {
  layOut("");
  const svg = document.getElementById("graph"), root = graph.levels[""];
  svg.querySelector("g.all")?.remove();
  for (const [name, value] of [["width", root.w], ["height", root.h], ["viewBox", `0 0 ${root.w} ${root.h}`]]) {
    svg.setAttribute(name, value);
  }
  paint("", 0, 0, make("g", { class: "all" }, svg));
}

document.getElementById("open").addEventListener("click", () => { folded.clear(); draw(); });
document.getElementById("fold").addEventListener("click", () => { graph.groups.forEach((id) => folded.add(id)); draw(); });
draw();
