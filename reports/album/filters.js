// The filters beside the grid, and what is set of them, as chips that can be taken away.
const AlbumFilters = (() => {
  "use strict";
  const MOST = 10; // choices of a kind that are seen at first
  const SAYS = {
    candidate: "model", beside: "beside", class: "class", err: "outcome", truth: "truth is", pred: "called", score: "score from", low: "score from", high: "score below",
    slice: "slice", tag: "tag", attr: "attribute", size: "size", change: "since the round before", doubt: "label in doubt", set: "images", find: "file", image: "image",
  };
  const OUTCOMES = { tp: "TP found", fp: "FP invented", fn: "FN missed" };
  const $ = (id) => document.getElementById(id);
  const make = (tag, name, text) => {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const spell = (number) => number.toLocaleString("en");
  let options = [], folds = [], slider = null, candidate = null, beside = null;

  // ---- One choice of a kind: pressing it again takes it back.
  function choice(key, value, text, countOf, onChange, look = null) {
    const button = make("button", "album-choice");
    button.type = "button";
    if (look) button.append(make("span", `album-line ${look}`));
    button.append(make("span", "album-name", text), make("span", "album-count"));
    button.title = text;
    button.addEventListener("click", () => onChange({ [key]: button.getAttribute("aria-pressed") === "true" ? null : value }));
    options.push({ button, key, value, countOf });
    return button;
  }
  function field(title, children) {
    const set = make("fieldset");
    set.append(make("legend", "", title), ...children);
    if (children.length > MOST + 2) {
      const more = make("button", "album-more", `${spell(children.length - MOST)} more`);
      more.type = "button";
      more.addEventListener("click", () => { folds.find((each) => each.more === more).isOpen = true; fold(); set.querySelectorAll("button")[MOST].focus(); });
      set.append(more);
      folds.push({ more, children, isOpen: false });
    }
    return set;
  }
  function fold() {
    for (const { more, children, isOpen } of folds) {
      more.hidden = isOpen;
      for (const [at, child] of children.entries()) child.hidden = !isOpen && at >= MOST && child.getAttribute("aria-pressed") !== "true";
    }
  }
  function chooser(title, names, isOptional, onChange) {
    const label = make("label", "album-select"), list = make("select");
    if (isOptional) list.append(new Option("no other", ""));
    for (const [at, name] of names.entries()) list.append(new Option(name, at));
    list.addEventListener("change", () => onChange(list.value === "" ? null : Number(list.value)));
    label.append(make("span", "", title), list);
    return [label, list];
  }
  function newSlider(onChange) {
    const label = make("label", "album-slider"), said = make("output");
    slider = make("input");
    Object.assign(slider, { type: "range", min: 0, max: 1, step: 0.01, id: "album-score" });
    slider.addEventListener("input", () => onChange({ score: Number(slider.value) }));
    label.append(make("span", "", "score from"), slider, said);
    return label;
  }

  // Kinds of choices: those that nothing has are left out; the most frequent stand first.
  function places(counts, isIn = () => true) {
    return [...counts.keys()].filter((at) => counts[at] && isIn(at)).sort((a, b) => counts[b] - counts[a] || a - b);
  }
  function build(album, { counts }, onChange) {
    options = []; folds = [];
    const form = $("album-filters"), made = [], ofGroup = (kind) => places(counts.group, (at) => album.groups[at].kind === kind);
    const add = (title, children) => { if (children.length) made.push(field(title, children)); };
    const models = [];
    [models[0], candidate] = chooser("model", album.candidates.map(({ name }) => name), false, (value) => onChange({ candidate: value }));
    [models[1], beside] = chooser("beside", album.candidates.map(({ name }) => name), true, (value) => onChange({ beside: value }));
    if (album.candidates.length > 1) add("boxes of", [...models, newSlider(onChange)]); else add("boxes", [newSlider(onChange)]);
    const sets = AlbumAddress.SETS.map((name, at) => [name, at]).filter(([, at]) => counts.set[at]);
    if (sets.length > 1) add("images", sets.map(([name, at]) => choice("set", at === 0 ? null : at, name, (now) => now.set[at], onChange)));
    add("outcome", AlbumAddress.ERRORS.map((each, at) => choice("err", each, OUTCOMES[each], (now) => now.err[at + 1], onChange, each)));
    add("class", [...album.classes.keys()].filter((at) => album.classes.length < 30 || counts.class[at]).sort((a, b) => counts.class[b] - counts.class[a] || a - b)
      .map((at) => choice("class", at, album.classes[at], (now) => now.class[at], onChange)));
    add("since the round before", ofGroup("change").map((at) => choice("change", at, album.groups[at].name, (now) => now.group[at], onChange)));
    if (counts.doubt[3]) {
      const kinds = AlbumData.DOUBTS.map((kind, at) => [kind, at]).filter(([, at]) => counts.doubt[at]);
      add("label in doubt", [choice("doubt", "any", "any", (now) => now.doubt[3], onChange, "doubt"), ...kinds.map(([kind, at]) => choice("doubt", kind, kind, (now) => now.doubt[at], onChange))]);
    }
    add("slice", ofGroup("slice").map((at) => choice("slice", at, album.groups[at].name, (now) => now.group[at], onChange)));
    if (counts.size.filter(Boolean).length > 1) add("size", AlbumAddress.SIZES.map((size, at) => choice("size", size, size, (now) => now.size[at], onChange)));
    for (const [key, table, tally, title] of [["tag", album.tags, counts.tag, ""], ["attr", album.attributes, counts.attr, "box: "]]) {
      for (const name of new Set(table.map(([one]) => one))) {
        add(`${title}${name}`, places(tally, (at) => table[at][0] === name).map((at) => choice(key, at, table[at][1], (now) => now[key][at], onChange)));
      }
    }
    form.replaceChildren(...made);
  }

  // ---- What is set.
  function chipsOf(album, asked) {
    const said = AlbumAddress.said(album, asked), isPair = asked.truth !== null && asked.pred !== null;
    const chips = [];
    if (asked.candidate) chips.push(["candidate", `model: ${album.candidates[asked.candidate].name}`, { candidate: 0 }]);
    if (asked.beside !== null) chips.push(["beside", `beside: ${album.candidates[asked.beside].name}`, { beside: null }]);
    if (isPair) chips.push(["truth", `${said.truth} called ${said.pred}`, { truth: null, pred: null }]);
    for (const key of ["set", "class", "err", "truth", "pred", "score", "low", "high", "slice", "tag", "attr", "size", "change", "doubt", "find"]) {
      if (asked[key] === null || asked[key] === "" || (isPair && (key === "truth" || key === "pred"))) continue;
      const value = key === "err" ? OUTCOMES[asked.err] : typeof said[key] === "number" ? said[key].toFixed(2) : said[key];
      chips.push([key, `${SAYS[key]}: ${value}`, { [key]: key === "find" ? "" : null }]);
    }
    return chips;
  }
  function showChips(album, asked, onChange) {
    const chips = chipsOf(album, asked).map(([, text, change]) => {
      const chip = make("button", "album-chip");
      chip.type = "button";
      chip.append(make("span", "album-name", text), make("span", "album-cross", "×"));
      chip.lastChild.setAttribute("aria-hidden", "true");
      chip.setAttribute("aria-label", `take away ${text}`);
      chip.addEventListener("click", () => { onChange(change); ($("album-chips").querySelector("button") ?? $("album-grid")).focus(); });
      return chip;
    });
    if (chips.length > 1) {
      const all = make("button", "album-more", "show all");
      all.type = "button";
      all.addEventListener("click", () => onChange(AlbumAddress.NOTHING));
      chips.push(all);
    }
    $("album-chips").replaceChildren(...chips);
  }

  // Counts and what is pressed, after every change.
  function show({ album, asked, counts }, onChange) {
    for (const { button, key, value, countOf } of options) {
      const many = countOf(counts), isPressed = asked[key] === value;
      button.setAttribute("aria-pressed", isPressed);
      button.lastChild.textContent = spell(many);
      button.classList.toggle("empty", !many && !isPressed);
    }
    fold();
    candidate.value = asked.candidate;
    beside.value = asked.beside ?? "";
    const least = AlbumSelect.leastScore(album, asked, asked.candidate);
    slider.value = least;
    slider.setAttribute("aria-valuetext", `${least.toFixed(2)}${asked.score === null ? ", the model's threshold" : ""}`);
    slider.nextSibling.textContent = least.toFixed(2);
    if (document.activeElement !== $("album-find")) $("album-find").value = asked.find;
    $("album-sort").value = asked.sort ?? "errors";
    showChips(album, asked, onChange);
  }
  return { build, show };
})();
