// A form that could not be saved yet goes out again, as it is, until it is saved or its time is over. It carries a key
// of its own: however often it arrives, it counts once.
import { PAUSE, attempt, wait } from "./posting.js";

const form = document.querySelector("form[data-again]");

async function goOn() {
  const [bar, said, button] = ["progress", "[role=status]", "button"].map((name) => form.querySelector(name)),
    most = Number(form.dataset.again) * 1000,
    began = Date.now(),
    left = () => most - (Date.now() - began);
  const drawing = setInterval(() => (bar.value = (most - left()) / 1000), 250);
  said.textContent = said.dataset.going;
  bar.hidden = false;
  button.hidden = true;
  while (left() > 0) {
    await wait(Math.min(PAUSE, left()));
    const answer = left() > 0 ? await attempt(form, left()) : null;
    if (answer?.redirected) return location.replace(answer.url);
    if (answer && answer.status !== 503) return form.submit();
  }
  clearInterval(drawing);
  said.textContent = said.dataset.over;
  bar.hidden = true;
  button.hidden = false;
}

if (form) goOn();
