"use strict";

// Older rounds, on demand.
document.addEventListener("click", (event) => {
  const button = event.target.closest(".more");
  if (!button) return;
  const isOpen = button.getAttribute("aria-expanded") === "true";
  button.dataset.closed ??= button.textContent;
  button.textContent = isOpen ? button.dataset.closed : "Hide older rounds";
  button.setAttribute("aria-expanded", String(!isOpen));
  for (const each of button.parentElement.querySelectorAll(".older")) each.hidden = isOpen;
});
