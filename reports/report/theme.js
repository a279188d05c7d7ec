"use strict";

// Before anything is drawn: the colours that the reader chose last, if any.
try {
  const chosen = localStorage.getItem("ymir-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch { /* a page from disk may be refused its storage */ }
