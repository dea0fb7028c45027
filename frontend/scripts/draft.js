// What was typed stays in this tab until it is booked: a reload, a step back or a lost network does not cost it.
const PLACE = "reservo.draft",
  form = document.querySelector("form[data-draft]");

// A browser that lets a framed page keep nothing refuses the very name.
function quietly(act) {
  try {
    return act();
  } catch {
    return null;
  }
}

const fields = () => [...form.elements].filter((field) => field.name && field.type !== "hidden");
const isTick = (field) => field.type === "checkbox";

function keep() {
  const typed = fields().map((field) => [field.name, isTick(field) ? field.checked : field.value]);
  quietly(() => sessionStorage.setItem(PLACE, JSON.stringify([form.dataset.draft, typed])));
}

// Only into a form that is untouched: what a refused one shows is what was sent.
function bring() {
  const [id, typed] = quietly(() => JSON.parse(sessionStorage.getItem(PLACE))) ?? [];
  if (id !== form.dataset.draft || fields().some((field) => (isTick(field) ? field.checked : field.value))) return;
  const kept = Object.fromEntries(typed);
  for (const field of fields())
    if (field.name in kept) field[isTick(field) ? "checked" : "value"] = kept[field.name];
}

if (form) {
  bring();
  form.addEventListener("input", keep);
}
if (document.querySelector(".done")) quietly(() => sessionStorage.removeItem(PLACE));
