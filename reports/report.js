"use strict";

// Copy a digest; without a clipboard, select it.
document.addEventListener("click", (event) => {
  const button = event.target.closest(".copy");
  if (!button) return;
  const done = () => {
    button.textContent = "copied";
    setTimeout(() => { button.textContent = "copy"; }, 1200);
  };
  const select = () => getSelection().selectAllChildren(button.previousElementSibling);
  if (navigator.clipboard) navigator.clipboard.writeText(button.dataset.copy).then(done, select);
  else select();
});

// Sort a table by a column: figures downwards first, words upwards.
const valueOf = (row, column) => {
  const cell = row.cells[column];
  const text = cell.dataset.value ?? cell.textContent.trim().replaceAll(",", "").replace("−", "-");
  const number = Number.parseFloat(text);
  return Number.isNaN(number) ? text : number;
};
const compare = (a, b) => {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === typeof b) return a.localeCompare(b);
  return typeof a === "number" ? 1 : -1;
};
for (const table of document.querySelectorAll("table.sortable")) {
  for (const [column, head] of [...table.tHead.rows[0].cells].entries()) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const was = head.getAttribute("aria-sort");
      const first = head.classList.contains("number") ? "descending" : "ascending";
      const second = first === "descending" ? "ascending" : "descending";
      const order = was === first ? second : first;
      for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      const rows = [...table.tBodies[0].rows];
      rows.sort((a, b) => sign * compare(valueOf(a, column), valueOf(b, column)));
      table.tBodies[0].append(...rows);
    });
  }
}

// Enlarge an image, and say in words what is drawn on it.
const enlarged = document.querySelector("dialog.enlarged");
document.addEventListener("click", (event) => {
  const opened = event.target.closest(".gallery button.picture");
  if (opened) {
    const picture = document.createElement("div");
    picture.className = "picture";
    picture.append(...[...opened.childNodes].map((each) => each.cloneNode(true)));
    const said = document.createElement("div");
    said.className = "said";
    said.textContent = opened.parentElement.querySelector("figcaption").innerText.replaceAll("\n", " · ");
    const list = document.createElement("ul");
    for (const title of opened.querySelectorAll(".box title")) {
      const item = document.createElement("li");
      item.textContent = title.textContent;
      list.append(item);
    }
    said.append(list);
    enlarged.querySelector(".frame").replaceChildren(picture, said);
    enlarged.showModal();
  } else if (event.target === enlarged || event.target.closest(".enlarged .close")) {
    enlarged.close();
  }
});
