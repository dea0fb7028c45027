// Comfort for the booking page; every step works without it.
import "./again.js";
import "./draft.js";
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
for (const form of document.querySelectorAll("form"))
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    const away = form.querySelector("[data-away]");
    if (away) away.hidden = navigator.onLine;
    if (away && !navigator.onLine) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    event.submitter?.setAttribute("aria-busy", "true");
    setTimeout(() => {
      delete form.dataset.sent;
      event.submitter?.removeAttribute("aria-busy");
    }, 8000);
  });
document.querySelector(".days [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

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
