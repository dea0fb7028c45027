import { createCalendar, Interaction, ResourceTimeGrid, TimeGrid } from "@event-calendar/core";

const config = JSON.parse(document.getElementById("agenda-config").textContent);
const words = config.words, locale = config.language === "en" ? "en-GB" : "es-CL";
const work = document.getElementById("work"), panel = document.getElementById("panel"), title = document.getElementById("agenda-title");
const state = { day: config.day, view: config.view, byRoom: config.byRoom, who: config.practitioner, branch: config.branch, freed: false };
const phone = window.matchMedia("(max-width: 700px)");
const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

if (phone.matches && state.view === "dia" && !state.who && config.practitioners.length) state.who = config.practitioners[0].id;

const utc = (text) => new Date(text + "T12:00:00Z");
const iso = (date) => `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`;
const wall = (date) => `${iso(date)}T${String(date.getHours()).padStart(2, "0")}:${String(date.getMinutes()).padStart(2, "0")}:00`;
const shift = (day, count) => { const date = utc(day); date.setUTCDate(date.getUTCDate() + count); return date.toISOString().slice(0, 10); };
const monday = (day) => shift(day, -((utc(day).getUTCDay() + 6) % 7));
const people = () => (state.byRoom ? config.rooms : config.practitioners.filter((person) => !state.who || person.id === state.who));
const initials = (name) => name.split(/\s+/).filter((part) => /^\p{Lu}/u.test(part)).slice(-2).map((part) => part[0]).join("").toUpperCase();

function element(tag, className, text) { const made = document.createElement(tag); if (className) made.className = className; if (text) made.textContent = text; return made; }
function icon(name) { const made = document.createElementNS("http://www.w3.org/2000/svg", "svg"); made.setAttribute("class", "icon small"); made.setAttribute("aria-hidden", "true"); const use = document.createElementNS("http://www.w3.org/2000/svg", "use"); use.setAttribute("href", sprite + "#" + name); made.append(use); return made; }
const sprite = document.querySelector("svg.icon use").getAttribute("href").split("#")[0];

function visitContent({ event, timeText }) {
  const data = event.extendedProps;
  if (data.kind === "hold") { const held = element("span", "visit", `${words.held} ${data.until}`); return { domNodes: [held] }; }
  if (data.kind === "block") return { domNodes: [element("span", "visit", event.title)] };
  if (data.kind !== "visit") return undefined;
  const visit = data.visit, box = element("span", `visit state-${visit.state}${visit.over ? " over" : ""}${["suspended", "deleted"].includes(visit.state) ? " freed" : ""}`);
  const first = element("span", "line");
  first.append(element("span", "nowrap", timeText.split(/\s*[-–]\s*/)[0]), element("span", "who", visit.patient || "—"));
  const marks = [config.states[visit.state].icon, visit.first && "star", visit.note && "note", visit.online && "world"].filter(Boolean);
  first.prepend(icon(marks.shift()));
  for (const mark of marks) first.append(icon(mark));
  if (visit.letter) first.append(element("span", "letter", visit.letter));
  const second = element("span", "line what", visit.service);
  box.append(first, second);
  box.title = `${timeText} ${visit.patient} · ${visit.service} · ${config.states[visit.state].label}`;
  return { domNodes: [box] };
}

function columnsOf(item) { return [String(state.byRoom ? item.room ?? 0 : item.practitioner ?? 0)]; }

function toEvents(data) {
  const now = new Date(), events = [];
  const all = people().map((person) => String(person.id));
  for (const visit of data.visits) events.push({ id: "v" + visit.id, start: visit.start, end: visit.end, resourceIds: columnsOf(visit), title: visit.patient, editable: config.may.edit && !["deleted", "suspended"].includes(visit.state), backgroundColor: "transparent", classNames: new Date(visit.end) < now ? ["visit-past"] : [], extendedProps: { kind: "visit", visit } });
  for (const block of data.blocks) {
    const column = state.byRoom ? block.room : block.practitioner;
    const columns = column ? [String(column)] : block.room || block.practitioner ? [] : all;
    if (columns.length) events.push({ id: "b" + block.id, start: block.start, end: block.end, resourceIds: columns, title: block.title, editable: false, classNames: ["block"], extendedProps: { kind: "block", id: block.id } });
  }
  for (const hold of data.holds) events.push({ id: "h" + hold.id, start: hold.start, end: hold.end, resourceIds: columnsOf(hold), title: words.held, editable: false, classNames: ["hold"], extendedProps: { kind: "hold", until: hold.until } });
  if (!state.byRoom && (state.view === "dia" || state.who)) for (const run of data.closed) events.push({ start: run.start, end: run.end, resourceIds: [String(run.practitioner)], display: "background", classNames: ["closed"], extendedProps: { kind: "closed" } });
  return events;
}

async function load(info, done, failed) {
  const last = new Date(info.end.getTime() - 1000);
  const asked = new URLSearchParams({ sucursal: state.branch, desde: iso(info.start), hasta: iso(last) });
  if (state.who) asked.set("profesional", state.who);
  if (state.freed) asked.set("suspendidas", "1");
  try {
    const answer = await fetch(`${config.urls.feed}?${asked}`, { headers: { Accept: "application/json" } });
    if (answer.status === 401) { location.reload(); return; }
    if (!answer.ok) throw new Error(answer.status);
    done(toEvents(await answer.json()));
  } catch (error) { failed(error); window.reservoToast({ text: words.failed }); }
}

const calendar = createCalendar(document.getElementById("calendar"), [TimeGrid, ResourceTimeGrid, Interaction], {
  view: viewName(), date: state.day, locale, firstDay: 1, height: "100%", headerToolbar: { start: "", center: "", end: "" },
  allDaySlot: false, nowIndicator: true, timeZone: config.offset, slotDuration: "00:15", slotLabelInterval: "01:00", snapDuration: "00:05", slotHeight: 22,
  slotMinTime: config.first, slotMaxTime: config.last, flexibleSlotTimeLimits: true, scrollTime: scrollTime(),
  slotLabelFormat: clock, eventTimeFormat: clock, dayHeaderFormat: { weekday: "short", day: "numeric", month: "short" }, slotEventOverlap: false,
  resources: resources(), filterResourcesWithEvents: false, columnWidth: columnWidth(), dayMaxEvents: false,
  resourceLabelContent: ({ resource }) => { const head = element("span", "head"), dot = element("span", "dot", initials(resource.title)); dot.style.backgroundColor = resource.extendedProps.colour; head.append(dot, element("span", "name", resource.title)); return { domNodes: [head] }; },
  eventSources: [{ events: load }], eventContent: visitContent, selectable: config.may.edit, selectMinDistance: 6, unselectAuto: true, eventLongPressDelay: 500, selectLongPressDelay: 500,
  eventStartEditable: config.may.edit, eventDurationEditable: config.may.edit,
  dateClick: (info) => openForm(info.date, null, info.resource), select: (info) => openForm(info.start, info.end, info.resource),
  eventClick: ({ event }) => open(event), eventDrop: changed, eventResize: changed,
});

function viewName() { return state.view === "semana" ? "timeGridWeek" : "resourceTimeGridDay"; }
function resources() { return people().map((person) => ({ id: person.id, title: person.name, extendedProps: { colour: person.colour } })); }
function columnWidth() { return state.view === "dia" && !phone.matches && people().length > 6 ? "170px" : undefined; }
function scrollTime() { const hours = state.day === config.today ? Math.max(new Date().getHours() - 1, 0) : 8; return `${String(hours).padStart(2, "0")}:00:00`; }
function url(pattern, id) { return pattern.replace("/0", "/" + id); }

function openPanel(address) { panel.hidden = false; work.classList.add("open"); return window.htmx.ajax("GET", address, { target: "#panel", swap: "innerHTML" }).then(() => panel.querySelector("h2")?.focus()); }
function closePanel() { panel.hidden = true; panel.replaceChildren(); work.classList.remove("open"); calendar.unselect(); }
function open(event) {
  const data = event.extendedProps;
  if (data.kind === "visit") openPanel(url(config.urls.panel, data.visit.id));
  if (data.kind === "block") openPanel(url(config.urls.blockPanel, data.id));
}
function formAddress(base, start, end, resource) {
  const asked = new URLSearchParams({ sucursal: state.branch, dia: start ? iso(start) : state.day });
  if (start) asked.set("hora", wall(start).slice(11, 16));
  if (end) asked.set("minutos", Math.round((end - start) / 60000));
  const column = resource?.id ?? (state.byRoom ? null : state.who);
  if (column) asked.set(state.byRoom ? "box" : "profesional", column);
  return `${base}?${asked}`;
}
function openForm(start, end, resource) { if (config.may.edit) openPanel(formAddress(config.urls.create, start, end, resource)); }

async function changed(info) {
  const visit = info.event.extendedProps.visit, moved = info.event.start.getTime() !== info.oldEvent.start.getTime();
  const tell = moved ? await window.reservoChoose(words.tell) : false;
  if (tell === null) { info.revert(); return; }
  await send(info, visit, { tell: tell ? "1" : "" });
}
async function send(info, visit, extra) {
  const column = info.event.resourceIds[0];
  const form = new URLSearchParams({ start: wall(info.event.start), end: wall(info.event.end), version: visit.version, practitioner: visit.practitioner ?? "", room: visit.room ?? "", ...extra });
  if (state.view === "dia" && column) form.set(state.byRoom ? "room" : "practitioner", column);
  try {
    const answer = await fetch(url(config.urls.move, visit.id), { method: "POST", body: form, headers: { "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content, Accept: "application/json" } });
    const said = await answer.json();
    if (answer.ok) { window.reservoToast({ text: words.moved, undo: said.undo }); calendar.refetchEvents(); return; }
    if (said.leave && window.confirm(`${said.message}\n\n${config.language === "en" ? "Go on anyway?" : "¿Seguir de todos modos?"}`)) { await send(info, visit, { ...extra, [said.leave]: "1" }); return; }
    info.revert();
    window.reservoToast({ text: said.message });
    if (said.code === "meanwhile") calendar.refetchEvents();
  } catch { info.revert(); window.reservoToast({ text: words.failed }); }
}

function show(change) {
  Object.assign(state, change);
  calendar.setOption("view", viewName());
  calendar.setOption("resources", resources());
  calendar.setOption("columnWidth", columnWidth());
  calendar.setOption("date", state.day);
  calendar.refetchEvents();
  paint();
}
function paint() {
  const date = utc(state.day), long = { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" };
  if (state.view === "dia") title.textContent = new Intl.DateTimeFormat(locale, long).format(date);
  else { const first = utc(monday(state.day)), last = utc(shift(monday(state.day), 6)), short = { day: "numeric", month: "short", timeZone: "UTC" }; title.textContent = `${new Intl.DateTimeFormat(locale, short).format(first)} – ${new Intl.DateTimeFormat(locale, { ...short, year: "numeric" }).format(last)}`; }
  for (const button of document.querySelectorAll("[data-view]")) button.setAttribute("aria-pressed", button.dataset.view === state.view);
  for (const button of document.querySelectorAll("[data-by]")) button.setAttribute("aria-pressed", (button.dataset.by === "box") === state.byRoom);
  const who = document.getElementById("who"); if (who) who.value = state.who || "";
  const asked = new URLSearchParams({ dia: state.day, vista: state.view, sucursal: state.branch });
  if (state.who) asked.set("profesional", state.who);
  if (state.byRoom) asked.set("por", "box");
  history.replaceState(null, "", `?${asked}`);
  strip();
}
async function strip() {
  const place = document.getElementById("strip");
  try {
    const answer = await fetch(`${config.urls.days}?sucursal=${state.branch}&dia=${state.day}`, { headers: { Accept: "application/json" } });
    const { days } = await answer.json();
    place.replaceChildren(...days.map((day) => {
      const button = element("button", day.closed ? "closed" : ""), date = utc(day.date), bar = element("span", "load"), fill = element("i");
      button.type = "button"; fill.style.width = day.load + "%"; bar.append(fill);
      button.append(new Intl.DateTimeFormat(locale, { weekday: "short", timeZone: "UTC" }).format(date), " ", element("b", "", String(date.getUTCDate())), bar);
      if (day.date === state.day) button.setAttribute("aria-current", "date");
      button.title = [day.closed, `${day.count}`].filter(Boolean).join(" · ");
      button.addEventListener("click", () => show({ day: day.date }));
      return button;
    }));
    place.querySelector("[aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
  } catch { place.replaceChildren(); }
}

const step = () => (state.view === "semana" ? 7 : 1);
const go = { prev: () => show({ day: shift(state.day, -step()) }), next: () => show({ day: shift(state.day, step()) }), today: () => show({ day: config.today }) };
for (const [id, act] of Object.entries(go)) document.getElementById(id)?.addEventListener("click", (event) => { event.preventDefault(); act(); });
for (const button of document.querySelectorAll("[data-view]")) button.addEventListener("click", () => show({ view: button.dataset.view }));
for (const button of document.querySelectorAll("[data-by]")) button.addEventListener("click", () => show({ byRoom: button.dataset.by === "box" }));
document.getElementById("branch")?.addEventListener("change", (event) => { location.search = new URLSearchParams({ dia: state.day, vista: state.view, sucursal: event.target.value }); });
document.getElementById("who")?.addEventListener("change", (event) => show({ who: Number(event.target.value) || null, byRoom: false }));
document.getElementById("freed")?.addEventListener("change", (event) => show({ freed: event.target.checked }));
document.getElementById("print")?.addEventListener("click", () => window.print());
document.getElementById("new")?.addEventListener("click", () => openForm(null, null, null));
document.getElementById("new-block")?.addEventListener("click", () => openPanel(formAddress(config.urls.block, null, null, null)));
panel.addEventListener("click", (event) => { if (event.target.closest("[data-close-panel]")) closePanel(); });

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !panel.hidden) { closePanel(); return; }
  if (event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const act = { ArrowLeft: go.prev, ArrowRight: go.next, t: go.today, d: () => show({ view: "dia" }), w: () => show({ view: "semana" }), n: () => openForm(null, null, null) }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (act) { event.preventDefault(); act(); }
});

// A swipe goes to the next practitioner on a phone.
let startX = null, startY = null;
const grid = document.getElementById("calendar");
grid.addEventListener("touchstart", (event) => { startX = event.touches[0].clientX; startY = event.touches[0].clientY; }, { passive: true });
grid.addEventListener("touchend", (event) => {
  const x = event.changedTouches[0].clientX - startX, y = event.changedTouches[0].clientY - startY;
  if (!phone.matches || state.view !== "dia" || Math.abs(x) < 80 || Math.abs(y) > 60) return;
  const at = config.practitioners.findIndex((person) => person.id === state.who), next = config.practitioners[at + (x < 0 ? 1 : -1)];
  if (next) show({ who: next.id });
}, { passive: true });

document.body.addEventListener("agenda-changed", () => { calendar.refetchEvents(); strip(); });
document.addEventListener("live:agenda", (event) => {
  const { branch, first, last } = event.detail, from = state.view === "semana" ? monday(state.day) : state.day, to = state.view === "semana" ? shift(from, 6) : state.day;
  if ((!branch || branch === state.branch) && first <= to && last >= from) calendar.refetchEvents();
});
document.addEventListener("live:resync", () => calendar.refetchEvents());
const opened = new URLSearchParams(location.search).get("cita");
paint();

if (opened) openPanel(url(config.urls.panel, opened));
