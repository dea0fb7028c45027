import { ask } from "../shell/dialogs.js";
import { tellQuestion } from "../shell/forms.js";
import { post } from "../shell/session.js";
import { toast } from "../shell/toasts.js";
import { words as shellWords } from "../shell/words.js";
import { wallOf } from "./dates.js";
import { NOBODY } from "./feed.js";

// Dragging and pulling: says what is in the way, then asks once whether to tell the patient; a refusal puts the
// visit back.
export function mover({ config, state, reload, inTheWay }) {
  return async (info) => {
    const over = await leaveFor(info);
    if (over) await send(info, { ...over, tell: "ask" });
    else info.revert();
  };

  // What the visit would lie over is said first: null, if it stays where it was. The server has the last word.
  async function leaveFor({ event }) {
    const clash = event.resourceIds[0] === String(NOBODY) ? "" : inTheWay(event);
    if (!clash) return {};
    if (config.may.overbook) {
      const over = await goesOn({ message: config.words.taken, leave: "overbook" }, clash);
      return over ? { overbook: "1" } : null;
    }
    toast({ text: `${config.words.taken} ${clash}`, bad: true });
    return null;
  }

  async function send(info, extra) {
    const { visit } = info.event.extendedProps;
    const said = await answered(config.urls.move.replace("/0", `/${visit.id}`), formOf(info, visit, extra));
    if (said.ask) {
      const answer = await tellQuestion();
      if (answer) await send(info, { ...extra, tell: answer === "yes" ? "1" : "" });
      else info.revert();
    } else if (said.ok) {
      const done = info.endDelta && !moves(info) ? config.words.resized : config.words.moved;
      const text = [done, said.warning].filter(Boolean).join(" ");
      toast({ text, undo: said.undo, undoLabel: config.words.undo, about: `visit-${visit.id}` });
      reload();
    } else if (said.leave && (await goesOn(said))) {
      await send(info, { ...extra, [said.leave]: "1" });
    } else {
      info.revert();
      if (!said.leave) toast({ text: said.message, bad: true });
      if (said.code === "meanwhile") reload();
    }
  }

  function formOf(info, visit, extra) {
    const { start, end } = info.event;
    const form = new URLSearchParams({ start: wallOf(start), version: visit.version, ...extra });
    if (info.startDelta || info.endDelta) form.set("end", wallOf(end));
    const column = Number(info.event.resourceIds[0]);
    if (state.view === "dia") form.set(state.byRoom ? "room" : "practitioner", column === NOBODY ? "" : column);
    return form;
  }

  async function answered(address, body) {
    try {
      const answer = await post(address, body);
      return { ok: answer.ok, message: config.words.failed, ...(await answer.json()) };
    } catch {
      return { ok: false, message: config.words.failed };
    }
  }

  function goesOn(said, detail = "") {
    const label = said.leave === "overbook" ? config.words.overbook : config.words.outsideRules;
    const answers = [
      { label, value: "yes", primary: true },
      { label: shellWords.back, value: "" },
    ];
    return ask(said.message, answers, { detail });
  }
}

function moves({ event, oldEvent }) {
  return event.start.getTime() !== oldEvent.start.getTime();
}
