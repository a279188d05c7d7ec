// The album that stands in the page, unpacked into columns: typed arrays, no object per box.
const AlbumData = (() => {
  "use strict";

  // ---- From text to bytes to JSON; nothing is loaded.
  function bytesOf(id) {
    const text = document.getElementById(id)?.textContent.trim() ?? "";
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
    const letters = atob(text), bytes = new Uint8Array(letters.length);
    for (let at = 0; at < letters.length; at += 1) bytes[at] = letters.charCodeAt(at);
    return bytes;
  }
  async function unpacked(bytes) {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  }

  // ---- Columns. Boxes of image `i` are those from `start[i]` to below `start[i + 1]`.
  function starts(counts) {
    const start = new Uint32Array(counts.length + 1);
    for (let i = 0; i < counts.length; i += 1) start[i + 1] = start[i] + counts[i];
    return start;
  }
  const boxesOf = (from) => ({
    start: starts(from.count),
    label: new Uint16Array(from.label),
    x: new Float32Array(from.x), y: new Float32Array(from.y),
    w: new Float32Array(from.w), h: new Float32Array(from.h),
  });
  // Lists of numbers, one after another: those of `i` are from `start[i]` to below `start[i + 1]`.
  function lists(from) {
    const start = starts(from.map((each) => each.length)), of = new Uint32Array(start.at(-1));
    for (let i = 0; i < from.length; i += 1) if (from[i].length) of.set(from[i], start[i]);
    return { start, of };
  }
  function truthOf(from) {
    return { ...boxesOf(from), crowd: new Uint8Array(from.crowd), notes: lists(from.notes) };
  }
  // `hit` and `taken` become places among all true boxes; -1 and -2 stay what they are.
  function foundOf(from, truth) {
    const found = { ...boxesOf(from), score: new Float64Array(from.score), hit: new Int32Array(from.hit), taken: new Int32Array(from.taken) };
    for (let image = 0; image + 1 < found.start.length; image += 1) {
      for (let box = found.start[image]; box < found.start[image + 1]; box += 1) {
        if (found.hit[box] >= 0) found.hit[box] += truth.start[image];
        if (found.taken[box] >= 0) found.taken[box] += truth.start[image];
      }
    }
    return found;
  }
  const DOUBTS = ["missing", "wrong class", "badly placed"];
  function columns(album) {
    const { images } = album, count = images.id.length, truth = truthOf(album.truth);
    const doubted = new Uint8Array(count), firstDoubt = new Int32Array(count).fill(-1);
    for (const [at, row] of album.doubts.row.entries()) {
      doubted[row] |= 1 << DOUBTS.indexOf(album.doubts.kind[at]);
      if (firstDoubt[row] < 0) firstDoubt[row] = at;
    }
    return {
      count, truth, doubted, firstDoubt,
      classes: album.classes, candidates: album.candidates, tags: album.tags, attributes: album.attributes,
      id: images.id, file: images.file, note: images.note, lettered: images.file.map((file) => file.toLowerCase()),
      width: new Uint32Array(images.width), height: new Uint32Array(images.height),
      set: new Uint8Array(images.set), picture: new Int32Array(images.picture), tagged: lists(images.tags),
      found: album.found.map((each) => foundOf(each, truth)),
      groups: album.groups.map(({ kind, name, images: rows }) => {
        const holds = new Uint8Array(count);
        for (const row of rows) holds[row] = 1;
        return { kind, name, holds };
      }),
      doubts: album.doubts, leftOut: album.left_out, pages: new Map(album.pages), beside: album.beside,
    };
  }

  // ---- Pictures: those in the page become addresses when they are first needed.
  function pictures(folder, album) {
    const bytes = bytesOf("pictures"), made = new Map();
    const view = new DataView(bytes.buffer, bytes.byteOffset), count = bytes.length < 4 ? 0 : view.getUint32(0, true);
    const start = new Float64Array(count + 1).fill(4 + 4 * count);
    for (let i = 0; i < count; i += 1) start[i + 1] = start[i] + view.getUint32(4 + 4 * i, true);
    return (image) => {
      const at = album.picture[image], id = album.id[image];
      if (at === -1) return `${folder}${id.slice(0, 2)}/${id}.webp`;
      if (at < 0 || at >= count) return "";
      if (!made.has(at)) {
        made.set(at, URL.createObjectURL(new Blob([bytes.subarray(start[at], start[at + 1])], { type: "image/webp" })));
      }
      return made.get(at);
    };
  }

  // The album of the page; `null` where it has none.
  async function open() {
    if (!document.getElementById("album")?.textContent.trim()) return null;
    const album = columns(await unpacked(bytesOf("album")));
    return { ...album, pictureOf: pictures(album.beside, album) };
  }
  return { open, DOUBTS };
})();
