// Two views in one page: the report, and the gallery while the address asks for it.
const AlbumView = (() => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const spell = (number) => number.toLocaleString("en");
  const shows = { truth: false }; // what the legend has turned off
  let album = null, shown = null, unknown = [], isBuilt = false, isBroken = false;
  let cameFrom = null; // what had the keyboard in the report
  let depth = 0; // how many steps back the report lies; 0: one came here first
  const isInside = () => !$("album-view").hidden;

  // ---- From the address to what is shown.
  function enter() {
    if (isInside()) return;
    cameFrom = document.activeElement;
    $("album-view").hidden = false;
    document.documentElement.classList.add("album-open");
    for (const other of document.body.children) if (!other.contains($("album-view")) && other.tagName !== "SCRIPT") other.inert = true;
    $("album-grid").focus({ preventScroll: true });
  }
  function leave() {
    if (!isInside()) return;
    AlbumLarge.hide();
    $("album-view").hidden = true;
    document.documentElement.classList.remove("album-open");
    for (const other of document.body.children) other.inert = false;
    cameFrom?.focus({ preventScroll: true });
    depth = 0;
  }
  function say(text) {
    if ($("album-status").textContent !== text) $("album-status").textContent = text;
  }
  function counted() {
    const { rows, all } = shown, of = `${spell(rows.length)} of ${spell(all)} images`;
    const strange = unknown.length ? `. Not known here: ${unknown.map((each) => `“${each.length > 60 ? `${each.slice(0, 59)}…` : each}”`).join(", ")}` : "";
    return `${of}${strange}${album.leftOut ? `. ${album.leftOut}` : ""}`;
  }
  function show(asked, isKept = false) {
    const isOther = !shown || ["set", "sort", "find"].some((key) => shown.asked[key] !== asked[key]);
    shown = { album, asked, shows, ...AlbumSelect.select(album, asked) };
    if (!isBuilt) AlbumFilters.build(album, AlbumSelect.select(album, AlbumAddress.NOTHING), change);
    isBuilt = true;
    if (isOther || !isKept) AlbumPicks.forget();
    $("album-none").hidden = shown.rows.length > 0;
    $("album-grid").hidden = shown.rows.length === 0;
    AlbumFilters.show(shown, change);
    AlbumGrid.show(shown, isKept);
    say(counted());
    showPicks();
    if (asked.image !== null) AlbumLarge.show(shown, asked.image);
    else AlbumLarge.hide();
  }
  function follow() {
    followed = location.hash;
    if (!AlbumAddress.isGallery(location.hash)) { leave(); return; }
    const wasInside = isInside();
    if (history.state?.album === undefined) history.replaceState({ album: isFollowing ? depth + 1 : 0 }, "");
    depth = history.state.album;
    enter();
    if (isBroken) { say(isBroken); return; }
    if (!album) { say("The images are being unpacked …"); return; }
    const { asked, unknown: strange, elsewhere } = AlbumAddress.read(album, location.hash);
    if (elsewhere && !/^[a-z][a-z0-9+.-]*:|^\/\//i.test(elsewhere)) { location.replace(elsewhere + location.hash); return; }
    unknown = strange;
    const isSameView = wasInside && shown && isAlike({ ...asked, image: null }, { ...shown.asked, image: null });
    show(Object.freeze(asked), isSameView);
  }
  const isAlike = (one, other) => Object.keys(one).every((key) => one[key] === other[key]);
  let followed = null;
  let isFollowing = false; // after the page was opened, an address without a state is a new step

  // ---- From what people do to the address.
  function change(changes) {
    const asked = { ...shown.asked, ...changes };
    if (asked.beside === asked.candidate) asked.beside = null;
    unknown = [];
    history.replaceState({ album: depth }, "", AlbumAddress.write(album, asked));
    show(Object.freeze(asked), !("sort" in changes || "set" in changes));
  }
  function open(image) {
    const asked = Object.freeze({ ...shown.asked, image }), address = AlbumAddress.write(album, asked);
    if (AlbumLarge.isOpen()) history.replaceState(history.state, "", address);
    else history.pushState({ album: (depth += 1), isLarge: true }, "", address);
    show(asked, true);
  }
  // The large view was closed: by its button, by Esc, or because one went back already.
  function closed(image) {
    if (isInside() && shown.asked.image !== null) {
      if (history.state?.isLarge) { shown = { ...shown, asked: Object.freeze({ ...shown.asked, image: null }) }; history.back(); }
      else change({ image: null });
    }
    if (isInside()) AlbumGrid.focus(image);
  }
  function back() {
    if (depth > 0) history.go(-depth);
    else { history.pushState(null, "", location.pathname + location.search); leave(); }
  }

  // ---- Picking.
  function showPicks() {
    const many = AlbumPicks.many();
    $("album-picked").textContent = many ? `${spell(many)} picked` : "Nothing picked";
    for (const button of $("album-picks").querySelectorAll("[data-pick]")) button.disabled = button.dataset.pick === "all" ? !shown?.rows.length : !many;
    AlbumGrid.repick();
  }
  function pick(place, isRange) {
    AlbumPicks.toggle(shown.rows, album, place, isRange);
    showPicks();
  }
  const list = () => AlbumPicks.listed(document.title, decodeURIComponent(AlbumAddress.write(album, { ...shown.asked, image: null }).slice(1)));
  const PICKS = {
    all: () => AlbumPicks.all(shown.rows, album),
    clear: () => AlbumPicks.clear(),
    save: () => AlbumPicks.save(list()),
    copy: async () => { $("album-picked").textContent = (await AlbumPicks.copy(list())) ? `${spell(AlbumPicks.many())} copied` : "The browser does not let a page copy"; },
  };

  // ---- Legend, keys, buttons.
  function legend() {
    for (const look of AlbumPaint.TOGGLES) {
      const button = $("album-legend").querySelector(`[data-look=${look}]`);
      button.setAttribute("aria-pressed", shows[look] !== false);
      button.addEventListener("click", () => {
        shows[look] = shows[look] === false;
        button.setAttribute("aria-pressed", shows[look]);
        AlbumGrid.redraw();
      });
    }
  }
  function keys(event) {
    if (!isInside() || AlbumLarge.isOpen() || $("album-keys").open || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName) && event.target.type !== "range") {
      if (event.key === "Escape") $("album-grid").focus();
      return;
    }
    if (event.key === "?") $("album-keys").showModal();
    else if (event.key === "/") { event.preventDefault(); $("album-find").focus(); }
    else if (event.key === "Escape") back();
    else if (event.target === document.body && AlbumGrid.press(event.key, event.shiftKey)) { event.preventDefault(); if (!AlbumLarge.isOpen()) $("album-grid").focus(); }
  }
  function listen() {
    AlbumGrid.start(open, pick);
    AlbumLarge.start({ open, closed, pick: (image) => { AlbumPicks.flip(album.id[image]); showPicks(); } });
    legend();
    $("album-back").addEventListener("click", back);
    $("album-help").addEventListener("click", () => $("album-keys").showModal());
    $("album-find").addEventListener("input", ({ target }) => change({ find: target.value }));
    $("album-sort").addEventListener("change", ({ target }) => change({ sort: target.value === "errors" ? null : target.value }));
    $("album-filters").addEventListener("submit", (event) => event.preventDefault());
    $("album-none").querySelector("button").addEventListener("click", () => change(AlbumAddress.NOTHING));
    $("album-picks").addEventListener("click", ({ target }) => {
      const deed = target.closest("[data-pick]")?.dataset.pick;
      if (!deed) return;
      PICKS[deed]();
      if (deed !== "copy") showPicks();
    });
    addEventListener("keydown", keys);
    addEventListener("popstate", follow);
    addEventListener("hashchange", () => { if (location.hash !== followed) follow(); });
  }
  async function start() {
    if (!$("album-view")) return;
    listen();
    follow();
    isFollowing = true;
    try {
      album = await AlbumData.open();
      if (!album) isBroken = "This page has no images.";
    } catch (error) {
      isBroken = typeof DecompressionStream === "undefined" ? "This browser is too old to unpack the images." : `The images cannot be unpacked: ${error.message}`;
    }
    if (album) AlbumStrips.start(album, shows);
    document.documentElement.classList.add(album ? "album-ready" : "album-none");
    follow();
    if (album) setTimeout(() => AlbumSelect.byFile(album), 500); // it takes a while, and may be asked for
  }
  document.addEventListener("DOMContentLoaded", start);
  return { get shown() { return shown; } };
})();
