import { ask } from "./dialogs.js";
import { words } from "./words.js";

// Some forms ask one thing more before they leave: whether to tell the patient, a reason, a confirmation.
const QUESTIONS = [
  ["[data-ask-tell]", askTell],
  ["[data-ask-reason]", askReason],
  ["[data-confirm]", askGo],
];

export function startForms() {
  document.addEventListener("submit", question, true);
  guardUnsaved();
  focusFirstError(document);
}

export function focusFirstError(root) {
  root.querySelector?.(".field.wrong :is(input, select, textarea):not([type=hidden], [hidden], .brush *)")?.focus();
}

function question(event) {
  const form = event.target;
  if (form.dataset.asked) {
    delete form.dataset.asked;
    return;
  }
  const found = QUESTIONS.find(([selector]) => form.matches(selector));
  if (!found) return;
  const button = event.submitter;
  event.preventDefault();
  event.stopImmediatePropagation();
  found[1](form).then((go) => {
    if (!go) return;
    form.dataset.asked = "1";
    form.requestSubmit(button);
  });
}

export function tellQuestion() {
  return ask(words.tell, [
    { label: words.tellYes, value: "yes", primary: true },
    { label: words.tellNo, value: "no" },
    { label: words.back, value: "" },
  ]);
}

async function askTell(form) {
  const answer = await tellQuestion();
  if (answer) hidden(form, "tell", answer === "yes" ? "1" : "");
  return answer;
}

async function askReason(form) {
  const answers = [
    { label: words.save, value: "save", primary: true },
    { label: words.back, value: "", leaves: true },
  ];
  const reason = await ask(form.dataset.askReason, answers, { typed: words.reason });
  if (reason) hidden(form, "reason", reason);
  return reason;
}

function askGo(form) {
  const label = form.dataset.confirmLabel || words.goOn;
  return ask(form.dataset.confirm, [
    { label, value: "yes", primary: true },
    { label: words.back, value: "" },
  ]);
}

function hidden(form, name, value) {
  form.querySelector(`input[type=hidden][name=${name}]`)?.remove();
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
}

// Forms with changes warn before they are left, also by sending another form of the page.
function guardUnsaved() {
  const changed = new Set();
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-guard]");
    if (form) changed.add(form);
  });
  document.addEventListener("submit", (event) => changed.delete(event.target));
  window.addEventListener("beforeunload", (event) => {
    if ([...changed].some((form) => form.isConnected)) event.preventDefault();
  });
}
