import { element } from "./shell/elements.js";

// Weekly hours painted on a grid: it reads and writes the lines of the text that works without it.
const TICK = 5;
const SLOT = 30;
const DAY = 24 * 60;
const SHOWN = [7 * 60, 21 * 60];
const PIXELS_PER_MINUTE = 14 / SLOT;
const HOLD_MS = 250;
const LINE = /^\s*(\D+?)\s*(\d{1,2}):([0-5]\d)\s*(?:[-–—]|a|to)\s*(\d{1,2}):([0-5]\d)\s*(.*)$/i;

const suggesters = new Map();
for (const source of document.querySelectorAll("textarea[data-week]")) suggesters.set(source, weekGrid(source));

// Gives a function that puts likely hours in as long as nobody has touched the week.
function weekGrid(source) {
  const { days, rooms, words } = JSON.parse(source.dataset.week);
  let week = blank();
  let unread = [];
  let drag = null;
  let touched = null;
  const earlier = [];
  let isTouched = Boolean(source.value.trim());

  const editor = element("div", "week-editor");
  const brush = rooms.length ? brushOf(rooms, words) : null;
  const grid = element("div", "week");
  const typed = element("details", "typed");
  const clear = button(words.clear);
  const undo = button(words.undo);
  undo.hidden = true;
  typed.append(element("summary", "", words.typed));
  source.before(editor);
  if (brush) editor.append(brush.box);
  const hint = matchMedia("(pointer: coarse)").matches ? words.touch : words.hint;
  editor.append(grid, element("p", "hint", hint), clear, undo, typed);
  typed.append(source);
  typed.open = Boolean(source.closest(".field.wrong"));
  const label = document.querySelector(`label[for="${source.id}"]`);
  label?.addEventListener("click", () => (typed.open = true));

  grid.setAttribute("aria-hidden", "true");
  let first, last, columns;
  read();

  source.addEventListener("input", (event) => {
    if (!event.isTrusted) return;
    isTouched = true;
    forget();
    read();
  });
  undo.addEventListener("click", () => {
    source.value = earlier.pop();
    undo.hidden = !earlier.length;
    if (undo.hidden) clear.focus();
    read();
    tell();
  });
  clear.addEventListener("click", () => {
    week = blank();
    unread = [];
    draw(week);
    write();
  });
  grid.addEventListener("pointerdown", (event) => {
    const at = placeOf(event);
    if (!at || event.button) return;
    if (event.pointerType === "touch") {
      touched = { at, timer: setTimeout(begin, HOLD_MS, at) };
      return;
    }
    event.preventDefault();
    grid.setPointerCapture(event.pointerId);
    begin(at);
  });
  // A finger that moves at once scrolls the page; one that rests first draws, and then nothing scrolls.
  grid.addEventListener("touchmove", (event) => drag && event.preventDefault(), { passive: false });
  grid.addEventListener("contextmenu", (event) => touched && event.preventDefault());
  grid.addEventListener("pointermove", (event) => {
    const at = (drag || touched) && placeOf(event);
    if (!drag && at && at.day !== touched.at.day) begin(touched.at);
    if (!drag) return;
    drag.to = at;
    draw(painted());
  });
  grid.addEventListener("pointerup", () => {
    if (touched && !drag) begin(touched.at);
    lift();
    if (!drag) return;
    week = painted();
    drag = null;
    draw(week);
    write();
  });
  grid.addEventListener("pointercancel", () => {
    lift();
    drag = null;
    draw(week);
  });

  return (lines) => {
    if (isTouched) return;
    source.value = lines;
    read();
  };

  function begin(at) {
    drag = { from: at, to: at, value: isOn(at) ? null : brush ? brush.value() : "" };
    draw(painted());
  }

  function lift() {
    clearTimeout(touched?.timer);
    touched = null;
  }

  function read() {
    ({ week, unread } = parsed(source.value, days, rooms));
    const runs = week.flatMap(runsOf);
    first = Math.min(SHOWN[0], ...runs.map((run) => Math.floor(run.from / 60) * 60));
    last = Math.max(SHOWN[1], ...runs.map((run) => Math.ceil(run.to / 60) * 60));
    build();
    draw(week);
  }

  function build() {
    const height = `${(last - first) * PIXELS_PER_MINUTE}px`;
    const hours = element("div", "hours-of-day");
    for (let at = first; at < last; at += 60) {
      const mark = element("span", "", `${at / 60}:00`);
      mark.style.top = `${(at - first) * PIXELS_PER_MINUTE}px`;
      hours.append(mark);
    }
    columns = days[0].map(() => element("div", "day"));
    for (const column of [hours, ...columns]) column.style.height = height;
    const heads = days[0].map((name) => element("div", "h", name.slice(0, 3)));
    grid.replaceChildren(element("div", "h"), ...heads, hours, ...columns);
  }

  function draw(shown) {
    shown.forEach((ticks, day) => {
      columns[day].replaceChildren(
        ...runsOf(ticks).map((run) => {
          const bar = element("div", "bar-of-hours");
          bar.append(element("b", "", `${clock(run.from)}–${clock(run.to)}`), element("span", "", run.room));
          bar.style.top = `${(run.from - first) * PIXELS_PER_MINUTE}px`;
          bar.style.height = `${(run.to - run.from) * PIXELS_PER_MINUTE}px`;
          return bar;
        }),
      );
    });
  }

  function placeOf(event) {
    const box = columns[0].getBoundingClientRect();
    const end = columns[6].getBoundingClientRect();
    if (event.type === "pointerdown" && (event.clientX < box.left || event.clientY < box.top)) return null;
    const day = Math.floor(((event.clientX - box.left) / (end.right - box.left)) * 7);
    const minute = first + (event.clientY - box.top) / PIXELS_PER_MINUTE;
    const slot = Math.floor(minute / SLOT) * SLOT;
    return { day: clamp(day, 0, 6), minute: clamp(slot, first, last - SLOT) };
  }

  function isOn({ day, minute }) {
    return week[day].slice(minute / TICK, (minute + SLOT) / TICK).some((room) => room !== null);
  }

  function painted() {
    const [fromDay, toDay] = [drag.from.day, drag.to.day].sort((a, b) => a - b);
    const [from, to] = [drag.from.minute, drag.to.minute].sort((a, b) => a - b);
    return week.map((ticks, day) =>
      day < fromDay || day > toDay ? ticks : ticks.map((room, tick) => (within(tick, from, to) ? drag.value : room)),
    );
  }

  function write() {
    const lines = week.flatMap((ticks, day) =>
      runsOf(ticks).map((run) => `${days[0][day]} ${clock(run.from)}-${clock(run.to)} ${run.room}`.trim()),
    );
    isTouched = true;
    earlier.push(source.value);
    undo.hidden = false;
    source.value = [...lines, ...unread].join("\n");
    tell();
  }

  function tell() {
    source.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // What was typed by hand since is not taken back by a button for what was drawn.
  function forget() {
    earlier.length = 0;
    undo.hidden = true;
  }
}

function button(words) {
  const made = element("button", "button link", words);
  made.type = "button";
  return made;
}

function brushOf(rooms, words) {
  const box = element("label", "brush", words.brush);
  const select = element("select");
  select.append(new Option(words.any, ""), ...rooms.map((room) => new Option(room, room)));
  box.append(select);
  return { box, value: () => select.value };
}

function parsed(text, days, rooms) {
  const week = blank();
  const unread = [];
  for (const line of text.split("\n").filter((one) => one.trim())) {
    const found = LINE.exec(line);
    const named = found && weekdays(found[1], days);
    const room = found && roomOf(found[6], rooms);
    const [from, to] = found ? [minutes(found[2], found[3]), minutes(found[4], found[5])] : [];
    if (!named?.length || room === null || !(from < to && to <= DAY) || from % TICK || to % TICK) unread.push(line);
    else for (const day of named) week[day].fill(room, from / TICK, to / TICK);
  }
  return { week, unread };
}

function weekdays(typed, days) {
  const index = (name) => {
    const wanted = plain(name).replace(/[.:\s]/g, "");
    return Math.max(
      ...days.map((names) => names.findIndex((one) => [plain(one), plain(one).slice(0, 3)].includes(wanted))),
    );
  };
  const found = [];
  for (const part of plain(typed).split(/\s*(?:,|\by\b|\band\b)\s*/)) {
    const ends = part.split(/\s*(?:[-–—]|\ba\b|\bto\b)\s*/).map(index);
    if (ends.length > 2 || ends.includes(-1) || ends[0] > ends.at(-1)) return [];
    for (let day = ends[0]; day <= ends.at(-1); day++) found.push(day);
  }
  return found;
}

// The name as the list has it; "" for none, null for one that is not there.
function roomOf(typed, rooms) {
  if (!typed.trim()) return "";
  return rooms.find((room) => plain(room) === plain(typed.trim())) ?? null;
}

function runsOf(ticks) {
  const runs = [];
  ticks.forEach((room, tick) => {
    const before = runs.at(-1);
    if (room === null) return;
    if (before && before.to === tick * TICK && before.room === room) before.to += TICK;
    else runs.push({ from: tick * TICK, to: (tick + 1) * TICK, room });
  });
  return runs;
}

function within(tick, from, to) {
  return tick * TICK >= from && tick * TICK < to + SLOT;
}

function blank() {
  return Array.from({ length: 7 }, () => new Array(DAY / TICK).fill(null));
}

function minutes(hours, rest) {
  return Number(hours) * 60 + Number(rest);
}

function clock(minute) {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();
}

// Regions are those of the country that is chosen.
for (const regions of document.querySelectorAll("select[data-regions-of]")) {
  const country = document.getElementById(regions.dataset.regionsOf);
  const show = () => {
    for (const group of regions.querySelectorAll("optgroup")) {
      const mine = group.firstElementChild.value.startsWith(`${country.value}-`);
      group.hidden = group.disabled = !mine;
    }
    if (regions.selectedOptions[0]?.parentElement.disabled) regions.value = "";
  };
  country.addEventListener("change", show);
  show();
}

// Hours of a branch are asked for once the branch is ticked, and begin as the branch's own.
for (const tick of document.querySelectorAll("input[name=branches]")) {
  const hours = document.getElementById(`id_hours_${tick.value}`);
  const show = () => {
    const field = hours?.closest(".field");
    if (field) field.hidden = !tick.checked && !hours.value.trim();
  };
  tick.addEventListener("change", () => {
    if (hours?.dataset.likely) suggesters.get(hours)(tick.checked ? hours.dataset.likely : "");
    show();
  });
  show();
}
