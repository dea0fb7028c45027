import { ask } from "../shell/dialogs.js";
import { words } from "../shell/words.js";

const byId = (id) => document.getElementById(id);
// Of a block: who chooses a person or a room means that one, and who widens it means nobody in particular.
const ONE_OF = ["practitioner", "room"];

// The side panel: a visit, a form, a block. `visitAddress(id)` is a visit's; `swapped()` is called when something else
// stands in the panel, `closed(id)` when it is closed, with the visit that it was opened from.
export function sidePanel({ panel, work, visitAddress, swapped, closed }) {
  let opener = null;
  // Letters typed before the form is there; null while none is awaited.
  let ahead = null;
  let isFreshening = false;

  listen();
  return { open, openToType, openVisit, leaving, freshen, takesKey, takePlace, shown, form };

  function shown() {
    return byId("panel-state")?.dataset.shows ?? null;
  }

  function form() {
    return byId("visit-form");
  }

  function open(address) {
    appear();
    return window.htmx.ajax("GET", address, { target: "#panel", swap: "innerHTML" });
  }

  // Who types at once is not to wait for the form: the letters are kept for it, and are no shortcuts meanwhile.
  function openToType(address) {
    ahead = "";
    open(address);
  }

  function openVisit(id) {
    leaving(() => {
      opener = id;
      open(visitAddress(id));
    });
  }

  function appear() {
    panel.hidden = false;
    work.classList.add("open");
  }

  function close() {
    const last = shown() ?? opener;
    panel.hidden = true;
    panel.replaceChildren();
    work.classList.remove("open");
    closed(last);
  }

  // Nothing that was typed into an open form is lost by a wrong click or key.
  async function leaving(go) {
    const answers = [
      { label: words.discard, value: "yes" },
      { label: words.keepWriting, value: "", primary: true },
    ];
    const isFree = !panel.dataset.typed || !panel.querySelector("form :is(input, textarea):not([type=hidden])");
    if (isFree || (await ask(words.losing, answers))) {
      delete panel.dataset.typed;
      go();
    }
  }

  // A visit that changed by dragging, or in another browser, is shown as it is now: else the next button is refused.
  async function freshen(visits) {
    const marker = byId("panel-state");
    const visit = marker && visits.find((one) => one.id === Number(marker.dataset.shows));
    if (!visit || visit.version <= Number(marker.dataset.version) || document.querySelector("dialog[open]")) return;
    isFreshening = !panel.contains(document.activeElement);
    await open(visitAddress(visit.id));
    isFreshening = false;
  }

  // A form that is open keeps what it has: a click on the grid only chooses its day, hour and person.
  function takePlace({ day, time, minutes, name, column }) {
    const { elements } = form();
    elements.day.value = day;
    elements.time.value = time;
    if (minutes) elements.minutes.value = minutes;
    const select = elements[name];
    if (column && [...select.options].some((option) => option.value === String(column))) select.value = column;
    panel.dataset.typed = "1";
    elements.time.focus();
  }

  // Whether the key was for the panel.
  function takesKey(event, isTyping) {
    if (event.key === "Escape" && !panel.hidden && !document.querySelector("details.menu[open]")) {
      event.preventDefault(); // else the same key would answer the question it makes us ask
      leaving(close);
      return true;
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && panel.contains(event.target)) {
      save(event);
      return true;
    }
    return !isTyping && keepForTheForm(event);
  }

  function save(event) {
    if (event.defaultPrevented || !event.target.form) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  }

  function keepForTheForm(event) {
    if (ahead === null || event.key.length > 1) return false;
    event.preventDefault();
    ahead += event.key;
    return true;
  }

  function handOver() {
    const [typed, field] = [ahead, document.activeElement];
    ahead = null;
    if (!typed || !panel.contains(field) || field.type !== "text") return;
    field.value += typed;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // What is asked is at hand; else, of a form that knows its patient already, the likeliest field: service or hour.
  function takeUp() {
    const asked = form()?.querySelector(".note input");
    if (asked) asked.focus();
    if (!form() || panel.contains(document.activeElement)) return;
    const isBare = !form().elements.version.value && !form().querySelector(".note, .chip");
    (isBare ? form().querySelector(".chip-box input") : form().elements.time)?.focus();
  }

  function listen() {
    panel.addEventListener("click", (event) => {
      if (event.target.closest("[data-close-panel]")) leaving(close);
    });
    panel.addEventListener("input", () => {
      panel.dataset.typed = "1";
    });
    panel.addEventListener("change", ({ target }) => {
      const fields = target.form?.elements;
      const scope = fields?.scope;
      if (!scope) return;
      if (ONE_OF.includes(target.name) && target.value) scope.value = target.name;
      for (const name of ONE_OF) if (name !== scope.value) fields[name].value = "";
    });
    document.body.addEventListener("htmx:afterSwap", (event) => {
      if (event.detail.target === panel) stand();
    });
    for (const end of ["htmx:afterSettle", "htmx:responseError", "htmx:sendError"])
      document.body.addEventListener(end, (event) => {
        if (event.detail.target !== panel) return;
        takeUp();
        handOver();
      });
  }

  function stand() {
    appear();
    swapped();
    if (isFreshening) return;
    panel.scrollTop = 0;
    if (!panel.querySelector(".field.wrong, form .note")) delete panel.dataset.typed;
    if (!panel.querySelector("[data-patient-picker], .field.wrong")) panel.querySelector("h2")?.focus();
  }
}
