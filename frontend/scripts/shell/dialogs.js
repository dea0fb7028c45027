import { element } from "./elements.js";

// A question with named answers: resolves to the value of the button pressed, or null when it is left.
export function ask(question, answers, { details = [], typed = "" } = {}) {
  const dialog = element("dialog");
  const form = element("form");
  form.method = "dialog";
  const title = element("h2", "", question);
  title.id = "question";
  dialog.setAttribute("aria-labelledby", title.id);
  form.append(title);
  form.append(...details.map((detail) => element("p", "", detail)));
  const input = typed ? textInput(form, typed) : null;
  const buttons = element("div", "buttons");
  for (const { label, value, primary, leaves } of answers) {
    const button = element("button", primary ? "button primary" : "button", label);
    button.value = value;
    if (leaves) button.formNoValidate = true;
    buttons.append(button);
  }
  form.append(buttons);
  dialog.append(form);
  document.body.append(dialog);
  const before = document.activeElement;
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      before?.focus?.();
      resolve(dialog.returnValue ? (input ? input.value.trim() : dialog.returnValue) : null);
    });
  });
}

function textInput(form, label) {
  const field = element("div", "field");
  const name = element("label", "", label);
  const input = element("input");
  input.id = name.htmlFor = "answer-typed";
  input.required = true;
  input.maxLength = 200;
  field.append(name, input);
  form.append(field);
  return input;
}
