/* The buttons of a record act on what was saved last. While its form holds changes that are not, they rest. */
(() => {
  "use strict";
  const standing = document.querySelector(".curation-standing");
  const form = document.querySelector("#content-main form[id$=_form]");
  if (!standing || !form) return;

  const rest = () => {
    for (const button of standing.querySelectorAll(".curation-buttons input[type=submit]")) button.disabled = true;
    const words = standing.querySelector(".curation-unsaved");
    if (words) words.hidden = false;
  };

  // A form that is shown again with its errors holds what was typed and refused.
  if (standing.hasAttribute("data-unsaved")) rest();
  form.addEventListener("input", rest);
  form.addEventListener("change", rest);
  form.addEventListener("formset:added", rest);
  form.addEventListener("formset:removed", rest);
  // Choices that are searched while one types tell of a change through jQuery alone.
  window.addEventListener("load", () => window.django && django.jQuery(form).on("change", rest));
})();
