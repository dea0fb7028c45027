import { element } from "./elements.js";

const PAUSE = 150;

// A list under an input that fills while one types (a combobox, WAI-ARIA).
// `find(text)` gives a promise of things, `words(thing)` their title and detail, `choose(thing)` takes one.
// Enter takes what is marked, or the first; while `staysOnEnter()` it never sends the form around the input.
export function suggest(input, list, { find, words, choose, onFocus = false, staysOnEnter = () => false }) {
  let found = [];
  let at = -1;
  let timer;
  let asked = 0;
  let isBehind = false; // the list is of an earlier text

  const show = () => {
    list.replaceChildren(...found.map(option));
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    if (at >= 0) input.setAttribute("aria-activedescendant", `${list.id}-${at}`);
    else input.removeAttribute("aria-activedescendant");
    list.children[at]?.scrollIntoView({ block: "nearest" });
  };
  const option = (one, index) => {
    const [title, detail] = words(one);
    const item = element("li");
    item.id = `${list.id}-${index}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", String(index === at));
    item.append(element("b", "", title), " ", element("span", "quiet small", detail));
    item.addEventListener("mousedown", (event) => {
      event.preventDefault();
      pick(index);
    });
    return item;
  };
  const close = () => {
    found = [];
    at = -1;
    show();
  };
  const pick = (index) => {
    const one = found[index];
    close();
    if (one) choose(one);
  };
  const look = async () => {
    const mine = ++asked;
    const answer = await find(input.value).catch(() => []);
    if (mine !== asked) return;
    found = answer;
    at = -1;
    isBehind = false;
    show();
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    isBehind = true;
    timer = setTimeout(look, PAUSE);
  });
  if (onFocus) input.addEventListener("focus", look);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      at = Math.max(-1, Math.min(found.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)));
      show();
    } else if (event.key === "Enter" && found.length && !isBehind) {
      event.preventDefault();
      pick(Math.max(at, 0));
    } else if (event.key === "Enter" && staysOnEnter()) {
      event.preventDefault();
      clearTimeout(timer);
      look().then(() => found.length && pick(0));
    } else if (event.key === "Escape" && found.length) {
      event.stopPropagation();
      close();
    }
  });
  input.addEventListener("blur", () => {
    asked++;
    setTimeout(close, PAUSE);
  });
}

// Finds by asking an address that answers JSON.
export function asking(address, read) {
  return async (text) => {
    if (text.trim().length < 2) return [];
    const answer = await fetch(`${address}?q=${encodeURIComponent(text)}`, {
      headers: { Accept: "application/json" },
    });
    return answer.ok ? read(await answer.json()) : [];
  };
}
