// Lays out and draws the picture in `graph`; a click on the title of a group folds it. The layers and the order in
// each come from Python. How wide and high groups are changes when they fold, so where things lie is worked out here,
// as layout.py does it: straight edges as far as order and widths allow.
"use strict";
const SVG = "http://www.w3.org/2000/svg";
const [PADDING, TITLE, GAP, LAYER_GAP, MOST_LAYER_GAP, CHAR] = [14, 20, 16, 26, 70, 6.7];
const [LABEL, LABEL_CHAR, MOST_NAMES] = [11, 5.5, 3];
const folded = new Set(graph.groups);

const isGroup = (item) => item.box !== undefined && graph.boxes[item.box].shape === "group";
const isOpen = (item) => isGroup(item) && !folded.has(item.box);
const half = (item, port) => (port === undefined ? 0 : graph.levels[item.box].items[port].x - item.w / 2);

function layOut(id) {
  const level = graph.levels[id];
  for (const item of level.items) {
    if (!isGroup(item)) continue;
    const inner = graph.levels[item.box];
    layOut(item.box);
    const words = titleOf(item.box).length;
    [item.w, item.h] = isOpen(item) ? [inner.w, inner.h] : [CHAR * words + 24, 24];
  }
  bundle(level);
  const [above, below, count] = neighbours(level);
  for (const layer of level.layers) pack(level, layer);
  level.bounds = [-Infinity, Infinity];
  for (let sweep = 0; sweep < 16; sweep++) {
    if (sweep === 12) drawIn(level);
    const layers = sweep % 2 ? [...level.layers].reverse() : level.layers;
    for (const layer of layers) align(level, layer, sweep % 2 ? below : above);
  }
  const least = Math.min(...level.items.map((item) => item.x - item.w / 2), 0x7fffffff);
  for (const item of level.items) item.x += PADDING - least;
  const widest = Math.max(0, ...level.items.map((item) => item.x + item.w / 2)) + PADDING;
  const told = Math.max(0, ...level.drawn.map((way) => way.width)) + 2 * PADDING;
  level.w = Math.max(widest, told, id ? CHAR * titleOf(id).length + 24 : 0);
  stack(level, id, count);
}

// Lines between the same two folded boxes are one; where the stream that a line carries is hidden, the line names it.
function bundle(level) {
  const bundles = new Map();
  level.drawn = [];
  for (const way of level.ways) {
    const ends = [way.items[0], way.items.at(-1)];
    if (way.reversed) ends.reverse();
    const [from, to] = ends.map((number) => level.items[number]), hidden = isGroup(from) && !isOpen(from);
    const key = hidden && !isOpen(to) && to.kind === "box" ? [...ends, way.line, way.reversed].join() : `alone ${level.drawn.length}`;
    let drawn = bundles.get(key);
    if (!drawn) {
      drawn = { ...way, names: [] };
      if (!isOpen(level.items[way.items[0]])) drawn.up = undefined;
      if (!isOpen(level.items[way.items.at(-1)])) drawn.low = undefined;
      bundles.set(key, drawn);
      level.drawn.push(drawn);
    } else drawn.about += "\n" + way.about;
    const source = graph.boxes[way.source], named = to.kind === "box" && to.box !== `output ${way.source}`;
    if (hidden && named && source.shape !== "node") drawn.names.push(source.title);
  }
  for (const drawn of level.drawn) {
    const names = [...new Set(drawn.names)];
    drawn.label = names.length > MOST_NAMES ? [`${names.length} ${drawn.line === "side" ? "side packets" : "streams"}`] : names;
    drawn.width = LABEL_CHAR * Math.max(0, ...drawn.label.map((name) => name.length));
  }
  spread(level);
}

// Fastens the lines that are drawn over the side of each box, in the order that they had.
function spread(level) {
  for (const side of ["out", "in"]) {
    const at = new Map();
    for (const way of level.drawn) {
      const number = side === "out" ? way.items[0] : way.items.at(-1);
      at.set(number, [...(at.get(number) ?? []), way]);
    }
    for (const ways of at.values()) {
      ways.sort((a, b) => a[side] - b[side]).forEach((way, place) => (way[side] = (place + 1) / (ways.length + 1)));
    }
  }
}

// Keeps all layers within the width of the widest one, so that no side stays empty.
function drawIn(level) {
  let most = -1;
  for (const layer of level.layers) {
    const width = layer.reduce((sum, n) => sum + level.items[n].w + GAP, -GAP);
    if (!layer.length || width <= most) continue;
    const [first, last] = [level.items[layer[0]], level.items[layer.at(-1)]];
    const middle = (first.x - first.w / 2 + last.x + last.w / 2) / 2;
    most = width;
    level.bounds = [middle - width / 2, middle + width / 2];
  }
}

function neighbours(level) {
  const above = new Map(), below = new Map(), count = {};
  const add = (map, key, value) => map.set(key, [...(map.get(key) ?? []), value]);
  for (const way of level.drawn) {
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
  if (!layer.length) return;
  const least = level.bounds[0] + level.items[layer[0]].w / 2;
  const most = level.bounds[1] - level.items[layer.at(-1)].w / 2 - offsets.at(-1);
  pools.flatMap(([value, , many]) => Array(many).fill(value)).forEach((place, i) => {
    level.items[layer[i]].x = Math.max(least, Math.min(place, most)) + offsets[i];
  });
}

function stack(level, id, count) {
  let y = id ? PADDING + TITLE : PADDING;
  const told = {};
  for (const way of level.drawn) {
    const number = level.items[way.items[labelled(way)]].layer;
    told[number] = (told[number] ?? 0) + LABEL * way.label.length;
  }
  level.bottoms = level.layers.map((layer, number) => {
    const items = layer.map((n) => level.items[n]), entries = items.some((item) => item.kind === "entry");
    for (const item of items) item.y = entries ? 0 : y;
    const bottom = Math.max(0, ...items.map((item) => item.y + item.h));
    y = Math.max(y, bottom);
    if (number + 1 < level.layers.length) y += Math.min(LAYER_GAP + 1.5 * (count[number] ?? 0), MOST_LAYER_GAP) + Math.min(told[number] ?? 0, 160);
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
  const seen = new Map(), labels = [];
  for (const way of level.drawn) {
    way.items.slice(1).forEach((low, i) => paintPiece(level, way, i, low, left, top, parent, seen));
  }
  for (const way of level.drawn) if (way.label.length) paintLabel(level, way, left, top, parent, labels);
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

function pieceOf(level, way, i, left, top) {
  const [up, lower] = [level.items[way.items[i]], level.items[way.items[i + 1]]];
  const x1 = left + fastened(level, way, up, way.items[i], "out");
  const x2 = left + fastened(level, way, lower, way.items[i + 1], "in");
  const start = top + up.y + up.h, end = top + lower.y;
  return [x1, x2, start, up.kind === "entry" ? start : Math.max(start, top + level.bottoms[up.layer]), end];
}

const labelled = (way) => (way.reversed ? way.items.length - 2 : 0);

// Puts the names that a line carries upon it, between two layers, where no other names are; else whoever points reads them.
function paintLabel(level, way, left, top, parent, labels) {
  const [x1, x2, , bottom, end] = pieceOf(level, way, labelled(way), left, top);
  const height = LABEL * way.label.length, half = way.width / 2;
  for (const t of [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.1, 0.9]) {
    const along = x1 + (x2 - x1) * t * t * (3 - 2 * t);
    const x = Math.max(left + half + 3, Math.min(along, left + level.w - half - 3));
    const y = bottom + 2 + (end - bottom - height - 8) * t, box = [x - half - 2, y, x + half + 2, y + height];
    if (end - bottom < height + 10 || labels.some((o) => box[0] < o[2] && o[0] < box[2] && box[1] < o[3] && o[1] < box[3])) continue;
    labels.push(box);
    const group = make("g", { class: "line" }, parent);
    make("title", {}, group, [...new Set(way.names)].join("\n"));
    way.label.forEach((name, i) => make("text", { class: "line", x, y: y + LABEL * (i + 1) - 2 }, group, name));
    return;
  }
}

function paintPiece(level, way, i, low, left, top, parent, seen) {
  const [up, lower] = [level.items[way.items[i]], level.items[low]];
  const key = [way.items[i], low, way.source, way.reversed].join();
  if (seen.has(key)) return seen.get(key).append("\n" + way.about);
  const [x1, x2, start, bottom, end] = pieceOf(level, way, i, left, top);
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
