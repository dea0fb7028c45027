const PAUSE_MS = 250;

/** A form with data-preview shows what its fields would make, in the frame beside it, while one types. */
export function startPreviews() {
  for (const form of document.querySelectorAll("form[data-preview]")) {
    const frame = form.parentElement.querySelector("iframe.preview");
    let waiting;
    form.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        const typed = new FormData(form);
        typed.delete("csrfmiddlewaretoken");
        frame.src = `${form.dataset.preview}?${new URLSearchParams(typed)}`;
      }, PAUSE_MS);
    });
  }
}
