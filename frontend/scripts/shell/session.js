import { csrf, renew } from "./csrf.js";
import { element } from "./elements.js";
import { toast } from "./toasts.js";
import { words } from "./words.js";

const TYPED = ":is(input:not([type=hidden]), textarea)";

// A 401 says that who is at the screen is not proved: the session is over, or was made anew in another tab. Forms stay
// as they were typed; what was sent is sent once more, where a fresh proof is to be had.
export function startSession() {
  document.addEventListener("submit", beforeLeaving);
  document.addEventListener("htmx:responseError", ({ detail }) => {
    if (detail.xhr.status === 401 && document.body.dataset.sessionUrl) unproved(detail.requestConfig);
    else toast({ text: words.failed, bad: true });
  });
}

async function unproved({ verb, path, elt, target, formData, headers }) {
  if (headers["Sent-Again"] || (await isOver())) return sessionEnded(elt);
  formData.delete("csrfmiddlewaretoken");
  window.htmx.ajax(verb, path, { source: elt, target, values: formData, headers: { "Sent-Again": "1" } });
}

// A script's own request that changes something.
export async function post(address, body) {
  const send = () =>
    fetch(address, { method: "POST", body, headers: { "X-CSRFToken": csrf(), Accept: "application/json" } });
  const answer = await send();
  if (answer.status !== 401) return answer;
  if (!(await isOver())) return send();
  sessionEnded();
  return answer;
}

// Without a form in which something may stand the page may be thrown away: the log-in leads back to it.
export function sessionEnded(sender) {
  const form = sender?.closest("form");
  if (!form?.querySelector(TYPED) && !openForm()) return location.reload();
  const logIn = tellIn(form ?? openForm());
  if (form) logIn.focus();
}

function openForm() {
  const forms = document.querySelectorAll("main form:is([method=post], [hx-post])");
  return [...forms].find((form) => form.querySelector(TYPED));
}

function tellIn(form) {
  const told = form.querySelector("[data-session-over] a");
  if (told) return told;
  const note = element("div", "note warn");
  note.dataset.sessionOver = "";
  note.setAttribute("role", "alert");
  const link = element("a", "", words.logIn);
  Object.assign(link, { href: document.body.dataset.loginUrl, target: "_blank", rel: "noopener" });
  note.append(`${words.sessionOver} `, link);
  const buttons = form.querySelector(".buttons");
  if (buttons) buttons.before(note);
  else form.append(note);
  return link;
}

// A form that leaves the page asks first whether there is still somebody to save for.
async function beforeLeaving(event) {
  const form = event.target;
  const button = event.submitter;
  if (event.defaultPrevented || !form.matches("[data-guard]") || !document.body.dataset.sessionUrl) return;
  if (form.dataset.known) {
    delete form.dataset.known;
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  if (form.dataset.asking) return;
  form.dataset.asking = "1";
  const isGone = await isOver().catch(() => null);
  delete form.dataset.asking;
  if (isGone === null) toast({ text: words.offline, bad: true });
  else if (isGone) sessionEnded(form);
  else {
    form.dataset.known = form.dataset.asked = "1";
    form.requestSubmit(button);
  }
}

async function isOver() {
  const answer = await fetch(document.body.dataset.sessionUrl, { headers: { Accept: "application/json" } });
  if (answer.ok) renew((await answer.json()).proof);
  return answer.status === 401;
}
