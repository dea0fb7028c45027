// Comfort for the booking page; every step works without it.
const clock = document.querySelector("[data-seconds]");
if (clock) {
  const shown = clock.querySelector("[data-clock]"),
    end = Date.now() + Number(clock.dataset.seconds) * 1000;
  const tick = () => {
    const left = Math.max(0, Math.round((end - Date.now()) / 1000));
    shown.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (left) setTimeout(tick, 1000);
  };
  tick();
}
for (const form of document.querySelectorAll("form"))
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    setTimeout(() => {
      delete form.dataset.sent;
    }, 8000);
  });
document.querySelector(".days [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
document.querySelector(".field.wrong input, .field.wrong textarea")?.focus();

// What was typed is kept on this tab alone, for the case that the hour was taken meanwhile.
const kept = document.getElementById("kept"),
  store = "reservo-typed";
try {
  if (kept && Object.keys(JSON.parse(kept.textContent)).length)
    sessionStorage.setItem(store, kept.textContent);
  const typed = JSON.parse(sessionStorage.getItem(store) || "{}"),
    form = document.querySelector("form[data-once]");
  if (form && Object.keys(typed).length) {
    for (const [name, value] of Object.entries(typed)) {
      const input = form.elements[name];
      if (input && !input.value && input.type !== "checkbox") input.value = value;
    }
    sessionStorage.removeItem(store);
  }
} catch {
  /* storage may be closed in a frame */
}

// Inside a frame the page tells its height.
if (window.parent !== window) {
  const tell = () => window.parent.postMessage({ reservoHeight: document.documentElement.scrollHeight }, "*");
  new ResizeObserver(tell).observe(document.body);
  tell();
}
