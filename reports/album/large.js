// The large view: one image, or two models' boxes on it side by side, to zoom into and to leaf from.
const AlbumLarge = (() => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const make = (tag, name, text) => {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const spell = (number) => number.toLocaleString("en");
  const sight = { scale: 1, fit: 1, x: 0, y: 0 };
  let shown = null, image = null, panes = [], pointed = null, ask = null;
  const isOpen = () => $("album-large").open;

  // ---- The picture: all panes are seen from the same place.
  const size = () => [panes[0].stage.clientWidth, panes[0].stage.clientHeight];
  function fit() {
    const { album } = shown, [wide, high] = size(), [own, tall] = [album.width[image] || 1, album.height[image] || 1];
    sight.fit = Math.max(0.001, Math.min((wide - 32) / own, (high - 32) / tall));
    Object.assign(sight, { scale: sight.fit, x: (wide - own * sight.fit) / 2, y: (high - tall * sight.fit) / 2 });
    place();
  }
  function zoom(times, x = size()[0] / 2, y = size()[1] / 2) {
    const scale = Math.min(Math.max(24, sight.fit), Math.max(sight.fit / 2, sight.scale * times));
    sight.x = x - ((x - sight.x) * scale) / sight.scale;
    sight.y = y - ((y - sight.y) * scale) / sight.scale;
    sight.scale = scale;
    place();
  }
  function place() {
    for (const { photo } of panes) {
      photo.style.width = `${shown.album.width[image] * sight.scale}px`;
      photo.style.height = `${shown.album.height[image] * sight.scale}px`;
      photo.style.transform = `translate(${sight.x}px, ${sight.y}px)`;
    }
    draw();
  }
  function draw() {
    const lies = { scale: sight.scale, left: sight.x, top: sight.y };
    for (const { canvas, made } of panes) {
      AlbumPaint.large(canvas, made, lies, size(), { shows: shown.shows, pointed: made.includes(pointed) ? pointed : null });
    }
  }
  function point(mark) {
    if (mark === pointed) return;
    pointed = mark;
    for (const item of $("album-about").querySelectorAll("li")) item.classList.toggle("lit", item.mark === mark && mark !== null);
    draw();
  }
  // The smallest box under the pointer.
  function under(made, { offsetX, offsetY }) {
    const x = (offsetX - sight.x) / sight.scale, y = (offsetY - sight.y) / sight.scale;
    const hit = made.filter((mark) => shown.shows[mark.look] !== false && x >= mark.x && x <= mark.x + mark.w && y >= mark.y && y <= mark.y + mark.h);
    return hit.sort((a, b) => a.w * a.h - b.w * b.h || b.isWanted - a.isWanted)[0] ?? null;
  }
  function newPane(candidate, made) {
    const figure = make("figure", "album-side"), stage = make("div", "album-stage"), photo = make("img"), canvas = make("canvas");
    photo.alt = "";
    photo.draggable = false;
    stage.append(photo, canvas, make("p", "album-absent", "This picture is not here."));
    figure.append(make("figcaption", "", candidate.name), stage);
    stage.addEventListener("wheel", (event) => {
      event.preventDefault();
      zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0018)), event.offsetX, event.offsetY);
    }, { passive: false });
    stage.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      stage.setPointerCapture(event.pointerId);
      stage.classList.add("held");
    });
    stage.addEventListener("pointermove", (event) => {
      if (!stage.classList.contains("held")) { point(under(made, event)); return; }
      sight.x += event.movementX;
      sight.y += event.movementY;
      place();
    });
    for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, () => stage.classList.remove("held"));
    stage.addEventListener("pointerleave", () => point(null));
    stage.addEventListener("dblclick", (event) => (sight.scale > sight.fit * 1.01 ? fit() : zoom(4, event.offsetX, event.offsetY)));
    photo.addEventListener("error", () => stage.classList.add("absent"));
    const source = shown.album.pictureOf(image);
    stage.classList.toggle("absent", !source);
    if (source) photo.src = source;
    return { figure, stage, photo, canvas, made };
  }

  // ---- What is said of the image and its boxes.
  function boxItem(mark) {
    const item = make("li", mark.isWanted ? "" : "faint"), look = AlbumPaint.LOOKS[mark.look];
    item.mark = mark;
    const word = make("span", "album-word", look.says);
    item.append(make("span", `album-line ${mark.look}`), make("span", "album-name", mark.label));
    if (mark.score !== null) item.append(make("span", "album-count", mark.score.toFixed(2)));
    item.append(word);
    const size = `${Math.round(mark.w)} × ${Math.round(mark.h)} at ${Math.round(mark.x)}, ${Math.round(mark.y)}`;
    item.append(make("small", "", [...(mark.isStressed ? ["only one of the two finds it"] : []), ...mark.notes, size].join(" · ")));
    item.addEventListener("pointerenter", () => point(mark));
    item.addEventListener("pointerleave", () => point(null));
    return item;
  }
  function describe(place) {
    const { album, rows } = shown, about = $("album-about"), facts = make("p", "album-facts"), digest = make("code", "", album.id[image]);
    const where = place < 0 ? "not among the images shown" : `${spell(place + 1)} of ${spell(rows.length)}`;
    facts.append(`${where} · ${album.width[image]} × ${album.height[image]} pixels · ${AlbumAddress.SETS[album.set[image]]}`, make("br"), digest);
    about.replaceChildren(make("h2", "", album.file[image] || album.id[image]), facts);
    if (album.note[image]) about.append(make("p", "album-facts", album.note[image]));
    const tags = make("p", "album-tags");
    for (let i = album.tagged.start[image]; i < album.tagged.start[image + 1]; i += 1) tags.append(make("span", "", album.tags[album.tagged.of[i]].join(": ")));
    if (tags.childElementCount) about.append(tags);
    for (const [side, { made }] of panes.entries()) {
      const list = make("ul"), name = album.candidates[side ? shown.asked.beside : shown.asked.candidate].name;
      list.append(...AlbumPaint.listed(made).map(boxItem));
      about.append(make("h3", "", panes.length > 1 ? `${name}: ${made.length} boxes` : `${made.length} box${made.length === 1 ? "" : "es"}`), list);
    }
    about.scrollTop = 0;
  }
  function repick() {
    if (!isOpen()) return;
    const button = $("album-large").querySelector("[data-do=pick]"), isPicked = AlbumPicks.has(shown.album.id[image]);
    button.setAttribute("aria-pressed", isPicked);
    button.textContent = isPicked ? "picked" : "pick";
  }
  function show(now, wanted) {
    const dialog = $("album-large"), isSame = image === wanted && isOpen();
    [shown, image, pointed] = [now, wanted, null];
    const { album, asked } = now, sides = asked.beside === null ? [[asked.candidate, null]] : [[asked.candidate, asked.beside], [asked.beside, asked.candidate]];
    panes = sides.map(([candidate, other]) => newPane(album.candidates[candidate], AlbumPaint.marks(album, asked, image, candidate, other)));
    const place_ = now.rows.indexOf(image);
    $("album-panes").replaceChildren(...panes.map(({ figure }) => figure));
    dialog.classList.toggle("double", panes.length > 1);
    dialog.querySelector("[data-do=before]").disabled = !(place_ - 1 in now.rows);
    dialog.querySelector("[data-do=after]").disabled = !(place_ + 1 in now.rows);
    if (!isOpen()) { dialog.showModal(); dialog.focus(); }
    describe(place_);
    repick();
    if (isSame) place(); else fit();
    for (const next of [place_ + 1, place_ - 1]) if (next in now.rows) new Image().src = album.pictureOf(now.rows[next]) || "data:,";
  }
  const hide = () => { if (isOpen()) $("album-large").close(); };

  function start(asks) {
    const dialog = $("album-large");
    ask = asks;
    const leaf = (by) => { const next = shown.rows[shown.rows.indexOf(image) + by]; if (next !== undefined) ask.open(next); };
    const deeds = {
      before: () => leaf(-1), after: () => leaf(1), in: () => zoom(1.4), out: () => zoom(1 / 1.4), fit,
      close: hide, pick: () => { ask.pick(image); repick(); },
    };
    const keys = { ArrowLeft: "before", ArrowRight: "after", k: "before", j: "after", "+": "in", "=": "in", "-": "out", 0: "fit" };
    dialog.addEventListener("click", ({ target }) => deeds[target.closest("[data-do]")?.dataset.do]?.());
    dialog.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const deed = event.key === " " && event.target.tagName !== "BUTTON" ? "pick" : keys[event.key];
      if (!deed) return;
      event.preventDefault();
      deeds[deed]();
    });
    dialog.addEventListener("close", () => ask.closed(image));
    new ResizeObserver(() => { if (isOpen()) fit(); }).observe($("album-panes"));
  }
  return { start, show, hide, isOpen };
})();
