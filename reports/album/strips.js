// A few pictures inside the report: the first images of a view of the gallery, each a link to itself there.
const AlbumStrips = (() => {
  "use strict";
  const HIGH = 112;

  function link(album, asked, image, shows) {
    const made = document.createElement("a"), photo = document.createElement("img"), canvas = document.createElement("canvas");
    const name = album.file[image] || album.id[image], source = album.pictureOf(image);
    const shape = Math.min(2.2, Math.max(0.45, album.width[image] / album.height[image] || 1)), wide = Math.round(HIGH * shape);
    made.href = AlbumAddress.write(album, { ...asked, image });
    made.className = source ? "strip-picture" : "strip-picture absent";
    made.title = name;
    made.style.width = `${wide}px`;
    made.style.height = `${HIGH}px`;
    photo.alt = name;
    photo.loading = "lazy";
    if (source) photo.src = source;
    photo.addEventListener("error", () => made.classList.add("absent"));
    AlbumPaint.small(canvas, album, image, AlbumPaint.marks(album, asked, image, asked.candidate), [wide, HIGH], shows);
    made.append(photo, canvas);
    return made;
  }
  function fill(strip, album, shows) {
    const { asked } = AlbumAddress.read(album, strip.dataset.show), { rows } = AlbumSelect.select(album, asked);
    strip.replaceChildren(...rows.slice(0, Number(strip.dataset.most) || 12).map((image) => link(album, asked, image, shows)));
    strip.classList.toggle("empty", rows.length === 0);
  }
  // Every strip of the page, one after another, so that the page can be used meanwhile.
  function start(album, shows) {
    const waiting = [...document.querySelectorAll(".strip[data-show]")];
    const next = () => {
      if (waiting.length) fill(waiting.shift(), album, shows);
      if (waiting.length) setTimeout(next);
    };
    addEventListener("beforeprint", () => { while (waiting.length) next(); });
    next();
  }
  return { start };
})();
