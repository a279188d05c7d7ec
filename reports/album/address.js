// What the address asks of the gallery, e.g. `#class=person&err=fn`; `ymir/report/links.py` has the table.
const AlbumAddress = (() => {
  "use strict";
  const KEYS = ["round", "model", "beside", "class", "err", "truth", "pred", "score", "low", "high", "slice", "tag", "attr", "size", "change", "doubt", "set", "sort", "find", "image"];
  const SETS = ["testing", "mined", "training"], SIZES = ["small", "medium", "large"];
  const ERRORS = ["tp", "fp", "fn"], SORTS = ["errors", "score", "file"];
  const BACKGROUND = -1;
  const NOTHING = Object.freeze({
    candidate: 0, beside: null, class: null, err: null, truth: null, pred: null, score: null, low: null, high: null, slice: null,
    tag: null, attr: null, size: null, change: null, doubt: null, set: null, sort: null, find: "", image: null,
  });

  const pairs = (hash) => new URLSearchParams(hash.replace(/^#/, ""));
  // A link without `=`, or without a key of the grammar, leads to a section of the report.
  const isGallery = (hash) => hash.includes("=") && [...pairs(hash).keys()].some((key) => KEYS.includes(key));

  const placeOf = (names, name) => { const at = names.indexOf(name); return at < 0 ? null : at; };
  const among = (names) => (said) => (names.includes(said) ? said : null);
  const share = (said) => (said.trim() !== "" && Number(said) >= 0 && Number(said) <= 1 ? Number(said) : null);
  function readers(album) {
    const candidate = (said) => placeOf(album.candidates.map(({ name }) => name), said)
      ?? (/^\d+$/.test(said) ? placeOf(album.candidates.map(({ round }) => round), Number(said)) : null);
    const label = (said) => placeOf(album.classes, said);
    const labelOrNone = (said) => label(said) ?? (said === "background" ? BACKGROUND : null);
    const pair = (table) => (said) => placeOf(table.map((each) => each.join("=")), said);
    return {
      round: candidate, model: candidate, beside: candidate,
      class: label, truth: labelOrNone, pred: labelOrNone,
      err: among(ERRORS), size: among(SIZES), sort: among(SORTS),
      score: share, low: share, high: share,
      slice: (said) => placeOf(album.groups.map(({ kind, name }) => (kind === "slice" ? name : null)), said),
      tag: pair(album.tags), attr: pair(album.attributes),
      change: (said) => placeOf(album.groups.map(({ kind, name }) => (kind === "change" ? name : null)), said),
      doubt: among(["any", ...AlbumData.DOUBTS]),
      set: (said) => placeOf(SETS, said),
      find: (said) => said,
      image: (said) => placeOf(album.id, said),
    };
  }

  // What is asked for, what of it means nothing here, and the page that a round is on if not this.
  function read(album, hash) {
    const asked = { ...NOTHING }, unknown = [], known = readers(album);
    let elsewhere = null;
    for (const [key, said] of pairs(hash)) {
      const value = Object.hasOwn(known, key) ? known[key](said) : null;
      if (value !== null) asked[key === "round" || key === "model" ? "candidate" : key] = value;
      else if (key === "round" && album.pages.has(Number(said))) elsewhere = album.pages.get(Number(said));
      else unknown.push(said === "" ? key : `${key} ${said}`);
    }
    if (asked.beside === asked.candidate) asked.beside = null;
    if (asked.image !== null && asked.set === null) asked.set = album.set[asked.image];
    if (asked.set === 0) asked.set = null;
    if (asked.sort === "errors") asked.sort = null;
    return { asked, unknown, elsewhere };
  }

  const nameOf = (album, at) => (at === BACKGROUND ? "background" : album.classes[at]);
  const callOf = ({ name, round }) => (round === null ? name : String(round));
  function said(album, asked) {
    const { candidates } = album, own = candidates[asked.candidate];
    return {
      ...(asked.candidate ? { [own.round === null ? "model" : "round"]: callOf(own) } : {}),
      beside: asked.beside === null ? null : callOf(candidates[asked.beside]),
      class: asked.class === null ? null : nameOf(album, asked.class),
      err: asked.err,
      truth: asked.truth === null ? null : nameOf(album, asked.truth),
      pred: asked.pred === null ? null : nameOf(album, asked.pred),
      score: asked.score, low: asked.low, high: asked.high,
      slice: asked.slice === null ? null : album.groups[asked.slice].name,
      tag: asked.tag === null ? null : album.tags[asked.tag].join("="),
      attr: asked.attr === null ? null : album.attributes[asked.attr].join("="),
      size: asked.size,
      change: asked.change === null ? null : album.groups[asked.change].name,
      doubt: asked.doubt,
      set: asked.set === null ? null : SETS[asked.set],
      sort: asked.sort, find: asked.find || null,
      image: asked.image === null ? null : album.id[asked.image],
    };
  }
  // The address of a view; one that asks for nothing is told from the report by its `set`.
  function write(album, asked) {
    const wanted = Object.entries(said(album, asked)).filter(([, value]) => value !== null && value !== undefined);
    if (!wanted.length) wanted.push(["set", "testing"]);
    return `#${wanted.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join("&")}`;
  }
  return { NOTHING, BACKGROUND, SETS, SIZES, ERRORS, isGallery, read, said, write };
})();
