// Booking, confirming and cancelling go out without leaving the page, so that a network that fails costs nothing: they
// are tried again for a while, and then the page says so with everything typed still there.
import { PAUSE, attempt, wait } from "./posting.js";

const LONGEST = 20_000,
  form = document.querySelector("form[data-once]");

async function answer() {
  const end = Date.now() + LONGEST;
  while (navigator.onLine && Date.now() < end) {
    const found = await attempt(form, end - Date.now());
    if (found) return found;
    await wait(PAUSE);
  }
  return null;
}

async function send(button) {
  const away = form.querySelector("[data-away]");
  away.hidden = true;
  form.dataset.sent = "1";
  button.setAttribute("aria-busy", "true");
  const found = await answer();
  if (found?.redirected) return location.assign(found.url);
  // A page that refuses is shown by the browser itself.
  if (found) return form.submit();
  delete form.dataset.sent;
  button.removeAttribute("aria-busy");
  away.hidden = false;
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!form.dataset.sent) send(form.querySelector("button:not([type])"));
});
