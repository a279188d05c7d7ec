
// ---- The large view: one image with its boxes, to zoom into and to leaf from.
const large = $("large"), stage = $("stage"), picture = $("picture"), photo = $("photo"), drawing = $("boxes"), plates = $("plates");
const MANY = 40; // with more boxes, a name is shown only where one points
const SVG = "http://www.w3.org/2000/svg";
const sight = { place: 0, wide: 1, high: 1, scale: 1, fit: 1, x: 0, y: 0 };
function open(place) {
  sight.place = place;
  const image = wanted[place];
  state.large = images.image[image];
  if (!large.open) { large.showModal(); large.focus(); }
  const [wide, high] = [images.width[image] || 1, images.height[image] || 1];
  Object.assign(sight, { wide, high });
  drawing.setAttribute("viewBox", `0 0 ${wide} ${high}`);
  $("missing").hidden = true;
  photo.hidden = false;
  photo.alt = images.file[image];
  photo.src = original(image);
  fit();
  describe(image);
  large.querySelector("[data-do=before]").disabled = place === 0;
  large.querySelector("[data-do=after]").disabled = place === wanted.length - 1;
  for (const next of [place + 1, place - 1]) if (next in wanted) new Image().src = original(wanted[next]);
  writeAddress();
}
photo.addEventListener("error", () => {
  const copy = small(wanted[sight.place]);
  if (photo.getAttribute("src") !== copy) { photo.src = copy; return; }
  photo.hidden = true;
  $("missing").hidden = false;
});
photo.addEventListener("load", () => {
  // A camera may have said that the image is to be turned: the boxes are not, and nor is the copy.
  const image = wanted[sight.place];
  const isTurned = images.width[image] !== images.height[image] && photo.naturalWidth === images.height[image] && photo.naturalHeight === images.width[image];
  if (isTurned) photo.src = small(image);
});
function close() {
  large.close();
}
large.addEventListener("close", () => {
  state.large = "";
  writeAddress();
  const line = Math.floor(sight.place / layout.columns);
  const top = EDGE + line * layout.row;
  if (top < grid.scrollTop || top + layout.row > grid.scrollTop + grid.clientHeight) grid.scrollTop = top - grid.clientHeight / 3;
  show();
  cells.get(sight.place)?.focus({ preventScroll: true });
});
function describe(image) {
  const about = $("about"), list = make("ul");
  const rows = drawnBoxes(image);
  drawing.replaceChildren();
  plates.replaceChildren();
  plates.classList.toggle("many", rows.length > MANY);
  for (const [box, colour, isOld, change] of rows) {
    const item = make("li", "box"), shape = document.createElementNS(SVG, "g");
    const swatch = make("span", "swatch");
    swatch.style.background = colour;
    item.append(swatch, make("span", "name", classes[boxes.label[box]]));
    if (boxes.score && boxes.score[box] !== null) item.append(make("span", "count", boxes.score[box].toFixed(2)));
    if (change) item.append(make("span", `change ${CHANGES[change]}`, isOld && change > 2 ? `${CHANGES[change]}, as it was` : CHANGES[change]));
    const notes = boxes.attributes ? boxes.attributes[box].map((at) => data.attributes[at].join(": ")) : [];
    if (boxes.crowd && boxes.crowd[box]) notes.unshift("crowd");
    item.append(make("small", "", [`${boxes.w[box]} × ${boxes.h[box]} at ${boxes.x[box]}, ${boxes.y[box]}`, ...notes].join(" · ")));
    for (const ring of boxes.polygons?.[box] ?? []) {
      const polygon = document.createElementNS(SVG, "polygon");
      polygon.setAttribute("points", ring.join(" "));
      polygon.style.fill = colour;
      polygon.style.stroke = colour;
      shape.append(polygon);
    }
    for (const name of ["halo", `line${isOld ? " was" : ""}${boxes.crowd && boxes.crowd[box] ? " crowd" : ""}`]) {
      const rect = document.createElementNS(SVG, "rect");
      rect.setAttribute("class", name);
      for (const [side, value] of Object.entries({ x: boxes.x[box], y: boxes.y[box], width: boxes.w[box], height: boxes.h[box] })) rect.setAttribute(side, value);
      if (name !== "halo") rect.style.stroke = colour;
      shape.append(rect);
    }
    const score = boxes.score && boxes.score[box] !== null ? ` ${boxes.score[box].toFixed(2)}` : "";
    const plate = make("span", `plate${boxes.y[box] * sight.fit < 20 ? " high" : ""}`, classes[boxes.label[box]] + score);
    plate.style.left = `${(boxes.x[box] / sight.wide) * 100}%`;
    plate.style.top = `${(boxes.y[box] / sight.high) * 100}%`;
    plate.style.background = colour;
    plates.append(plate);
    const light = (isLit) => () => { for (const each of [item, shape, plate, plates, drawing]) each.classList.toggle("lit", isLit); };
    for (const each of [item, shape]) { each.addEventListener("pointerenter", light(true)); each.addEventListener("pointerleave", light(false)); }
    list.append(item);
    drawing.append(shape);
  }
  for (const each of [drawing, plates]) { each.classList.remove("lit"); each.toggleAttribute("hidden", !state.draw); }
  const facts = make("p", "facts"), digest = make("code", "", images.image[image]);
  facts.append(`${sight.place + 1} of ${spell(wanted.length)} · ${images.width[image]} × ${images.height[image]} pixels`, make("br"), digest);
  about.replaceChildren(make("h2", "", images.file[image] || images.image[image]), facts);
  const bits = images.change[image];
  if (bits & (ADDED | REMOVED)) about.append(make("p", "facts", bits & ADDED ? `only in ${data.versions[0]}` : `only in ${data.versions[1]}`));
  if (images.note?.[image]) about.append(make("p", "facts", images.note[image]));
  if (images.link?.[image]) {
    const link = make("a", "", "open the drawing");
    link.href = images.link[image];
    about.append(link);
  }
  if (images.tags[image].length) about.append(make("h3", "", "tags"), ...images.tags[image].map((at) => make("span", "mark", data.tags[at].join(": "))));
  const [now, was] = tallied(image);
  about.append(make("h3", "", plural(now, "box") + (was ? `, and ${spell(was)} as they were` : "")), list);
  about.scrollTop = 0;
}
function place() {
  // Its size is set, not a scale: lines keep their width, whatever the zoom.
  picture.style.width = `${sight.wide * sight.scale}px`;
  picture.style.height = `${sight.high * sight.scale}px`;
  picture.style.transform = `translate(${sight.x}px, ${sight.y}px)`;
  picture.classList.toggle("near", sight.scale > 8);
}
function fit() {
  const [wide, high] = [stage.clientWidth, stage.clientHeight];
  sight.fit = Math.min((wide - 48) / sight.wide, (high - 48) / sight.high);
  sight.scale = sight.fit;
  sight.x = (wide - sight.wide * sight.scale) / 2;
  sight.y = (high - sight.high * sight.scale) / 2;
  place();
}
function zoom(times, x = stage.clientWidth / 2, y = stage.clientHeight / 2) {
  const scale = Math.min(Math.max(24, sight.fit), Math.max(sight.fit / 2, sight.scale * times));
  sight.x = x - ((x - sight.x) * scale) / sight.scale;
  sight.y = y - ((y - sight.y) * scale) / sight.scale;
  sight.scale = scale;
  place();
}
stage.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0018)), event.clientX, event.clientY);
}, { passive: false });
stage.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  stage.setPointerCapture(event.pointerId);
  stage.classList.add("held");
});
stage.addEventListener("pointermove", (event) => {
  if (!stage.classList.contains("held")) return;
  sight.x += event.movementX;
  sight.y += event.movementY;
  place();
});
for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, () => stage.classList.remove("held"));
stage.addEventListener("dblclick", (event) => (sight.scale > sight.fit * 1.01 ? fit() : zoom(4, event.clientX, event.clientY)));
new ResizeObserver(() => { if (large.open) fit(); }).observe(stage);
const leaf = (by) => { if (sight.place + by in wanted) open(sight.place + by); };
const DEEDS = { before: () => leaf(-1), after: () => leaf(1), in: () => zoom(1.4), out: () => zoom(1 / 1.4), fit, close };
const KEYS = { ArrowLeft: "before", ArrowRight: "after", "+": "in", "=": "in", "-": "out", 0: "fit" };
large.addEventListener("click", ({ target }) => DEEDS[target.closest("[data-do]")?.dataset.do]?.());
const look = (view) => { state.view = view; tick(); const image = wanted[sight.place]; choose(); sight.place = Math.max(0, wanted.indexOf(image)); redraw(); };
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (large.open && event.key in KEYS) { event.preventDefault(); DEEDS[KEYS[event.key]](); }
  else if (large.open && event.key === "b") { state.draw = !state.draw; tick(); open(sight.place); redraw(); }
  else if (isCompared && "123".includes(event.key) && event.target.type !== "search") { look(["new", "old", "both"][event.key - 1]); if (large.open) open(sight.place); else writeAddress(); }
  else if (!large.open && event.key === "/" && event.target.type !== "search") { event.preventDefault(); $("find").focus(); }
});
// Arrows go from cell to cell; what is out of sight is brought in first.
const STEPS = { ArrowLeft: () => -1, ArrowRight: () => 1, ArrowUp: () => -layout.columns, ArrowDown: () => layout.columns };
sheet.addEventListener("keydown", (event) => {
  const cell = event.target.closest(".cell");
  if (!cell || !(event.key in STEPS)) return;
  event.preventDefault();
  const at = wanted.indexOf(Number(cell.dataset.image)) + STEPS[event.key]();
  if (!(at in wanted)) return;
  const top = EDGE + Math.floor(at / layout.columns) * layout.row;
  if (top < grid.scrollTop) grid.scrollTop = top - GAP;
  else if (top + layout.row > grid.scrollTop + grid.clientHeight) grid.scrollTop = top + layout.row - grid.clientHeight;
  show();
  cells.get(at).focus({ preventScroll: true });
});
sheet.addEventListener("click", (event) => {
  const cell = event.target.closest(".cell");
  if (cell) open(wanted.indexOf(Number(cell.dataset.image)));
});

// ---- Begin, and follow the address when somebody changes it.
build();
function begin() {
  readAddress();
  tick();
  if (boxes.score) recount();
  choose();
  redraw();
  const at = state.large ? wanted.indexOf(images.image.indexOf(state.large)) : -1;
  if (at >= 0) open(at);
}
addEventListener("hashchange", begin);
begin();
