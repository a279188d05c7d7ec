"use strict";

// The images as columns, as `ymir/gallery/content.py` writes them.
const data = JSON.parse(document.getElementById("data").textContent);
const { images, boxes, classes } = data;
const count = images.image.length;
const LEAST = data.score ?? 0; // the score that the slider stands at when the page opens
const CHANGES = ["same", "added", "removed", "moved", "relabelled", "edited"];
const ADDED = 2, REMOVED = 4, TAGS = 8;
const isCompared = data.versions.length > 1;
const start = new Uint32Array(count + 1);
for (let i = 0; i < count; i += 1) start[i + 1] = start[i] + boxes.count[i];
const $ = (id) => document.getElementById(id);
const spell = (number) => number.toLocaleString("en");
const plural = (number, noun) => `${spell(number)} ${noun}${number === 1 ? "" : noun.endsWith("x") ? "es" : "s"}`;
const make = (tag, name, text) => {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
};
const baseName = (file) => file.slice(file.lastIndexOf("/") + 1);

// Colours that are told apart; after the first ones, hues at the golden angle.
const PALETTE = ["#56b4e9", "#ffb000", "#22c58b", "#f0e442", "#ff6f3c", "#e58fc4", "#7aa2ff", "#c5a3ff"];
const colourOf = (label) => PALETTE[label] ?? `hsl(${Math.round(label * 137.508) % 360} 78% 66%)`;
const CHANGE_COLOURS = ["rgba(255,255,255,0.75)", "#2fd58a", "#ff5a5f", "#ffb02e", "#ff5fd2", "#5aa7ff"];
const lettered = images.file.map((file) => file.toLowerCase());

// ---- What is shown: one state, kept in the address so that a view can be shared.
const state = { find: "", classes: new Set(), tags: new Set(), changes: new Set(), boxed: "all", view: isCompared ? "both" : "new", score: LEAST, draw: true, large: "" };
function readAddress() {
  const said = new URLSearchParams(location.hash.slice(1));
  state.find = said.get("find") ?? "";
  state.classes = new Set(said.getAll("class").map((name) => classes.indexOf(name)).filter((at) => at >= 0));
  state.tags = new Set(said.getAll("tag").map((pair) => data.tags.findIndex(([k, v]) => `${k}=${v}` === pair)).filter((at) => at >= 0));
  state.changes = new Set(said.getAll("change").filter((each) => each === "tags" || each === "any" || CHANGES.includes(each) || each.startsWith("image ")));
  state.boxed = ["with", "without"].includes(said.get("boxes")) ? said.get("boxes") : "all";
  state.view = isCompared && ["new", "old"].includes(said.get("view")) ? said.get("view") : isCompared ? "both" : "new";
  state.score = said.has("score") ? Math.min(1, Math.max(0, Number(said.get("score")) || 0)) : LEAST;
  state.draw = said.get("draw") !== "no";
  state.large = said.get("image") ?? "";
}
function writeAddress() {
  const said = new URLSearchParams();
  if (state.find) said.set("find", state.find);
  for (const at of state.classes) said.append("class", classes[at]);
  for (const at of state.tags) said.append("tag", data.tags[at].join("="));
  for (const each of state.changes) said.append("change", each);
  if (state.boxed !== "all") said.set("boxes", state.boxed);
  if (isCompared && state.view !== "both") said.set("view", state.view);
  if (state.score !== LEAST) said.set("score", state.score);
  if (!state.draw) said.set("draw", "no");
  if (state.large) said.set("image", state.large);
  history.replaceState(null, "", said.size ? `#${said}` : "#");
}

// ---- Which boxes and images are wanted.
const SIDES = { new: 1, old: 2, both: 3 };
const sideOf = (box) => (boxes.side ? boxes.side[box] : 1); // every box is in the newer one where nothing is said
const changeOf = (box) => (boxes.change ? boxes.change[box] : 0);
const isBelieved = (box) => !boxes.score || boxes.score[box] === null || boxes.score[box] >= state.score;
const isDrawn = (box) =>
  (sideOf(box) & SIDES[state.view]) !== 0 &&
  isBelieved(box) &&
  (state.classes.size === 0 || state.classes.has(boxes.label[box]));
const hasBox = (image, wanted) => {
  for (let box = start[image]; box < start[image + 1]; box += 1) if (wanted(box)) return true;
  return false;
};
const tagKeys = new Map();
for (const [at, [key]] of data.tags.entries()) tagKeys.set(key, [...(tagKeys.get(key) ?? []), at]);
function carriesTags(image) {
  const own = images.tags[image];
  for (const group of tagKeys.values()) {
    const asked = group.filter((at) => state.tags.has(at));
    if (asked.length && !asked.some((at) => own.includes(at))) return false;
  }
  return true;
}
function isChanged(image) {
  if (!state.changes.size) return true;
  const bits = images.change[image];
  for (const each of state.changes) {
    if (each === "any" ? bits : each === "tags" ? bits & TAGS : each === "image added" ? bits & ADDED : each === "image removed" ? bits & REMOVED : false) return true;
    const wanted = CHANGES.indexOf(each);
    if (wanted > 0 && !(bits & (ADDED | REMOVED)) && hasBox(image, (box) => changeOf(box) === wanted)) return true;
  }
  return false;
}
function isWanted(image, words) {
  const bits = images.change[image];
  if (state.view === "new" && bits & REMOVED) return false;
  if (state.view === "old" && bits & ADDED) return false;
  if (words.length && !words.every((word) => lettered[image].includes(word) || images.image[image].startsWith(word))) return false;
  if (!carriesTags(image) || !isChanged(image)) return false;
  if (state.boxed === "without") return !hasBox(image, (box) => (sideOf(box) & SIDES[state.view]) !== 0 && isBelieved(box));
  return (state.boxed === "all" && !state.classes.size && state.score === LEAST) || hasBox(image, isDrawn);
}
let wanted = [];
function choose() {
  const words = state.find.toLowerCase().split(/\s+/).filter(Boolean);
  wanted = [];
  for (let image = 0; image < count; image += 1) if (isWanted(image, words)) wanted.push(image);
  const all = data.total > count ? `${spell(count)}, ${isCompared ? "those that differ first, of" : "taken evenly from"} ${spell(data.total)}` : spell(count);
  $("shown").textContent = wanted.length === count && data.total <= count ? plural(count, "image") : `${spell(wanted.length)} of ${all} images`;
  $("none").hidden = wanted.length > 0;
}

// ---- The grid: only the cells in sight are in the document, and they are used again.
const GAP = 12, EDGE = 18, UNDER = 24;
const grid = $("grid"), sheet = $("sheet");
const cells = new Map();
const spare = [];
let seen = "";
const layout = { columns: 1, width: 200, frame: 150, row: 186, shape: usualShape() };
// Height over width of the image in the middle: most images then fill their frames.
function usualShape() {
  const shapes = Float64Array.from(images.width, (wide, image) => images.height[image] / wide || 0.75).sort();
  return Math.min(1.3, Math.max(0.5, shapes[count >> 1] ?? 0.75));
}
function measure() {
  seen = `${grid.clientWidth} ${grid.clientHeight}`;
  const room = grid.clientWidth - 2 * EDGE;
  layout.columns = Math.max(1, Math.round((room + GAP) / (Number($("size").value) + GAP)));
  layout.width = Math.floor((room - GAP * (layout.columns - 1)) / layout.columns);
  layout.frame = Math.round(layout.width * layout.shape);
  layout.row = layout.frame + UNDER + GAP;
  sheet.style.height = `${EDGE * 2 + Math.ceil(wanted.length / layout.columns) * layout.row - GAP}px`;
}
function newCell() {
  const cell = make("button", "cell");
  cell.type = "button";
  cell.setAttribute("role", "listitem");
  const frame = make("span", "frame"), under = make("span", "under"), photo = make("img");
  photo.alt = "";
  photo.addEventListener("error", () => cell.classList.add("absent"));
  photo.addEventListener("load", () => cell.classList.remove("absent"));
  frame.append(photo, make("canvas"));
  under.append(make("span", "name"), make("span", "badge"), make("span", "count"));
  cell.append(frame, under);
  return cell;
}
const small = (image) => `${data.small}${images.image[image].slice(0, 2)}/${images.image[image]}.jpg`;
const original = (image) => {
  const id = images.image[image];
  if (data.originals === null) return small(image);
  return data.copied ? `${data.originals}${id.slice(0, 2)}/${id}.${images.format[image]}` : `${data.originals}${id.slice(0, 2)}/${id.slice(2)}`;
};
function fill(cell, place) {
  const image = wanted[place];
  const [frame, under] = cell.children, [photo] = frame.children, [name, badge, number] = under.children;
  if (cell.dataset.image !== String(image)) {
    cell.classList.remove("absent");
    photo.removeAttribute("src");
    photo.src = small(image);
    cell.dataset.image = image;
    name.textContent = baseName(images.file[image]) || images.image[image].slice(0, 12);
    cell.title = images.file[image];
  }
  const bits = images.change[image];
  badge.hidden = !(bits & (ADDED | REMOVED));
  badge.className = bits & ADDED ? "badge added" : "badge removed";
  badge.textContent = bits & ADDED ? "new" : "gone";
  const drawn = tallied(image)[0];
  number.textContent = drawn ? spell(drawn) : "–";
  number.title = plural(drawn, "box");
  cell.setAttribute("aria-label", `${images.file[image]}, ${plural(drawn, "box")}`);
  cell.setAttribute("aria-posinset", place + 1);
  cell.setAttribute("aria-setsize", wanted.length);
  const column = place % layout.columns, line = Math.floor(place / layout.columns);
  cell.style.width = `${layout.width}px`;
  frame.style.height = `${layout.frame}px`;
  cell.style.transform = `translate(${EDGE + column * (layout.width + GAP)}px, ${EDGE + line * layout.row}px)`;
  paint(frame.children[1], image);
}
// How many of the boxes that are drawn stand as they are, and how many as they were.
function tallied(image) {
  const found = [0, 0], isGone = images.change[image] & REMOVED;
  for (let box = start[image]; box < start[image + 1]; box += 1) {
    if (isDrawn(box)) found[sideOf(box) === 2 && state.view === "both" && !isGone ? 1 : 0] += 1;
  }
  return found;
}
function paint(canvas, image) {
  const dense = window.devicePixelRatio || 1, wide = layout.width, high = layout.frame;
  canvas.width = wide * dense;
  canvas.height = high * dense;
  if (!state.draw) return;
  const pen = canvas.getContext("2d");
  const scale = Math.min(wide / (images.width[image] || 1), high / (images.height[image] || 1));
  const left = (wide - images.width[image] * scale) / 2, top = (high - images.height[image] * scale) / 2;
  pen.scale(dense, dense);
  for (const [box, colour, isOld] of drawnBoxes(image)) {
    const place = [left + boxes.x[box] * scale, top + boxes.y[box] * scale, boxes.w[box] * scale, boxes.h[box] * scale];
    pen.setLineDash(isOld ? [4, 3] : boxes.crowd && boxes.crowd[box] ? [2, 2] : []);
    pen.lineWidth = 3;
    pen.strokeStyle = "rgba(0,0,0,0.5)";
    pen.strokeRect(...place);
    pen.lineWidth = 1.5;
    pen.strokeStyle = colour;
    pen.strokeRect(...place);
  }
}
// What is to be drawn: box, colour, and whether it stands for how it was; changed ones on top.
function drawnBoxes(image) {
  const found = [];
  for (let box = start[image]; box < start[image + 1]; box += 1) {
    if (!isDrawn(box)) continue;
    const change = changeOf(box);
    const colour = isCompared && state.view === "both" ? CHANGE_COLOURS[change] : colourOf(boxes.label[box]);
    found.push([box, colour, state.view === "both" && sideOf(box) === 2, change]);
  }
  return isCompared ? found.sort((a, b) => (a[3] > 0) - (b[3] > 0)) : found;
}
// `held` are cells of images that were in sight: an image that stays is not loaded anew.
function show(held = new Map()) {
  const above = Math.max(0, grid.scrollTop - layout.row), below = grid.scrollTop + grid.clientHeight + layout.row;
  const first = Math.max(0, Math.floor((above - EDGE) / layout.row) * layout.columns);
  const last = Math.min(wanted.length, Math.ceil(below / layout.row) * layout.columns);
  for (const [place, cell] of cells) {
    if (place >= first && place < last) continue;
    cells.delete(place);
    if (cell === document.activeElement) grid.focus({ preventScroll: true });
    put(cell);
  }
  for (let place = last - 1; place >= first; place -= 1) {
    if (cells.has(place)) continue;
    const cell = held.get(wanted[place]) ?? spare.pop() ?? newCell();
    held.delete(wanted[place]);
    cells.set(place, cell);
    fill(cell, place);
    sheet.insertBefore(cell, cells.get(place + 1) ?? null);
  }
  held.forEach(put);
}
function put(cell) {
  cell.remove();
  if (spare.length < 200) spare.push(cell);
}
function redraw() {
  const held = new Map([...cells.values()].map((cell) => [Number(cell.dataset.image), cell]));
  cells.clear();
  measure();
  show(held);
}
function refresh(isScrolled = true) {
  choose();
  if (isScrolled) grid.scrollTop = 0;
  redraw();
  writeAddress();
}
let isWaiting = false;
grid.addEventListener("scroll", () => {
  if (isWaiting) return;
  isWaiting = true;
  requestAnimationFrame(() => { isWaiting = false; show(); });
}, { passive: true });
new ResizeObserver(() => {
  const now = `${grid.clientWidth} ${grid.clientHeight}`;
  if (now === seen) return;
  seen = now;
  const at = wanted.length ? Math.floor(grid.scrollTop / layout.row) * layout.columns : 0;
  redraw();
  if (at) grid.scrollTop = Math.floor(at / layout.columns) * layout.row;
}).observe(grid);

// ---- The filters.
function option(kind, value, text, number, swatch, name = kind) {
  const label = make("label"), input = make("input");
  input.type = kind === "view" || kind === "boxed" ? "radio" : "checkbox";
  input.name = name;
  input.value = value;
  input.dataset.kind = kind;
  label.append(input);
  if (swatch) {
    const sign = make("span", "swatch");
    sign.style.background = swatch;
    label.append(sign);
  }
  label.append(make("span", "name", text));
  label.lastChild.title = text;
  if (number !== undefined) label.append(make("span", "count", spell(number)));
  return label;
}
const MOST = 14;
function group(title, options) {
  const field = make("fieldset");
  field.append(make("legend", "", title), ...options);
  if (options.length > MOST + 2) {
    const more = make("button", "more", `${options.length - MOST} more`);
    more.type = "button";
    const rest = options.slice(MOST);
    const fold = (isFolded) => { for (const each of rest) each.hidden = isFolded && !each.firstChild.checked; };
    more.addEventListener("click", () => { fold(false); more.remove(); });
    fold(true);
    field.append(more);
  }
  return field;
}
function tally() {
  const perClass = new Uint32Array(classes.length), perTag = new Uint32Array(data.tags.length);
  const perChange = Object.fromEntries(["any", "image added", "image removed", "tags", ...CHANGES.slice(1)].map((each) => [each, 0]));
  const latest = new Int32Array(classes.length).fill(-1);
  let boxless = 0;
  for (let image = 0; image < count; image += 1) {
    for (const at of images.tags[image]) perTag[at] += 1;
    const seen = new Set(), bits = images.change[image];
    let hasAny = false;
    for (let box = start[image]; box < start[image + 1]; box += 1) {
      if (!isBelieved(box)) continue;
      const label = boxes.label[box];
      hasAny = true;
      if (latest[label] !== image) { latest[label] = image; perClass[label] += 1; }
      if (changeOf(box) && !(bits & (ADDED | REMOVED))) seen.add(CHANGES[changeOf(box)]);
    }
    boxless += !hasAny;
    if (bits) perChange.any += 1;
    if (bits & ADDED) perChange["image added"] += 1;
    if (bits & REMOVED) perChange["image removed"] += 1;
    if (bits & TAGS) perChange.tags += 1;
    for (const each of seen) perChange[each] += 1;
  }
  return { perClass, perTag, perChange, boxless };
}
function build() {
  const { perClass, perTag, perChange, boxless } = tally();
  const form = $("filters");
  if (isCompared) {
    const [now, was] = data.versions;
    form.append(group("version", [option("view", "both", "both, by what changed"), option("view", "new", now), option("view", "old", was)]));
    const said = { any: "any difference", "image added": "image is new", "image removed": "image is gone", added: "box added", removed: "box removed", moved: "box moved", relabelled: "box relabelled", edited: "box edited", tags: "other tags" };
    form.append(group("differences", Object.entries(said).filter(([each]) => perChange[each]).map(([each, text]) =>
      option("changes", each, text, perChange[each], CHANGES.indexOf(each) > 0 ? CHANGE_COLOURS[CHANGES.indexOf(each)] : undefined))));
  }
  if (data.about) form.append(about());
  const order = [...classes.keys()].sort((a, b) => perClass[b] - perClass[a] || a - b);
  if (order.length) form.append(group("class", order.map((at) => option("classes", at, classes[at], perClass[at], colourOf(at)))));
  for (const [key, values] of tagKeys) {
    form.append(group(key, [...values].sort((a, b) => perTag[b] - perTag[a]).map((at) => option("tags", at, data.tags[at][1], perTag[at]))));
  }
  if ((boxless && boxless < count) || boxes.score) {
    form.append(group("images", [option("boxed", "all", "all", count), option("boxed", "with", "with a box", count - boxless), option("boxed", "without", "without a box", boxless)]));
  }
  const shown = [option("draw", "draw", "draw boxes")];
  if (boxes.score) {
    const label = make("label"), input = make("input");
    input.type = "range"; input.min = 0; input.max = 1; input.step = 0.01; input.id = "score";
    input.setAttribute("aria-label", "Least score");
    label.append(make("span", "", "score from"), input, make("span", "count"));
    shown.push(label);
  }
  form.append(group("boxes", shown));
}
// What was said of all images: which model looked, for one.
function about() {
  const field = make("fieldset", "about"), list = make("dl");
  for (const [name, said] of data.about) {
    const value = make("dd", "", said);
    value.title = said;
    list.append(make("dt", "", name), value);
  }
  field.append(list);
  return field;
}
// How many images have what, at the score that the slider stands at.
function recount() {
  const { perClass, boxless } = tally(), boxed = { all: count, with: count - boxless, without: boxless };
  for (const input of $("filters").querySelectorAll("input[data-kind=classes], input[data-kind=boxed]")) {
    input.parentElement.lastChild.textContent = spell(input.dataset.kind === "classes" ? perClass[input.value] : boxed[input.value]);
  }
}
function tick() {
  for (const input of $("filters").querySelectorAll("input[data-kind]")) {
    const { kind } = input.dataset, value = kind === "classes" || kind === "tags" ? Number(input.value) : input.value;
    input.checked = kind === "draw" ? state.draw : state[kind] instanceof Set ? state[kind].has(value) : state[kind] === value;
  }
  $("find").value = state.find;
  if ($("score")) { $("score").value = state.score; $("score").nextSibling.textContent = state.score.toFixed(2); }
}
$("filters").addEventListener("input", ({ target }) => {
  const { kind } = target.dataset;
  if (target.id === "score") { state.score = Number(target.value); recount(); }
  else if (kind === "draw") state.draw = target.checked;
  else if (state[kind] instanceof Set) {
    const value = kind === "classes" || kind === "tags" ? Number(target.value) : target.value;
    if (target.checked) state[kind].add(value); else state[kind].delete(value);
  } else state[kind] = target.value;
  tick();
  refresh(kind !== "draw");
});
$("filters").addEventListener("submit", (event) => event.preventDefault());
$("find").addEventListener("input", ({ target }) => { state.find = target.value; refresh(); });
$("size").addEventListener("input", redraw);
$("reset").addEventListener("click", () => {
  Object.assign(state, { find: "", classes: new Set(), tags: new Set(), changes: new Set(), boxed: "all", score: LEAST });
  tick();
  if (boxes.score) recount();
  refresh();
});
