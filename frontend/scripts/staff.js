import htmx from "htmx.org";
import "./again.js";
import { startAddresses } from "./shell/addresses.js";
import { startBell } from "./shell/bell.js";
import { csrf } from "./shell/csrf.js";
import { focusFirstError, startForms } from "./shell/forms.js";
import { startPasswords } from "./shell/passwords.js";
import { chipPickers, patientPickers } from "./shell/pickers.js";
import { startPreviews } from "./shell/preview.js";
import { startSession } from "./shell/session.js";
import { asking, suggest } from "./shell/suggestions.js";
import { toast } from "./shell/toasts.js";
import { words } from "./shell/words.js";

window.htmx = htmx;
// What is swapped in keeps no style of what it replaces: our policy refuses style attributes. It works as soon as it
// is there: who types or clicks in between would not be heard.
Object.assign(htmx.config, {
  allowEval: false,
  attributesToSettle: ["class"],
  defaultSettleDelay: 0,
  includeIndicatorStyles: false,
  selfRequestsOnly: true,
});

// Refusals carry a page that explains them: they are shown like any other answer.
const EXPLAINED = [403, 404, 409, 422, 429];

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = csrf();
});
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!EXPLAINED.includes(event.detail.xhr.status)) return;
  event.detail.shouldSwap = true;
  event.detail.isError = false;
});
document.addEventListener("htmx:sendError", () => toast({ text: words.offline, bad: true }));
document.addEventListener("htmx:load", (event) => {
  const root = event.detail.elt.parentElement || document;
  patientPickers(root);
  chipPickers(root);
  focusFirstError(event.detail.elt);
});
document.body.addEventListener("toast", (event) => toast(event.detail));

const search = document.getElementById("search");
if (search) {
  suggest(search, document.getElementById("search-results"), {
    find: asking(document.body.dataset.searchUrl, (answer) => answer.results),
    words: (one) => [one.title, one.detail],
    choose: (one) => {
      location.href = one.url;
    },
  });
}

function isTyping(event) {
  return (
    event.target.matches("input, textarea, select, [contenteditable]") ||
    event.ctrlKey ||
    event.metaKey ||
    event.altKey
  );
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    search?.focus();
    search?.select();
  } else if (!isTyping(event) && event.key === "?") {
    document.getElementById("keys")?.showModal();
  } else if (!isTyping(event) && event.key === "/" && search) {
    event.preventDefault();
    search.focus();
  } else if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
});

// The agenda's address changes while it is used.
document.addEventListener("submit", ({ target }) => {
  if (target.matches("[data-next]")) target.elements.next.value = location.pathname + location.search;
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-keys]")) document.getElementById("keys")?.showModal();
  if (event.target.closest("[data-print]")) window.print();
  for (const menu of document.querySelectorAll("details.menu[open]"))
    if (!menu.contains(event.target)) menu.open = false;
});

// What this person's browser remembers for one centre: the branch in sight, whether the rail is folded.
function remember(name, value) {
  const root = document.body.dataset.root;
  if (root) document.cookie = `reservo_${name}=${value}; path=${root}; max-age=31536000; SameSite=Lax`;
}

document.querySelector("[data-fold]")?.addEventListener("click", (event) => {
  const isSlim = document.querySelector(".shell").classList.toggle("slim");
  event.currentTarget.setAttribute("aria-expanded", String(!isSlim));
  remember("rail", isSlim ? "slim" : "");
});
if (document.body.dataset.branch) remember("branch", document.body.dataset.branch);

if (document.body.dataset.root && "serviceWorker" in navigator) {
  window.addEventListener("load", () => {
    navigator.serviceWorker.register(`${document.body.dataset.root}sw.js`).catch(() => null);
  });
}

for (const wide of document.querySelectorAll(".table")) if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
for (const here of document.querySelectorAll(":is(.side, .console .rail) [aria-current]"))
  here.scrollIntoView({ inline: "center", block: "nearest" });
startSession();
startForms();
startAddresses();
startPreviews();
startPasswords();
startBell();
