// The grid: only the rows in sight are in the document, and they are used again.
const AlbumGrid = (() => {
  "use strict";
  const GAP = 12, EDGE = 16, UNDER = 24, SPARE = 40;
  const $ = (id) => document.getElementById(id);
  const lines = new Map(), spare = [];
  const layout = { columns: 1, width: 200, frame: 150, step: 186, shape: 0.75, panes: 1 };
  let shown = null, at = 0, seen = "", onOpen = null, onPick = null;

  const make = (tag, name, role) => {
    const made = document.createElement(tag);
    made.className = name;
    if (role) made.setAttribute("role", role);
    return made;
  };
  // Height over width of the image in the middle: most images then fill their frames.
  function usualShape({ width, height, count }) {
    const shapes = Float64Array.from(width, (wide, image) => height[image] / wide || 0.75).sort();
    return Math.min(1.3, Math.max(0.5, shapes[count >> 1] ?? 0.75));
  }
  function measure() {
    const grid = $("album-grid"), room = grid.clientWidth - 2 * EDGE;
    seen = `${grid.clientWidth} ${grid.clientHeight}`;
    layout.panes = shown.asked.beside === null ? 1 : 2;
    const wanted = Number($("album-size").value) * (layout.panes === 2 ? 1.7 : 1);
    layout.columns = Math.max(1, Math.round((room + GAP) / (wanted + GAP)));
    layout.width = Math.floor((room - GAP * (layout.columns - 1)) / layout.columns);
    layout.frame = Math.round(((layout.width - (layout.panes - 1) * 2) / layout.panes) * layout.shape);
    layout.step = layout.frame + UNDER + GAP;
    const total = Math.ceil(shown.rows.length / layout.columns);
    $("album-sheet").style.height = `${total ? 2 * EDGE + total * layout.step - GAP : 0}px`;
    grid.setAttribute("aria-rowcount", total);
    grid.setAttribute("aria-colcount", layout.columns);
  }

  // ---- A cell: one picture, or two side by side, its boxes, its name, its counts.
  function pane() {
    const made = make("span", "album-pane"), photo = make("img", "");
    photo.alt = "";
    photo.addEventListener("error", () => made.classList.add("absent"));
    made.append(photo, make("canvas", ""));
    return made;
  }
  function newCell() {
    const cell = make("div", "album-cell", "gridcell"), frame = make("span", "album-frame"), under = make("span", "album-under");
    const tick = make("span", "album-tick");
    tick.setAttribute("aria-hidden", "true");
    frame.append(pane(), pane(), tick);
    under.append(make("span", "album-name"), make("span", "album-tally"));
    cell.append(frame, under);
    return cell;
  }
  function tallied(made) {
    const tally = { tp: 0, fp: 0, fn: 0, label: 0, guess: 0, doubt: 0 };
    for (const mark of made) if (mark.isWanted && mark.look in tally) tally[mark.look] += 1;
    return Object.entries(tally).filter(([, many]) => many);
  }
  const briefly = (look, many) => `${many} ${{ label: "labels", guess: "guesses", doubt: "in doubt" }[look] ?? look.toUpperCase()}`;
  function fill(cell, place, column) {
    const { album, asked, rows } = shown, image = rows[place];
    const [frame, under] = cell.children, panes = [...frame.children].slice(0, 2);
    const size = [(layout.width - (layout.panes - 1) * 2) / layout.panes, layout.frame];
    const source = album.pictureOf(image), name = album.file[image] || album.id[image];
    const told = [], short = [];
    for (const [side, one] of panes.entries()) {
      one.hidden = side >= layout.panes;
      if (one.hidden) continue;
      const candidate = side ? asked.beside : asked.candidate, other = side ? asked.candidate : asked.beside;
      const made = AlbumPaint.marks(album, asked, image, candidate, other), [photo, canvas] = one.children;
      if (photo.dataset.source !== source) {
        photo.dataset.source = source;
        one.classList.toggle("absent", !source);
        if (source) photo.src = source; else photo.removeAttribute("src");
      }
      AlbumPaint.small(canvas, album, image, made, size, shown.shows);
      const tally = tallied(made), words = tally.map(([look, many]) => `${many} ${AlbumPaint.LOOKS[look].says}`).join(", ");
      told.push(layout.panes > 1 ? `${album.candidates[candidate].name}: ${words || "nothing"}` : words);
      short.push(tally.filter(([look]) => look !== "tp").map((each) => briefly(...each)).join(" · ") || "–");
    }
    under.children[1].textContent = short.join("  |  ");
    cell.id = `album-cell-${image}`;
    cell.dataset.place = place;
    cell.title = name;
    under.children[0].textContent = name.slice(name.lastIndexOf("/") + 1) || name;
    frame.style.height = `${layout.frame}px`;
    cell.style.width = `${layout.width}px`;
    cell.style.transform = `translateX(${EDGE + column * (layout.width + GAP)}px)`;
    cell.setAttribute("aria-label", [name, ...told].filter(Boolean).join(", "));
    cell.setAttribute("aria-colindex", column + 1);
    mark(cell, place);
  }
  function mark(cell, place) {
    cell.setAttribute("aria-selected", AlbumPicks.has(shown.album.id[shown.rows[place]]));
    cell.classList.toggle("current", place === at);
  }
  const cellAt = (place) => lines.get(Math.floor(place / layout.columns))?.children[place % layout.columns] ?? null;

  // ---- Rows come and go as one scrolls.
  function lay(line) {
    const row = spare.pop() ?? make("div", "album-row", "row"), first = line * layout.columns;
    const many = Math.min(layout.columns, shown.rows.length - first);
    while (row.children.length > many) row.lastChild.remove();
    while (row.children.length < many) row.append(newCell());
    for (let column = 0; column < many; column += 1) fill(row.children[column], first + column, column);
    row.style.transform = `translateY(${EDGE + line * layout.step}px)`;
    row.setAttribute("aria-rowindex", line + 1);
    return row;
  }
  function draw() {
    const grid = $("album-grid"), sheet = $("album-sheet"), total = Math.ceil(shown.rows.length / layout.columns);
    const first = Math.max(0, Math.floor((grid.scrollTop - EDGE) / layout.step) - 1);
    const last = Math.min(total, Math.ceil((grid.scrollTop + grid.clientHeight) / layout.step) + 1);
    for (const [line, row] of lines) {
      if (line >= first && line < last) continue;
      lines.delete(line);
      row.remove();
      if (spare.length < SPARE) spare.push(row);
    }
    for (let line = last - 1; line >= first; line -= 1) {
      if (lines.has(line)) continue;
      const row = lay(line);
      lines.set(line, row);
      sheet.insertBefore(row, lines.get(line + 1) ?? null);
    }
    point();
  }
  // The keyboard stays on the grid; the current cell is named to those who cannot see it.
  function point() {
    const cell = cellAt(at);
    if (cell) $("album-grid").setAttribute("aria-activedescendant", cell.id);
    else $("album-grid").removeAttribute("aria-activedescendant");
  }
  function redraw() {
    if (!shown) return;
    for (const row of lines.values()) { row.remove(); if (spare.length < SPARE) spare.push(row); }
    lines.clear();
    measure();
    draw();
  }
  function show(now, isKept) {
    const image = shown?.rows[at];
    if (shown?.album !== now.album) layout.shape = usualShape(now.album);
    shown = now;
    at = Math.max(0, isKept ? now.rows.indexOf(image) : 0);
    if (!isKept) $("album-grid").scrollTop = 0;
    redraw();
  }

  // ---- Going from cell to cell.
  function go(place) {
    if (!(place in shown.rows)) return;
    const grid = $("album-grid"), top = EDGE + Math.floor(place / layout.columns) * layout.step;
    cellAt(at)?.classList.remove("current");
    at = place;
    if (top < grid.scrollTop + EDGE) grid.scrollTop = top - EDGE;
    else if (top + layout.step > grid.scrollTop + grid.clientHeight) grid.scrollTop = top + layout.step - grid.clientHeight + EDGE;
    draw();
    cellAt(at)?.classList.add("current");
  }
  const page = () => Math.max(1, Math.floor($("album-grid").clientHeight / layout.step)) * layout.columns;
  const STEPS = {
    ArrowLeft: () => at - 1, ArrowRight: () => at + 1, k: () => at - 1, j: () => at + 1,
    ArrowUp: () => at - layout.columns, ArrowDown: () => at + layout.columns,
    PageUp: () => Math.max(0, at - page()), PageDown: () => Math.min(shown.rows.length - 1, at + page()),
    Home: () => 0, End: () => shown.rows.length - 1,
  };
  // What a key does in the grid; true where it does something.
  function press(key, isShifted) {
    if (!shown) return false;
    if (key in STEPS) go(STEPS[key]());
    else if (key === "Enter" && at in shown.rows) onOpen(shown.rows[at]);
    else if (key === " " && at in shown.rows) onPick(at, isShifted);
    else return false;
    return true;
  }
  function repick() {
    for (const row of lines.values()) for (const cell of row.children) mark(cell, Number(cell.dataset.place));
  }
  // The grid takes the keyboard, at this image where it is among those shown.
  function focus(image = null) {
    const place = image === null ? at : shown.rows.indexOf(image);
    if (place >= 0) go(place);
    $("album-grid").focus({ preventScroll: true });
  }
  function start(open, pick) {
    const grid = $("album-grid");
    [onOpen, onPick] = [open, pick];
    let isWaiting = false;
    grid.addEventListener("scroll", () => {
      if (isWaiting || !shown) return;
      isWaiting = true;
      requestAnimationFrame(() => { isWaiting = false; draw(); });
    }, { passive: true });
    grid.addEventListener("click", (event) => {
      const cell = event.target.closest(".album-cell");
      if (!cell) return;
      const place = Number(cell.dataset.place), isPick = event.target.closest(".album-tick") || event.shiftKey || event.ctrlKey || event.metaKey;
      if (isPick) { onPick(place, event.shiftKey); go(place); } else { go(place); onOpen(shown.rows[place]); }
    });
    grid.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !press(event.key, event.shiftKey)) return;
      event.preventDefault();
    });
    $("album-size").addEventListener("input", () => { const image = shown?.rows[at]; redraw(); if (image !== undefined) go(at); });
    new ResizeObserver(() => {
      if (!shown || !grid.clientWidth || `${grid.clientWidth} ${grid.clientHeight}` === seen) return;
      const first = Math.floor(grid.scrollTop / layout.step) * layout.columns;
      redraw();
      grid.scrollTop = Math.floor(first / layout.columns) * layout.step;
    }).observe(grid);
  }
  return { start, show, redraw, repick, focus, press };
})();
