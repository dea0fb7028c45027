import { element, icon } from "./elements.js";
import { words } from "./words.js";

// A button in each password field shows what is typed; without scripts the field just stays hidden.
export function startPasswords() {
  for (const field of document.querySelectorAll("input[type=password]")) addPeek(field);
}

function addPeek(field) {
  const box = element("span", "peekable");
  const button = element("button", "peek");
  button.type = "button";
  button.setAttribute("aria-controls", field.id);
  button.setAttribute("aria-label", words.showPassword);
  field.replaceWith(box);
  box.append(field, button);
  const show = (isShown) => {
    field.type = isShown ? "text" : "password";
    button.setAttribute("aria-pressed", String(isShown));
    button.title = isShown ? words.hidePassword : words.showPassword;
    button.replaceChildren(icon(isShown ? "eye-off" : "eye", ""));
  };
  show(false);
  button.addEventListener("click", () => show(field.type === "password"));
  // What is sent, or found again by going back, is hidden: browsers offer to keep it as a password.
  field.form?.addEventListener("submit", () => show(false));
}
