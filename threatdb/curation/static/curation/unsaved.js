/* The buttons of a record act on what was saved last. While its form holds changes that are not, they rest. */
(() => {
  "use strict";
  const standing = document.querySelector(".curation-standing");
  const form = document.querySelector("#content-main form[id$=_form]");
  if (!standing || !form) return;

  const held = () => new URLSearchParams(new FormData(form)).toString();
  // A form that is shown again with its errors holds what was typed and refused.
  const saved = standing.hasAttribute("data-unsaved") ? null : held();

  const look = () => {
    const unsaved = held() !== saved;
    for (const button of standing.querySelectorAll(".curation-buttons input[type=submit]")) button.disabled = unsaved;
    for (const link of standing.querySelectorAll(".curation-buttons a.button")) link.inert = unsaved;
    for (const words of standing.querySelectorAll(".curation-unsaved")) words.hidden = !unsaved;
  };

  look();
  for (const event of ["input", "change", "formset:added", "formset:removed"]) form.addEventListener(event, look);
  // Choices that are searched while one types tell of a change through jQuery alone.
  window.addEventListener("load", () => window.django && django.jQuery(form).on("change", look));
})();
