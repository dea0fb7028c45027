import { ask } from "../shell/dialogs.js";
import { tellQuestion } from "../shell/forms.js";
import { post } from "../shell/session.js";
import { toast } from "../shell/toasts.js";
import { words as shellWords } from "../shell/words.js";
import { wallOf } from "./dates.js";
import { NOBODY } from "./feed.js";

// Dragging and pulling: the server says all that is in the way at once, then it is asked whether to tell the patient;
// a refusal puts the visit back.
export function mover({ config, state, reload }) {
  return (info) => send(info, { tell: "ask" });

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
    } else if (said.leaves.length && (await goesOn(said))) {
      await send(info, { ...extra, ...Object.fromEntries(said.leaves.map((leave) => [leave, "1"])) });
    } else {
      info.revert();
      if (!said.leaves.length) toast({ text: said.message, bad: true });
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
    const failed = { ok: false, message: config.words.failed, leaves: [] };
    try {
      const answer = await post(address, body);
      return { ...failed, ok: answer.ok, ...(await answer.json()) };
    } catch {
      return failed;
    }
  }

  function goesOn({ message, reasons, label }) {
    const answers = [
      { label, value: "yes", primary: true },
      { label: shellWords.back, value: "" },
    ];
    if (reasons.length < 2) return ask(message, answers);
    return ask(config.words.against, answers, { details: reasons });
  }
}

function moves({ event, oldEvent }) {
  return event.start.getTime() !== oldEvent.start.getTime();
}
