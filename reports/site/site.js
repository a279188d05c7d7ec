"use strict";

{
  // Light or dark, by the button, and kept.
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const isDark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const say = () => button.setAttribute("aria-pressed", String(isDark()));
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try { localStorage.setItem("ymir-theme", root.dataset.theme); } catch { /* then it is not kept */ }
    say();
  });
  say();
}

// Copy a command or a digest; without a clipboard, select it.
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
