import { element, icon } from "./elements.js";
import { asking, suggest } from "./suggestions.js";
import { words } from "./words.js";

// The patient of a visit's form: found or made while typing.
export function patientPickers(root) {
  for (const box of root.querySelectorAll("[data-patient-picker]:not([data-ready])")) {
    box.dataset.ready = "1";
    const input = box.querySelector("input[role=combobox]");
    const target = document.getElementById(box.dataset.target);
    const made = box.querySelector("[data-new-patient]");
    const choose = (one) => {
      if (one.isNew) {
        made.open = true;
        return;
      }
      target.value = one.id;
      input.hidden = true;
      if (made) made.hidden = true;
      input.before(chosenLine(one.name));
      document.querySelector("#panel .chip-box input")?.focus();
    };
    suggest(input, box.querySelector("ul"), {
      find: asking(box.dataset.url, (answer) => [...answer.patients, ...(made ? [{ isNew: true }] : [])]),
      words: (one) =>
        one.isNew
          ? [`${made.querySelector("summary").textContent.trim()} «${input.value.trim()}»`, ""]
          : [one.name, [one.national_id, one.phone].filter(Boolean).join(" · ")],
      choose,
      staysOnEnter: () => true,
    });
    box.addEventListener("click", (event) => {
      if (!event.target.closest("[data-clear]")) return;
      target.value = "";
      box.querySelector("[data-chosen]")?.remove();
      input.hidden = false;
      if (made) made.hidden = false;
      input.value = "";
      input.focus();
    });
    made?.addEventListener("toggle", () => fillNames(made, input.value));
    if (made && target.value) made.hidden = true;
    if (!input.hidden) input.focus();
  }
}

function chosenLine(name) {
  const line = element("p", "chosen");
  line.dataset.chosen = "";
  const change = element("button", "button link", words.change);
  change.type = "button";
  change.dataset.clear = "";
  line.append(element("span", "", name), change);
  return line;
}

// What was typed to search is the name of the new patient, or the phone, or the document.
function fillNames(made, typed) {
  const inputs = [...made.querySelectorAll("input")];
  if (!made.open || !typed.trim() || inputs.some((input) => input.value)) return;
  const named = (end) => inputs.find((input) => input.name.endsWith(end));
  if (/^\+?[\d\s()-]{7,}$/.test(typed)) named("phone").value = typed.trim();
  else if (/\d/.test(typed)) named("national_id").value = typed.trim();
  else {
    const [first, ...rest] = typed.trim().split(/\s+/);
    named("given_name").value = first;
    named("paternal_surname").value = rest.join(" ");
  }
  inputs.find((input) => !input.value)?.focus();
}

// A list of which several are chosen, as chips with a type-ahead; the plain list stays for the server.
export function chipPickers(root) {
  for (const select of root.querySelectorAll("select[multiple][data-chips]:not([data-ready])")) {
    select.dataset.ready = "1";
    select.hidden = true;
    const box = element("div", "chip-box");
    const chips = element("div", "chips");
    const input = element("input");
    const list = element("ul", "suggestions");
    input.type = "text";
    input.autocomplete = "off";
    input.id = `${select.id}_typed`;
    input.placeholder = select.dataset.chips;
    list.id = `${select.id}_list`;
    list.hidden = true;
    list.setAttribute("role", "listbox");
    const label = document.querySelector(`label[for="${select.id}"]`);
    if (label) {
      label.htmlFor = input.id;
      list.setAttribute("aria-label", label.textContent);
    }
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", list.id);
    box.append(chips, input, list);
    box.dataset.chipsOf = select.id;
    select.after(box);

    const paint = () => chips.replaceChildren(...[...select.selectedOptions].map(chip));
    const chip = (option) => {
      const made = element("button", "chip", option.textContent);
      made.type = "button";
      made.setAttribute("aria-label", `${words.remove} ${option.textContent}`);
      made.append(icon("x"));
      made.addEventListener("click", () => {
        option.selected = false;
        paint();
        input.focus();
      });
      return made;
    };
    suggest(input, list, {
      onFocus: true,
      find: async (text) => {
        const parts = plain(text).split(/\s+/).filter(Boolean);
        const free = [...select.options].filter((option) => !option.selected && option.value);
        return free
          .filter((option) => parts.every((part) => plain(option.textContent).includes(part)))
          .slice(0, 40);
      },
      words: (option) => [option.textContent, option.dataset.detail || ""],
      staysOnEnter: () => Boolean(input.value.trim()),
      choose: (option) => {
        option.selected = true;
        input.value = "";
        paint();
      },
    });
    paint();
  }
}

function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
