// Weekly hours by dragging over a grid; it writes into the plain fields that work without it.
const MINUTES = 30;
for (const box of document.querySelectorAll("[data-week]")) {
  const source = document.getElementById(box.dataset.week),
    names = JSON.parse(box.dataset.days);
  const first = 6 * 60,
    last = 23 * 60,
    on = new Set();
  for (const line of JSON.parse(source.value || "[]"))
    for (let at = line[1]; at < line[2]; at += MINUTES)
      on.add(`${line[0]}-${Math.floor(at / MINUTES) * MINUTES}`);
  const grid = document.createElement("div");
  grid.className = "week";
  grid.setAttribute("role", "presentation");
  grid.append(head(""), ...names.map(head));
  function head(text) {
    return Object.assign(document.createElement("div"), { className: "h", textContent: text });
  }
  for (let at = first; at < last; at += MINUTES) {
    grid.append(
      Object.assign(document.createElement("div"), {
        className: "t",
        textContent: at % 60 ? "" : `${at / 60}:00`,
      }),
    );
    for (let day = 0; day < 7; day++) {
      const cell = document.createElement("div");
      cell.className = "c" + (at % 60 ? "" : " hour") + (on.has(`${day}-${at}`) ? " on" : "");
      cell.dataset.cell = `${day}-${at}`;
      grid.append(cell);
    }
  }
  let painting = null,
    start = null;
  const cellAt = (event) => document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-cell]");
  const paint = (to) => {
    if (!to || !start) return;
    const [d1, m1] = start.dataset.cell.split("-").map(Number),
      [d2, m2] = to.dataset.cell.split("-").map(Number);
    for (const cell of grid.querySelectorAll("[data-cell]")) {
      const [day, at] = cell.dataset.cell.split("-").map(Number);
      if (
        day >= Math.min(d1, d2) &&
        day <= Math.max(d1, d2) &&
        at >= Math.min(m1, m2) &&
        at <= Math.max(m1, m2)
      )
        cell.classList.toggle("on", painting);
    }
  };
  grid.addEventListener("pointerdown", (event) => {
    start = cellAt(event);
    if (start) {
      painting = !start.classList.contains("on");
      paint(start);
      event.preventDefault();
    }
  });
  grid.addEventListener("pointermove", (event) => {
    if (start) paint(cellAt(event));
  });
  window.addEventListener("pointerup", () => {
    if (start) {
      start = null;
      write();
    }
  });
  function write() {
    const lines = [];
    for (let day = 0; day < 7; day++) {
      let open = null;
      for (let at = first; at <= last; at += MINUTES) {
        const lit = at < last && grid.querySelector(`[data-cell="${day}-${at}"]`).classList.contains("on");
        if (lit && open === null) open = at;
        if (!lit && open !== null) {
          lines.push([day, open, at]);
          open = null;
        }
      }
    }
    source.value = JSON.stringify(lines);
    const plain = document.getElementById(box.dataset.plain);
    if (plain) plain.value = lines.map(([day, a, b]) => `${names[day]} ${two(a)}-${two(b)}`).join("\n");
    source.dispatchEvent(new Event("input", { bubbles: true }));
  }
  function two(minute) {
    return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
  }
  box.append(grid);
}
