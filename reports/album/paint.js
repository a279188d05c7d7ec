// Boxes on an image: which are drawn, and how. Each outcome has its colour and its own dashes.
const AlbumPaint = (() => {
  "use strict";
  // Drawn in this order: what matters most lies on top.
  const LOOKS = {
    passed: { colour: "#b8c2cc", dash: [1, 4], says: "counts for nothing" },
    truth: { colour: "#ffffff", dash: [1, 3], says: "truth that was found" },
    label: { colour: "#ffe14d", dash: [], says: "label" },
    guess: { colour: "#59b6ff", dash: [7, 4], says: "guess" },
    tp: { colour: "#2fd08c", dash: [], says: "found" },
    fn: { colour: "#ff5fae", dash: [3, 2.5], says: "missed" },
    fp: { colour: "#ffa126", dash: [8, 4], says: "invented" },
    doubt: { colour: "#f6f04a", dash: [12, 3, 2, 3], says: "the label is in doubt" },
  };
  const ORDER = Object.keys(LOOKS);
  const TOGGLES = ["tp", "fp", "fn", "truth"]; // that the legend turns on and off; the others are drawn always

  const touch = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
  // Where labels are in doubt: what the model would draw, and the labels beneath it.
  function narrow(made) {
    const doubts = made.filter(({ look }) => look === "doubt");
    for (const mark of made) {
      if (mark.look === "doubt") continue;
      mark.isWanted = mark.isPartner = ["truth", "fn"].includes(mark.look) && doubts.some((each) => touch(each, mark));
    }
  }

  // The boxes of an image as one candidate's page shows them. `other` is the candidate beside it.
  function marks(album, asked, image, candidate, other = null) {
    const { truth } = album, rule = AlbumSelect.rules(album, asked, candidate), { found, outcome } = rule;
    const beside = other === null ? null : AlbumSelect.rules(album, asked, other).outcome;
    const { FOUND, WRONG, PASSED, ERR } = AlbumSelect, made = [], partners = new Set();
    const differs = (box) => beside !== null && box >= 0 && (outcome.truth[box] === FOUND) !== (beside.truth[box] === FOUND) && outcome.truth[box] !== PASSED;
    // Of what is missed here, the model beside shows what it found there, and the other way about.
    const isLet = (why, box) => why === 0 || (why === ERR && candidate !== asked.candidate && differs(box));
    const add = (boxes, box, look, isWanted, more) =>
      made.push({ x: boxes.x[box], y: boxes.y[box], w: boxes.w[box], h: boxes.h[box], label: album.classes[boxes.label[box]], look, isWanted, score: null, notes: [], ...more });
    for (let box = found.start[image]; box < found.start[image + 1]; box += 1) {
      const kind = outcome.predicted[box];
      if (!kind) continue;
      const isWanted = isLet(rule.ofFound(box), found.hit[box]);
      if (isWanted && found.taken[box] >= 0) partners.add(found.taken[box]);
      const look = { [FOUND]: "tp", [WRONG]: "fp", [PASSED]: "passed" }[kind] ?? "guess";
      add(found, box, look, isWanted, { score: found.score[box], isStressed: kind === FOUND && differs(found.hit[box]) });
    }
    for (let box = truth.start[image]; box < truth.start[image + 1]; box += 1) {
      const kind = outcome.truth[box], isPartner = rule.isPair && partners.has(box);
      const look = { [FOUND]: "truth", [WRONG]: "fn", [PASSED]: "passed" }[kind] ?? "label";
      const notes = [];
      for (let i = truth.notes.start[box]; i < truth.notes.start[box + 1]; i += 1) notes.push(album.attributes[truth.notes.of[i]].join(": "));
      add(truth, box, look, isPartner || isLet(rule.ofTruth(box), box), { notes: truth.crowd[box] ? ["crowd", ...notes] : notes, isPartner, isStressed: kind === WRONG && differs(box) });
    }
    for (const [at, row] of album.doubts.row.entries()) {
      if (row !== image || (asked.doubt !== null && asked.doubt !== "any" && asked.doubt !== album.doubts.kind[at])) continue;
      add({ x: album.doubts.x, y: album.doubts.y, w: album.doubts.w, h: album.doubts.h, label: [] }, at, "doubt", asked.doubt !== null, { label: album.doubts.kind[at], notes: [album.doubts.says[at]] });
    }
    if (asked.doubt !== null) narrow(made);
    return made.sort((a, b) => ORDER.indexOf(a.look) - ORDER.indexOf(b.look) || (b.score ?? 0) - (a.score ?? 0));
  }
  // The same in words: what matters most first, and of it the surest.
  const listed = (made) => [...made].sort((a, b) => b.isWanted - a.isWanted || ORDER.indexOf(b.look) - ORDER.indexOf(a.look) || (b.score ?? 0) - (a.score ?? 0));
  const isShown = (mark, shows) => mark.isWanted && (mark.isPartner || shows[mark.look] !== false);

  // A canvas as sharp as the screen is, empty.
  function pen(canvas, wide, high) {
    const dense = window.devicePixelRatio || 1;
    canvas.width = Math.round(wide * dense);
    canvas.height = Math.round(high * dense);
    const made = canvas.getContext("2d");
    made.scale(dense, dense);
    return made;
  }
  // How an image lies in a frame when all of it is seen.
  function fitted(album, image, wide, high) {
    const scale = Math.min(wide / (album.width[image] || 1), high / (album.height[image] || 1));
    return { scale, left: (wide - album.width[image] * scale) / 2, top: (high - album.height[image] * scale) / 2 };
  }
  function outline(to, mark, { scale, left, top }, { width = 1.75, isFaint = false } = {}) {
    const look = LOOKS[mark.look], place = [left + mark.x * scale, top + mark.y * scale, mark.w * scale, mark.h * scale];
    const wide = mark.isStressed ? width * 1.9 : width;
    to.globalAlpha = isFaint ? 0.3 : 1;
    to.lineCap = "butt";
    to.setLineDash([]);
    to.lineWidth = wide + 1.5;
    to.strokeStyle = "rgba(0,0,0,0.42)";
    to.strokeRect(...place);
    if (mark.isStressed) {
      to.globalAlpha = isFaint ? 0.08 : 0.24;
      to.fillStyle = look.colour;
      to.fillRect(...place);
      to.globalAlpha = isFaint ? 0.3 : 1;
    }
    to.setLineDash(look.dash);
    to.lineWidth = wide;
    to.strokeStyle = look.colour;
    to.strokeRect(...place);
    to.globalAlpha = 1;
    return place;
  }
  // A small picture with its boxes, as in the grid and in strips.
  function small(canvas, album, image, made, [wide, high], shows) {
    const to = pen(canvas, wide, high), lies = fitted(album, image, wide, high);
    for (const mark of made) if (isShown(mark, shows)) outline(to, mark, lies);
  }
  // What a box is called: its class, and the score where it has one.
  const named = ({ label, score }) => (score === null ? label : `${label} ${score.toFixed(2)}`);
  function plate(to, mark, place, [wide, high]) {
    const said = named(mark), text = said.length > 42 ? `${said.slice(0, 41)}…` : said;
    to.font = "12px system-ui, sans-serif";
    const room = to.measureText(text).width + 10, left = Math.max(0, Math.min(place[0] - 1, wide - room));
    const top = place[1] - 19 >= 0 ? place[1] - 19 : Math.min(place[1], high - 18);
    to.fillStyle = LOOKS[mark.look].colour;
    to.fillRect(left, top, room, 18);
    to.fillStyle = "#10151b";
    to.textBaseline = "middle";
    to.fillText(text, left + 5, top + 9.5);
  }
  const CROWDED = 40; // with more boxes, a name is drawn only where one points
  // The large view: all boxes, the wanted ones with their names, the one that is pointed at on top.
  function large(canvas, made, lies, size, { shows, pointed }) {
    const to = pen(canvas, ...size), named_ = [];
    const drawn = made.filter((mark) => mark === pointed || mark.isPartner || shows[mark.look] !== false);
    for (const mark of drawn) {
      const isFaint = pointed ? mark !== pointed : !mark.isWanted;
      const place = outline(to, mark, lies, { width: mark === pointed ? 3.5 : 2.25, isFaint });
      if (mark === pointed || (!pointed && mark.isWanted && mark.look !== "truth")) named_.push([mark, place]);
    }
    if (named_.length <= CROWDED) for (const [mark, place] of named_) plate(to, mark, place, size);
  }
  return { LOOKS, TOGGLES, marks, listed, fitted, small, large, named };
})();
