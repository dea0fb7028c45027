// Comfort for the booking page; every step works without it.
import "./again.js";
import "./draft.js";
import "./sending.js";
const LONGEST_WAIT = 8000;

// What answers a form is found again by going back or reloading, without sending the form once more.
const { lastingUrl } = document.body.dataset;
if (lastingUrl) history.replaceState(null, "", lastingUrl);

const clock = document.querySelector("[data-seconds]");
if (clock) {
  const shown = clock.querySelector("[data-clock]"),
    end = Date.now() + Number(clock.dataset.seconds) * 1000;
  const tick = () => {
    const left = Math.max(0, Math.round((end - Date.now()) / 1000));
    shown.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (left) setTimeout(tick, 1000);
    else clock.querySelector("span").textContent = clock.dataset.over;
  };
  tick();
}
for (const form of document.querySelectorAll("form:not([data-once])"))
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    event.submitter?.setAttribute("aria-busy", "true");
    setTimeout(calm, LONGEST_WAIT);
  });

// A step that takes its time says at once that it was pressed: inside a frame nothing else does.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a.choice, a.day, a.button:not([href*='.ics'])"),
    isElsewhere = event.ctrlKey || event.metaKey || event.shiftKey;
  if (!link || isElsewhere) return;
  link.setAttribute("aria-busy", "true");
  setTimeout(calm, LONGEST_WAIT);
});

// Nothing came, or the page was found again by going back: everything can be pressed once more.
function calm() {
  for (const form of document.forms) delete form.dataset.sent;
  for (const pressed of document.querySelectorAll("[aria-busy]")) pressed.removeAttribute("aria-busy");
}
addEventListener("pageshow", (event) => event.persisted && calm());

document.querySelector(".days :is([aria-current], .chosen)")?.scrollIntoView({ inline: "center", block: "nearest" });

// What takes the focus does not stay hidden behind the summary.
const summary = document.querySelector(".summary");
if (summary)
  new ResizeObserver(() => {
    document.documentElement.style.scrollPaddingTop = `${summary.offsetHeight + 8}px`;
  }).observe(summary);

// Inside a frame the page tells its height, and once where it begins: at its top, or at what is wrong in it.
if (window.parent !== window) {
  const tell = (said) => window.parent.postMessage(said, "*"),
    tellHeight = () => tell({ reservoHeight: document.documentElement.scrollHeight });
  new ResizeObserver(tellHeight).observe(document.body);
  tellHeight();
  tell({ reservoBegin: document.querySelector(".field.wrong")?.getBoundingClientRect().top ?? 0 });
}
