import { element, icon } from "../shell/elements.js";
import { clockOf } from "./dates.js";

const FREED = ["suspended", "deleted", "waitlisted"];

// What stands inside a block of the grid. `inTheWay(event)` names what a dragged visit would lie over.
export function drawer({ config, inTheWay }) {
  return ({ event }) => {
    const { kind, visit, until } = event.extendedProps;
    if (kind === "visit") return { domNodes: [drawVisit(event, visit)] };
    if (kind === "block") return { domNodes: [element("span", "visit", event.title)] };
    if (kind === "hold") return { domNodes: [element("span", "visit", `${config.words.held} ${until}`)] };
    if (event.display === "preview") return { domNodes: [drawFree(event)] };
    return undefined;
  };

  function drawVisit(event, visit) {
    const state = config.states[visit.state];
    const marks = [
      "visit",
      `state-${visit.state}`,
      visit.over && "over",
      FREED.includes(visit.state) && "freed",
    ];
    const box = element("span", marks.filter(Boolean).join(" "));
    const times = `${clockOf(event.start)}–${clockOf(event.end)}`;
    const moving = event.display === "preview";
    const first = element("span", "line");
    first.append(icon(state.icon), element("span", moving ? "" : "clock", moving ? times : clockOf(event.start)));
    first.append(element("span", "who", visit.patient || config.words.nobody));
    first.append(drawFlags(visit));
    if (visit.letter) first.append(element("span", "letter", visit.letter));
    box.append(first, element("span", "line what", visit.service));
    const clash = moving && inTheWay(event);
    if (clash) {
      box.classList.add("clash");
      box.append(element("span", "line clash-with", `${config.words.inTheWay} ${clash}`));
    }
    box.title = `${times} · ${visit.patient || config.words.nobody} · ${visit.service} · ${state.label}`;
    return box;
  }
}

function drawFlags(visit) {
  const box = element("span", "flags");
  const flags = [visit.first && "star", visit.note && "note", visit.online && "world"].filter(Boolean);
  box.append(...flags.map((flag) => icon(flag)));
  return box;
}

function drawFree(event) {
  const box = element("span", "visit new");
  box.append(element("span", "line", `${clockOf(event.start)}–${clockOf(event.end)}`));
  return box;
}

export function drawHead({ resource }) {
  const head = element("span", "column-head");
  const name = element("span", "name", resource.title);
  head.title = resource.title;
  head.append(face(resource), name);
  return { domNodes: [head] };
}

// The photograph with the colour around it, or initials on the colour.
function face({ title, extendedProps: { colour, photo } }) {
  const dot = photo ? element("img", "dot") : element("span", "dot", initialsOf(title));
  if (photo) Object.assign(dot, { src: photo, alt: "" });
  dot.style.backgroundColor = colour;
  dot.style.borderColor = colour;
  dot.setAttribute("aria-hidden", "true");
  return dot;
}

function initialsOf(name) {
  const capitals = name.split(/\s+/).filter((part) => /^[\p{Lu}\d]/u.test(part));
  return capitals
    .slice(-2)
    .map((part) => part[0])
    .join("")
    .toUpperCase();
}

// Labels for those who hear the page instead of seeing it; a block, which lies behind, is opened by its key.
export function label({ config, openBlock }) {
  return ({ event, el }) => {
    const { kind, visit, id } = event.extendedProps;
    const times = `${clockOf(event.start)}–${clockOf(event.end)}`;
    if (kind === "visit") {
      el.dataset.visit = visit.id;
      const state = config.states[visit.state].label;
      const patient = visit.patient || config.words.nobody;
      el.setAttribute("aria-label", [times, patient, visit.service, state].filter(Boolean).join(", "));
    } else if (kind === "block") {
      el.dataset.block = id;
      el.tabIndex = 0;
      el.setAttribute("role", "button");
      el.setAttribute("aria-label", `${event.title}, ${times}`);
      el.addEventListener("keydown", ({ key }) => key === "Enter" && openBlock(id));
    }
  };
}
