import { sessionEnded } from "../shell/session.js";
import { dayOf } from "./dates.js";

// The column of visits without a practitioner.
export const NOBODY = -1;
export const CLOSED_TO_MOVES = ["deleted", "suspended", "waitlisted"];

// Reads what stands between two local dates and turns it into what the grid draws.
export async function read(config, state, start, end, signal) {
  const asked = new URLSearchParams({
    sucursal: state.branch,
    desde: dayOf(start),
    hasta: dayOf(new Date(end - 1_000)),
  });
  if (state.who > 0 && !state.byRoom) asked.set("profesional", state.who);
  if (state.freed) asked.set("suspendidas", "1");
  const answer = await fetch(`${config.urls.feed}?${asked}`, { signal, headers: { Accept: "application/json" } });
  if (answer.status === 401) sessionEnded();
  if (!answer.ok) throw new Error(answer.status);
  return answer.json();
}

export function drawn(data, { config, state, columns, now }) {
  const ids = columns.map((column) => String(column.id));
  const shown = new Set(ids);
  const columnOf = (item) => String((state.byRoom ? item.room : item.practitioner) ?? NOBODY);
  return [
    ...closedEvents(),
    ...data.visits.filter((visit) => shown.has(columnOf(visit))).map(visitEvent),
    ...data.blocks.map(blockEvent).filter(Boolean),
    ...data.holds.filter((hold) => shown.has(columnOf(hold))).map(holdEvent),
  ];

  function visitEvent(visit) {
    return {
      id: `v${visit.id}`,
      start: visit.start,
      end: visit.end,
      resourceIds: [columnOf(visit)],
      title: visit.patient,
      editable: config.may.edit && !CLOSED_TO_MOVES.includes(visit.state),
      classNames: visit.end < now ? ["visit-past"] : [],
      extendedProps: { kind: "visit", visit },
    };
  }

  // Blocks lie behind the visits, which keep their whole width: nothing is hidden by a block.
  function blockEvent(block) {
    const mine = state.byRoom ? block.room : block.practitioner;
    const forAll = !block.room && !block.practitioner;
    const resourceIds = forAll ? ids : ids.filter((id) => id === String(mine));
    if (!resourceIds.length) return null;
    const { id, start, end, title } = block;
    return {
      id: `b${id}`,
      start,
      end,
      resourceIds,
      title,
      display: "background",
      classNames: ["block"],
      extendedProps: { kind: "block", id },
    };
  }

  function holdEvent(hold) {
    const { id, start, end, until } = hold;
    const extendedProps = { kind: "hold", until };
    const classNames = ["hold"];
    return {
      id: `h${id}`,
      start,
      end,
      resourceIds: [columnOf(hold)],
      title: "",
      editable: false,
      classNames,
      extendedProps,
    };
  }

  function closedEvents() {
    const oneColumn = state.view === "dia" || columns.length === 1;
    const runs = state.byRoom ? data.closed_rooms : data.closed;
    if (!oneColumn || !runs) return [];
    const mine = runs
      .map((run) => [String(state.byRoom ? run.room : run.practitioner), run])
      .filter(([id]) => shown.has(id));
    return mine.map(([id, { start, end }]) => ({
      start,
      end,
      resourceIds: [id],
      display: "background",
      classNames: ["closed"],
      extendedProps: { kind: "closed" },
    }));
  }
}
