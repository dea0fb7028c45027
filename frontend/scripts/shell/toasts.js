import { element } from "./elements.js";
import { csrf } from "./csrf.js";

const READING = 5_000;
const UNDOING = 12_000;

// A line that says what happened; with `undo` (an address), a button that takes it back.
// `about` names what was changed: only its last change can be taken back, so an earlier offer goes.
export function toast({ text, undo, undoLabel, bad, about }) {
  const place = document.getElementById("toasts");
  if (!place || !text) return;
  const line = element("div", bad ? "toast bad" : "toast");
  line.append(element("span", "", text));
  if (about) {
    place.querySelector(`[data-about="${about}"]`)?.remove();
    line.dataset.about = about;
  }
  if (undo) line.append(undoButton(line, undo, undoLabel));
  place.append(line);
  while (place.children.length > 3) place.firstChild.remove();
  setTimeout(() => line.remove(), undo ? UNDOING : READING);
}

function undoButton(line, address, label) {
  const button = element("button", "", label);
  button.type = "button";
  button.addEventListener("click", () => {
    line.remove();
    window.htmx.ajax("POST", address, { target: "#panel", headers: { "X-CSRFToken": csrf() } });
  });
  return button;
}
