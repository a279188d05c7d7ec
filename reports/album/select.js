// Which images and boxes are wanted, what became of each box, and how many there are of each kind.
const AlbumSelect = (() => {
  "use strict";
  const FOUND = 1, WRONG = 2, PASSED = 3, DRAWN = 4; // what a box is; 0: a prediction that does not count
  const CLASS = 1, ERR = 2, SIZE = 4, ATTR = 8, PAIR = 16, RANGE = 32; // why a box is not wanted
  const TAG = 1, SLICE = 2, CHANGE = 4, DOUBT = 8, FIND = 16; // why an image is not
  const TESTING = 0, MINED = 1;

  // The score from which predictions count: the slider's, else the candidate's own threshold. Images
  // were mined because their guesses are unsure: those show from half of it on.
  function leastScore(album, asked, candidate) {
    const own = album.candidates[candidate].threshold * (asked.set === MINED ? 0.5 : 1);
    return asked.score ?? (asked.low === null ? own : Math.min(own, asked.low));
  }

  // What became of each box of a candidate when predictions count from `least` on.
  function judged(album, candidate, least) {
    const { truth, found, set, count } = album, { start, score, hit } = found[candidate];
    const predicted = new Uint8Array(score.length), true_ = new Uint8Array(truth.label.length);
    for (let image = 0; image < count; image += 1) {
      const isOpen = set[image] !== TESTING; // nobody has judged these: people's boxes beside guesses
      for (let box = truth.start[image]; box < truth.start[image + 1]; box += 1) {
        true_[box] = isOpen ? DRAWN : truth.crowd[box] ? PASSED : WRONG;
      }
      for (let box = start[image]; box < start[image + 1]; box += 1) {
        if (score[box] < least) continue;
        predicted[box] = isOpen ? DRAWN : hit[box] >= 0 ? FOUND : hit[box] === -1 ? WRONG : PASSED;
        if (!isOpen && hit[box] >= 0) true_[hit[box]] = FOUND;
      }
    }
    return { candidate, least, predicted, truth: true_ };
  }
  let kept = [];
  function judge(album, candidate, least) {
    const held = kept.find((each) => each.album === album && each.candidate === candidate && each.least === least);
    if (held) return held;
    kept = [...kept.slice(-3), { album, ...judged(album, candidate, least) }];
    return kept.at(-1);
  }

  const sizeOf = (boxes, box) => { const area = boxes.w[box] * boxes.h[box]; return area < 1024 ? 0 : area < 9216 ? 1 : 2; };
  const holds = (list, at, wanted) => {
    for (let i = list.start[at]; i < list.start[at + 1]; i += 1) if (list.of[i] === wanted) return true;
    return false;
  };
  // Which true boxes a candidate's confusion matrix has given to some prediction.
  function takenBy(found, truths) {
    const taken = new Uint8Array(truths);
    for (const box of found.taken) if (box >= 0) taken[box] = 1;
    return taken;
  }

  // What the address says of boxes: `ofTruth` and `ofFound` give the reasons why one is not wanted.
  const known = new WeakMap();
  function rules(album, asked, candidate) {
    if (!known.has(asked)) known.set(asked, new Map());
    const made = known.get(asked);
    if (!made.has(candidate)) made.set(candidate, newRules(album, asked, candidate));
    return made.get(candidate);
  }
  function newRules(album, asked, candidate) {
    const { truth } = album, found = album.found[candidate];
    const outcome = judge(album, candidate, leastScore(album, asked, candidate));
    const size = asked.size === null ? -1 : AlbumAddress.SIZES.indexOf(asked.size);
    const isPair = asked.truth !== null || asked.pred !== null, isRange = asked.low !== null || asked.high !== null;
    const taken = isPair ? takenBy(found, truth.label.length) : null;
    const low = asked.low ?? 0, high = asked.high ?? Infinity, { BACKGROUND } = AlbumAddress;
    const ends = (high === 1 ? (score) => score <= 1 : (score) => score < high);
    const truthErr = { tp: FOUND, fn: WRONG }[asked.err] ?? 0, foundErr = { tp: FOUND, fp: WRONG }[asked.err] ?? 0;
    const pairOfFound = (box) => {
      const to = found.taken[box];
      if (to === -2 || found.hit[box] === -2) return PAIR;
      const isTruth = asked.truth === null || (to < 0 ? BACKGROUND : truth.label[to]) === asked.truth;
      return isTruth && (asked.pred === null || found.label[box] === asked.pred) ? 0 : PAIR;
    };
    const pairOfTruth = (box) =>
      asked.pred !== BACKGROUND && asked.pred !== null ? PAIR // it comes with the prediction that took it
        : (asked.truth === null || truth.label[box] === asked.truth) && !truth.crowd[box] && (asked.pred === null || !taken[box]) ? 0 : PAIR;
    function ofTruth(box) {
      return (asked.class !== null && truth.label[box] !== asked.class ? CLASS : 0)
        | (asked.err !== null && outcome.truth[box] !== truthErr ? ERR : 0)
        | (size >= 0 && sizeOf(truth, box) !== size ? SIZE : 0)
        | (asked.attr !== null && !holds(truth.notes, box, asked.attr) ? ATTR : 0)
        | (isPair ? pairOfTruth(box) : 0)
        | (isRange ? RANGE : 0);
    }
    function ofFound(box) {
      const own = found.hit[box] >= 0 ? found.hit[box] : -1;
      return (asked.class !== null && found.label[box] !== asked.class ? CLASS : 0)
        | (asked.err !== null && outcome.predicted[box] !== foundErr ? ERR : 0)
        | (size >= 0 && (own < 0 ? sizeOf(found, box) : sizeOf(truth, own)) !== size ? SIZE : 0)
        | (asked.attr !== null && (own < 0 || !holds(truth.notes, own, asked.attr)) ? ATTR : 0)
        | (isPair ? pairOfFound(box) : 0)
        | (isRange && !(found.score[box] >= low && ends(found.score[box])) ? RANGE : 0);
    }
    const isAsked = asked.class !== null || asked.err !== null || size >= 0 || asked.attr !== null || isPair || isRange;
    return { outcome, found, ofTruth, ofFound, isAsked, isPair };
  }

  // Why an image as a whole is not wanted.
  function ofImages(album, asked) {
    const words = asked.find.toLowerCase().split(/\s+/).filter(Boolean);
    const kind = asked.doubt === null ? 0 : asked.doubt === "any" ? 7 : 1 << AlbumData.DOUBTS.indexOf(asked.doubt);
    return (image) =>
      (asked.tag !== null && !holds(album.tagged, image, asked.tag) ? TAG : 0)
      | (asked.slice !== null && !album.groups[asked.slice].holds[image] ? SLICE : 0)
      | (asked.change !== null && !album.groups[asked.change].holds[image] ? CHANGE : 0)
      | (kind && !(album.doubted[image] & kind) ? DOUBT : 0)
      | (words.length && !words.every((word) => album.lettered[image].includes(word) || album.id[image].startsWith(word)) ? FIND : 0);
  }

  // How many images each choice would leave, were it made instead of the one of its own kind.
  function counters(album) {
    const kinds = { class: album.classes.length, err: 4, size: 3, attr: album.attributes.length, tag: album.tags.length, group: album.groups.length, doubt: 4, set: 3 };
    const counts = {}, latest = {};
    for (const [kind, many] of Object.entries(kinds)) {
      counts[kind] = new Uint32Array(many);
      latest[kind] = new Int32Array(many).fill(-1);
    }
    const count = (kind, at, image) => {
      if (latest[kind][at] !== image) { latest[kind][at] = image; counts[kind][at] += 1; }
    };
    return { counts, count };
  }
  const only = (why, reason) => (why & ~reason) === 0;

  // Everything that the gallery shows at once: rows in order, and counts. One pass over all boxes.
  function select(album, asked) {
    const { truth } = album, rule = rules(album, asked, asked.candidate), { found, outcome } = rule;
    const why = ofImages(album, asked), set = asked.set ?? TESTING, { counts, count } = counters(album);
    const rows = [], errors = new Uint32Array(album.count), surest = new Float64Array(album.count).fill(-1);
    let all = 0;
    const countBox = (image, label, kind, reasons, size, attributes) => {
      if (only(reasons, CLASS)) count("class", label, image);
      if (only(reasons, ERR)) count("err", kind, image);
      if (only(reasons, SIZE)) count("size", size, image);
      if (attributes >= 0 && only(reasons, ATTR)) {
        for (let i = truth.notes.start[attributes]; i < truth.notes.start[attributes + 1]; i += 1) count("attr", truth.notes.of[i], image);
      }
    };
    const isError = asked.err === "tp" ? FOUND : WRONG;
    for (let image = 0; image < album.count; image += 1) {
      counts.set[album.set[image]] += 1;
      if (album.set[image] !== set) continue;
      all += 1;
      const reasons = why(image);
      if (reasons & FIND || reasons & (reasons - 1)) continue; // it counts for no choice
      let hasBox = !rule.isAsked;
      for (let box = truth.start[image]; box < truth.start[image + 1]; box += 1) {
        const kind = outcome.truth[box];
        if (kind === PASSED) continue;
        const not = rule.ofTruth(box);
        if (!not) { hasBox = true; if (kind === WRONG && isError === WRONG) errors[image] += 1; }
        if (!reasons) countBox(image, truth.label[box], kind === WRONG ? 3 : kind === FOUND ? 1 : 0, not, sizeOf(truth, box), box);
      }
      for (let box = found.start[image]; box < found.start[image + 1]; box += 1) {
        const kind = outcome.predicted[box];
        if (!kind || kind === PASSED) continue;
        const not = rule.ofFound(box);
        if (!not) {
          hasBox = true;
          if (kind === isError) { errors[image] += 1; if (found.score[box] > surest[image]) surest[image] = found.score[box]; }
        }
        if (!reasons) {
          const own = found.hit[box];
          countBox(image, found.label[box], kind === WRONG ? 2 : kind === FOUND ? 1 : 0, not, own >= 0 ? sizeOf(truth, own) : sizeOf(found, box), own >= 0 ? own : -1);
        }
      }
      if (!hasBox) continue;
      if (!reasons) rows.push(image);
      if (only(reasons, TAG)) for (let i = album.tagged.start[image]; i < album.tagged.start[image + 1]; i += 1) counts.tag[album.tagged.of[i]] += 1;
      for (const [at, { kind, holds: isIn }] of album.groups.entries()) if (isIn[image] && only(reasons, kind === "slice" ? SLICE : CHANGE)) counts.group[at] += 1;
      if (album.doubted[image] && only(reasons, DOUBT)) {
        counts.doubt[3] += 1;
        for (let kind = 0; kind < 3; kind += 1) if (album.doubted[image] & (1 << kind)) counts.doubt[kind] += 1;
      }
    }
    return { rows: ordered(album, asked, rows, errors, surest), all, counts, errors, surest };
  }

  // The place of each image when they stand in the order of their files' names; worked out once.
  const places = new WeakMap();
  function byFile(album) {
    if (!places.has(album)) {
      const { compare } = new Intl.Collator("en", { numeric: true });
      const place = new Uint32Array(album.count);
      [...album.file.keys()].sort((a, b) => compare(album.file[a], album.file[b])).forEach((image, at) => { place[image] = at; });
      places.set(album, place);
    }
    return places.get(album);
  }
  function ordered(album, asked, rows, errors, surest) {
    if (asked.sort === "file") { const place = byFile(album); return rows.sort((a, b) => place[a] - place[b]); }
    if (asked.sort === "score") return rows.sort((a, b) => surest[b] - surest[a] || errors[b] - errors[a]);
    if (asked.doubt !== null) return rows.sort((a, b) => album.firstDoubt[a] - album.firstDoubt[b]);
    return rows.sort((a, b) => errors[b] - errors[a] || surest[b] - surest[a]); // equal ones stay as they came
  }
  return { FOUND, WRONG, PASSED, DRAWN, ERR, leastScore, rules, select, byFile };
})();
