import htmx from "htmx.org";
import { startLive } from "./live.js";

window.htmx = htmx;
const body = document.body;

// The proof against forged forms travels with every request of htmx and fetch.
export function csrf() { return document.querySelector("meta[name=csrf-token]")?.content || ""; }
document.addEventListener("htmx:configRequest", (event) => { event.detail.headers["X-CSRFToken"] = csrf(); });
// Refusals carry a page that explains them: show it.
document.addEventListener("htmx:beforeSwap", (event) => {
  if ([403, 404, 409, 422, 429].includes(event.detail.xhr.status)) { event.detail.shouldSwap = true; event.detail.isError = false; }
});
document.addEventListener("htmx:sendError", () => toast({ text: "Sin conexión. Nada se perdió: inténtalo de nuevo." }));

export function toast({ text, undo, undoLabel }) {
  const place = document.getElementById("toasts");
  if (!place) return;
  const line = document.createElement("div");
  line.className = "toast";
  line.append(Object.assign(document.createElement("span"), { textContent: text }));
  if (undo) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: undoLabel || "Deshacer" });
    button.addEventListener("click", () => {
      line.remove();
      htmx.ajax("POST", undo, { target: "#panel", headers: { "X-CSRFToken": csrf() } });
    });
    line.append(button);
  }
  place.append(line);
  setTimeout(() => line.remove(), undo ? 12000 : 5000);
}
body.addEventListener("toast", (event) => toast(event.detail));
window.reservoToast = toast;

// Ask before acting where the server wants to know more.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.asked) return;
  if (form.matches("[data-ask-tell]")) { ask(form, event, askTell); }
  else if (form.matches("[data-ask-reason]")) { ask(form, event, askReason); }
}, true);
function ask(form, event, question) {
  event.preventDefault(); event.stopImmediatePropagation();
  question(form).then((go) => { if (go) { form.dataset.asked = "1"; form.requestSubmit(); } });
}
async function askTell(form) {
  const answer = await choose(document.documentElement.lang === "en" ? "Tell the patient?" : "¿Avisar al paciente?");
  if (answer === null) return false;
  hidden(form, "tell", answer ? "1" : "");
  return true;
}
async function askReason(form) {
  const reason = window.prompt(form.dataset.askReason);
  if (!reason) return false;
  hidden(form, "reason", reason);
  return true;
}
function hidden(form, name, value) { form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value })); }

// A question with three ends: yes, no, leave it. Resolves to true, false or null.
export function choose(words) {
  const english = document.documentElement.lang === "en";
  const dialog = document.createElement("dialog");
  const labels = english ? [["Yes, tell them", "yes"], ["No", "no"], ["Back", ""]] : [["Sí, avisar", "yes"], ["No avisar", "no"], ["Volver", ""]];
  const form = Object.assign(document.createElement("form"), { method: "dialog", className: "buttons" });
  for (const [label, value] of labels) form.append(Object.assign(document.createElement("button"), { textContent: label, value, className: value === "yes" ? "button primary" : "button" }));
  dialog.append(Object.assign(document.createElement("p"), { textContent: words }), form);
  body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => {
    const value = dialog.returnValue; dialog.remove();
    resolve(value === "yes" ? true : value === "no" ? false : null);
  }));
}
window.reservoChoose = choose;

// Search over patients and visits, from anywhere.
const search = document.getElementById("search");
if (search) suggest(search, document.getElementById("search-results"), body.dataset.searchUrl, (found) => found.results,
  (one) => [one.title, one.detail], (one) => { location.href = one.url; });

export function suggest(input, list, url, read, words, choose) {
  let found = [], at = -1, timer, controller;
  const show = () => {
    list.replaceChildren(...found.map((one, index) => {
      const [title, detail] = words(one);
      const item = Object.assign(document.createElement("li"), { id: `${list.id}-${index}` });
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", index === at);
      item.append(Object.assign(document.createElement("b"), { textContent: title }), " ", Object.assign(document.createElement("span"), { textContent: detail || "", className: "quiet small" }));
      item.addEventListener("mousedown", (event) => { event.preventDefault(); pick(index); });
      return item;
    }));
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    if (at >= 0) input.setAttribute("aria-activedescendant", `${list.id}-${at}`); else input.removeAttribute("aria-activedescendant");
  };
  const pick = (index) => { const one = found[index]; found = []; at = -1; show(); if (one) choose(one); };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      controller?.abort(); controller = new AbortController();
      try {
        const answer = await fetch(`${url}?q=${encodeURIComponent(input.value)}`, { headers: { Accept: "application/json" }, signal: controller.signal });
        found = answer.ok ? read(await answer.json()) : []; at = -1; show();
      } catch { /* a newer search took its place */ }
    }, 150);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); at = Math.max(-1, Math.min(found.length - 1, at + (event.key === "ArrowDown" ? 1 : -1))); show(); }
    else if (event.key === "Enter" && found.length) { event.preventDefault(); pick(Math.max(at, 0)); }
    else if (event.key === "Escape") { found = []; show(); }
  });
  input.addEventListener("blur", () => { found = []; setTimeout(show, 150); });
}

// The patient of a visit's form: found or made while typing.
function patientPickers(root) {
  for (const box of root.querySelectorAll("[data-patient-picker]")) {
    if (box.dataset.ready) continue;
    box.dataset.ready = "1";
    const input = box.querySelector("input[role=combobox]"), target = document.getElementById(box.dataset.target);
    const choose = (one) => {
      target.value = one.id; input.hidden = true;
      const line = Object.assign(document.createElement("p"), { className: "chosen" });
      line.dataset.chosen = "";
      const change = Object.assign(document.createElement("button"), { type: "button", className: "button link", textContent: "×" });
      change.setAttribute("aria-label", "Cambiar"); change.dataset.clear = "";
      line.append(Object.assign(document.createElement("span"), { textContent: one.name }), change);
      input.before(line);
    };
    suggest(input, box.querySelector("ul"), box.dataset.url, (found) => found.patients, (one) => [one.name, [one.national_id, one.phone].filter(Boolean).join(" · ")], choose);
    box.addEventListener("click", (event) => {
      if (!event.target.closest("[data-clear]")) return;
      target.value = ""; box.querySelector("[data-chosen]")?.remove(); input.hidden = false; input.value = ""; input.focus();
    });
    const made = box.querySelector("[data-new-patient]");
    made?.addEventListener("toggle", () => {
      const name = made.querySelector("input");
      if (made.open && name && !name.value) { const parts = input.value.trim().split(/\s+/); name.value = parts.shift() || ""; const surname = made.querySelectorAll("input")[1]; if (surname && !surname.value) surname.value = parts.join(" "); }
    });
    if (!input.hidden) input.focus();
  }
}
document.addEventListener("htmx:load", (event) => { patientPickers(event.detail.elt.parentElement || document); focusError(event.detail.elt); });

function focusError(root) { root.querySelector?.(".field.wrong input, .field.wrong select, .field.wrong textarea")?.focus(); }
focusError(document);

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); search?.focus(); return; }
  if (event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "?") document.getElementById("keys")?.showModal();
  if (event.key === "/") { event.preventDefault(); search?.focus(); }
});
document.addEventListener("click", (event) => { if (event.target.closest("[data-keys]")) document.getElementById("keys")?.showModal(); });

// Menus close when one clicks elsewhere or presses Escape.
document.addEventListener("click", (event) => { for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false; });
document.addEventListener("keydown", (event) => { if (event.key === "Escape") for (const menu of document.querySelectorAll("details.menu[open]")) { menu.open = false; menu.querySelector("summary").focus(); } });

// Forms with changes warn before they are left.
let dirty = false;
document.addEventListener("input", (event) => { if (event.target.closest("form[data-guard]")) dirty = true; });
document.addEventListener("submit", () => { dirty = false; });
window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });

const bell = document.getElementById("bell");
if (bell) {
  bell.addEventListener("toggle", () => { if (bell.open) { body.dispatchEvent(new CustomEvent("bell-open")); const count = document.getElementById("bell-count"); count.hidden = true; count.textContent = "0"; } });
  document.addEventListener("live:notice", (event) => {
    const count = document.getElementById("bell-count");
    if (bell.open) body.dispatchEvent(new CustomEvent("bell-open"));
    else { count.textContent = String(Number(count.textContent || 0) + 1); count.hidden = false; }
    if (event.detail.text) toast({ text: event.detail.text });
    ring();
  });
  if (body.dataset.eventsUrl) startLive(body.dataset.eventsUrl);
}
function ring() {
  if (localStorage.getItem("reservo-mute") === "1") return;
  try {
    const audio = new AudioContext(), tone = audio.createOscillator(), volume = audio.createGain();
    tone.frequency.value = 880; volume.gain.setValueAtTime(0.08, audio.currentTime); volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.6);
    tone.connect(volume).connect(audio.destination); tone.start(); tone.stop(audio.currentTime + 0.6);
  } catch { /* no sound here */ }
  document.documentElement.dataset.rang = String(Date.now());
}
