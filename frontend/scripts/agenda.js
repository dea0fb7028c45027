import { createCalendar, Interaction, ResourceTimeGrid, TimeGrid } from "@event-calendar/core";
import { branchClock, clockOf, dayOf, mondayOf, namers, shifted, two, wallOf } from "./agenda/dates.js";
import { drawer, drawHead, label } from "./agenda/drawing.js";
import { CLOSED_TO_MOVES, drawn, NOBODY, read } from "./agenda/feed.js";
import { mover } from "./agenda/moving.js";
import { sidePanel } from "./agenda/panel.js";
import { reader } from "./agenda/reading.js";
import { plainRoles } from "./agenda/roles.js";
import { strip } from "./agenda/strip.js";
import { onSwipe } from "./agenda/swiping.js";

const config = JSON.parse(document.getElementById("agenda-config").textContent);
const clock = branchClock(config.now);
const names = namers(config.language);
const phone = window.matchMedia("(max-width: 700px)");
const byId = (id) => document.getElementById(id);
const [place, work] = [byId("calendar"), byId("work")];
const WIDE_COLUMNS = 7;
const FORMAT = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

const state = {
  day: config.day,
  view: config.view,
  byRoom: config.byRoom,
  who: config.byRoom ? config.room : config.practitioner,
  branch: config.branch,
  freed: false,
};
let visits = [];
let blocks = [];
// People and rooms out of use, or nobody, who have visits in what is shown.
let others = { people: [], rooms: [] };
narrow();

// A phone shows one column, a week is one person's (or room's): somebody is chosen where nobody was.
function narrow() {
  const all = everybody();
  const alone = state.view === "semana" || phone.matches;
  if (alone && !state.who && all.length > 1) {
    state.who = all[0].id;
    state.whoByItself = true;
  } else if (!alone && state.whoByItself) {
    state.who = null;
    state.whoByItself = false;
  }
}

function everybody() {
  return state.byRoom ? [...config.rooms, ...others.rooms] : [...config.practitioners, ...others.people];
}

function meetOthers({ others: people = [], other_rooms: rooms = [] }) {
  const before = JSON.stringify(others);
  others = { people, rooms };
  if (JSON.stringify(others) === before) return;
  if (state.who && !everybody().some((one) => one.id === state.who)) state.who = null;
  narrow();
  calendar.setOption("resources", resources());
  calendar.setOption("columnWidth", columnWidth());
  paintWho();
}

function columns() {
  return everybody().filter((one) => !state.who || one.id === state.who);
}

function resources() {
  return columns().map(({ id, name, colour, photo }) => ({ id, title: name, extendedProps: { colour, photo } }));
}

function viewName() {
  return state.view === "semana" ? "timeGridWeek" : "resourceTimeGridDay";
}

function columnWidth() {
  if (state.view === "semana") return phone.matches ? "112px" : undefined;
  return columns().length > WIDE_COLUMNS ? "168px" : undefined;
}

function scrollTime() {
  const hour = Number(clock.now().slice(11, 13));
  return state.day === clock.today() ? `${two(Math.max(hour - 1, 0))}:00:00` : config.opens;
}

async function load({ start, end }) {
  const wanted = [state.branch, state.byRoom, state.who, state.freed, dayOf(start), dayOf(end)].join(" ");
  const data = await reading(wanted, (signal) => read(config, state, start, end, signal));
  ({ visits, blocks } = data);
  meetOthers(data);
  side.freshen(visits);
  return drawn(data, { config, state, columns: columns(), now: clock.now() });
}

function blockAt(date, resource) {
  const at = wallOf(date);
  const column = Number(resource?.id ?? state.who);
  const mine = (block) => (!block.room && !block.practitioner) || (state.byRoom ? block.room : block.practitioner) === column;
  return blocks.find((block) => block.start <= at && block.end > at && mine(block));
}

function inTheWay(event) {
  const column = state.byRoom ? "room" : "practitioner";
  const [from, to] = [wallOf(event.start), wallOf(event.end)];
  const id = event.extendedProps.visit.id;
  const over = visits.find(
    (one) =>
      one.id !== id &&
      !CLOSED_TO_MOVES.includes(one.state) &&
      String(one[column] ?? NOBODY) === event.resourceIds[0] &&
      one.start < to &&
      one.end > from,
  );
  return over && `${over.start.slice(11, 16)} ${over.patient}`;
}

const labelled = label({ config, openBlock });

// What is drawn again keeps the keyboard's place: the block of the visit (or blockage) that had it gets it back.
let held = null;
const nameOf = ({ dataset }) => dataset.visit ?? `block ${dataset.block}`;
document.addEventListener("focusin", ({ target }) => {
  const block = place.contains(target) && target.closest(".ec-event");
  held = block ? nameOf(block) : null;
});
document.addEventListener("pointerdown", () => {
  held = null;
});

// The visit at the side is marked in the grid.
function mark(blocks = place.querySelectorAll("[data-visit]")) {
  for (const block of blocks) block.classList.toggle("shown", block.dataset.visit === side.shown());
}

function visitAddress(id) {
  return config.urls.panel.replace("/0", `/${id}`);
}

// A visit that the address names is brought into view, once.
let sought = String(config.opened);
function seek(block) {
  if (block.dataset.visit !== sought) return;
  sought = null;
  requestAnimationFrame(() => block.scrollIntoView({ block: "center" }));
}

function takeHold(block) {
  if (held === nameOf(block) && document.activeElement === document.body) block.focus({ preventScroll: true });
}

plainRoles(place);
const reading = reader({ grid: work, line: byId("unread"), words: config.words, again: reload });
const side = sidePanel({
  panel: byId("panel"),
  work,
  visitAddress,
  swapped: mark,
  closed: (visit) => {
    mark();
    calendar.unselect();
    const from = visit && place.querySelector(`[data-visit="${visit}"]`);
    from?.focus();
    held = visit && String(visit);
  },
});
const calendar = createCalendar(place, [TimeGrid, ResourceTimeGrid, Interaction], {
  view: viewName(),
  date: state.day,
  locale: names.locale,
  firstDay: 1,
  height: "100%",
  headerToolbar: { start: "", center: "", end: "" },
  allDaySlot: false,
  nowIndicator: true,
  timeZone: clock.offset,
  slotDuration: "00:15",
  slotLabelInterval: "01:00",
  snapDuration: "00:05",
  slotHeight: 22,
  slotMinTime: config.first,
  slotMaxTime: config.last,
  flexibleSlotTimeLimits: true,
  scrollTime: scrollTime(),
  slotLabelFormat: FORMAT,
  eventTimeFormat: FORMAT,
  dayHeaderFormat: { weekday: "short", day: "numeric", month: "short" },
  slotEventOverlap: false,
  resources: resources(),
  columnWidth: columnWidth(),
  resourceLabelContent: drawHead,
  eventSources: [{ events: load }],
  lazyFetching: false,
  eventContent: drawer({ config, inTheWay }),
  eventDidMount: (info) => {
    labelled(info);
    takeHold(info.el);
    mark([info.el]);
    seek(info.el);
  },
  selectable: config.may.edit,
  selectMinDistance: 6,
  eventStartEditable: config.may.edit,
  eventDurationEditable: config.may.edit,
  eventLongPressDelay: 500,
  selectLongPressDelay: 500,
  longPressDelay: 500,
  dateClick: ({ date, resource }) => {
    const block = blockAt(date, resource);
    if (block) openBlock(block.id);
    else openForm(date, null, resource);
  },
  select: ({ start, end, resource }) => openForm(start, end, resource),
  eventClick: ({ event }) => event.extendedProps.kind === "visit" && side.openVisit(event.extendedProps.visit.id),
  eventDrop: (info) => moved(info),
  eventResize: (info) => moved(info),
});
const moved = mover({ config, state, reload });
const paintStrip = strip(byId("strip"), { config, state, names, choose: (day) => show({ day }) });

function reload() {
  calendar.refetchEvents();
}

function show(change) {
  Object.assign(state, change);
  narrow();
  calendar.setOption("view", viewName());
  calendar.setOption("resources", resources());
  calendar.setOption("columnWidth", columnWidth());
  calendar.setOption("date", state.day);
  reload();
  paint();
}

function paint() {
  byId("agenda-title").textContent = state.view === "dia" ? names.day(state.day) : names.week(state.day);
  for (const button of document.querySelectorAll("[data-view]"))
    button.setAttribute("aria-pressed", String(button.dataset.view === state.view));
  for (const button of document.querySelectorAll("[data-by]"))
    button.setAttribute("aria-pressed", String((button.dataset.by === "box") === state.byRoom));
  paintWho();
  const asked = new URLSearchParams({ dia: state.day, vista: state.view, sucursal: state.branch });
  if (state.byRoom) asked.set("por", "box");
  if (state.who) asked.set(state.byRoom ? "box" : "profesional", state.who);
  history.replaceState(null, "", `?${asked}`);
  // Another branch, the same day; who works there is somebody else.
  for (const link of document.querySelectorAll("header a[data-branch]"))
    link.search = new URLSearchParams({ dia: state.day, vista: state.view, sucursal: link.dataset.branch });
  const list = byId("list");
  if (list) list.href = `${config.urls.list}?${asked}`;
  paintStrip();
}

function paintWho() {
  const who = byId("who");
  const all = new Option(config.words.everybody, "");
  const alone = state.view === "semana" || phone.matches;
  who.replaceChildren(...(alone ? [] : [all]), ...everybody().map((one) => new Option(one.name, one.id)));
  who.value = state.who || "";
  who.hidden = everybody().length < 2;
}

function openBlock(id) {
  side.leaving(() => side.open(config.urls.blockPanel.replace("/0", `/${id}`)));
}

function openForm(start, end, resource) {
  if (!config.may.edit) return;
  if (side.form() && start) side.takePlace(placeOf(start, end, resource));
  else side.leaving(() => side.openToType(formAddress(config.urls.create, start, end, resource)));
}

function placeOf(start, end, resource) {
  return {
    day: dayOf(start),
    time: clockOf(start),
    minutes: end && Math.round((end - start) / 60_000),
    name: state.byRoom ? "room" : "practitioner",
    column: Number(resource?.id ?? state.who),
  };
}

function formAddress(base, start, end, resource) {
  const asked = new URLSearchParams({ sucursal: state.branch, dia: start ? dayOf(start) : state.day });
  asked.set("hora", start ? clockOf(start) : likelyTime());
  if (end) asked.set("minutos", Math.round((end - start) / 60_000));
  const column = Number(resource?.id ?? state.who);
  if (column && column !== NOBODY) asked.set(state.byRoom ? "box" : "profesional", column);
  return `${base}?${asked}`;
}

// Without a place on the grid: now, to the quarter hour, or when the day begins.
function likelyTime() {
  const opens = config.opens.slice(0, 5);
  if (state.day !== clock.today() || clock.now().slice(11, 16) < opens) return opens;
  const [hour, minute] = clock.now().slice(11, 16).split(":").map(Number);
  const quarters = Math.min(Math.ceil((hour * 60 + minute) / 15), 95);
  return `${two(Math.floor(quarters / 4))}:${two((quarters % 4) * 15)}`;
}

const step = () => (state.view === "semana" ? 7 : 1);
const go = {
  prev: () => show({ day: shifted(state.day, -step()) }),
  next: () => show({ day: shifted(state.day, step()) }),
  today: () => show({ day: clock.today() }),
};
const KEYS = {
  ArrowLeft: go.prev,
  ArrowRight: go.next,
  t: go.today,
  d: () => show({ view: "dia" }),
  w: () => show({ view: "semana" }),
  n: () => openForm(null, null, null),
};

function onClick(selector, act) {
  for (const one of document.querySelectorAll(selector))
    one.addEventListener("click", (event) => {
      event.preventDefault();
      act(one);
    });
}

for (const [id, act] of Object.entries(go)) onClick(`#${id}`, act);
onClick("[data-view]", (button) => show({ view: button.dataset.view }));
onClick("[data-by]", (button) => show({ byRoom: button.dataset.by === "box", who: null }));
onClick("#new", () => openForm(null, null, null));
onClick("#new-block", () => side.leaving(() => side.open(formAddress(config.urls.block, null, null, null))));
byId("who").addEventListener("change", (event) => show({ who: Number(event.target.value) || null, whoByItself: false }));
byId("freed").addEventListener("change", (event) => {
  state.freed = event.target.checked;
  reload();
});
byId("branch")?.addEventListener("change", (event) => {
  location.search = new URLSearchParams({ dia: state.day, vista: state.view, sucursal: event.target.value });
});
phone.addEventListener("change", () => show({ who: null }));
document.addEventListener("keydown", (event) => {
  const typing =
    event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey;
  if (document.querySelector("dialog[open]")) return;
  if (side.takesKey(event, typing)) return;
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (act && !typing) {
    event.preventDefault();
    act();
  }
});

onSwipe(place, (way) => {
  if (!phone.matches || state.view !== "dia") return;
  const all = everybody();
  const next = all[all.findIndex((one) => one.id === state.who) + way];
  if (next) show({ who: next.id });
});

document.body.addEventListener("agenda-changed", () => {
  reload();
  paintStrip();
});
// Several changes at once are read together.
let reloading;
function reloadSoon() {
  clearTimeout(reloading);
  reloading = setTimeout(reload, 80);
}

document.addEventListener("live:agenda", ({ detail }) => {
  const from = state.view === "semana" ? mondayOf(state.day) : state.day;
  const to = state.view === "semana" ? shifted(from, 6) : state.day;
  if (detail.branch && detail.branch !== state.branch) return;
  if (detail.first <= to && detail.last >= from) reloadSoon();
  paintStrip();
});
document.addEventListener("live:resync", reloadSoon);

paint();
if (config.opened) side.open(visitAddress(config.opened));
else if (config.bookFor) side.open(`${formAddress(config.urls.create, null, null, null)}&paciente=${config.bookFor}`);
