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
    dispatchEvent(new Event("themechange"));
  });
  say();
}

{
  // Copy a digest or a command; without a clipboard, select it.
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
}
