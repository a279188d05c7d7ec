// Picked images: they survive every filter, and leave as a list that a spec accepts.
const AlbumPicks = (() => {
  "use strict";
  const picked = new Set();
  let last = null; // where the latest pick was: shift picks from there on
  const has = (id) => picked.has(id);
  const many = () => picked.size;

  function toggle(rows, album, place, isRange) {
    const from = isRange && last !== null && last < rows.length ? last : place, isIn = isRange || !picked.has(album.id[rows[place]]);
    for (let at = Math.min(from, place); at <= Math.max(from, place); at += 1) {
      if (isIn) picked.add(album.id[rows[at]]); else picked.delete(album.id[rows[at]]);
    }
    last = place;
  }
  function flip(id) {
    if (!picked.delete(id)) picked.add(id);
  }
  function all(rows, album) {
    for (const image of rows) picked.add(album.id[image]);
  }
  const clear = () => { picked.clear(); last = null; };
  const forget = () => { last = null; }; // other images are shown: a range has no beginning

  const line = (text) => text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ").trim();
  // The list: one digest per line, in the order they were picked; what it is, as comments.
  function listed(title, filter) {
    const said = [
      `${picked.size} image${picked.size === 1 ? "" : "s"} picked from: ${title}`,
      `filter: ${filter}`,
      "to have them labelled again, put this file into the workspace and name it in the project's spec:",
      "  relabel: {images: picked.txt}",
    ];
    return `${said.map((each) => `# ${line(each)}`).join("\n")}\n${[...picked].join("\n")}\n`;
  }
  function save(text) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    link.download = "picked.txt";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }
  // Without a clipboard (some browsers have none for files) an old way is tried.
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.getElementById("album-view").append(area);
      area.select();
      const isDone = document.execCommand("copy");
      area.remove();
      return isDone;
    }
  }
  return { has, many, toggle, flip, all, clear, forget, listed, save, copy };
})();
