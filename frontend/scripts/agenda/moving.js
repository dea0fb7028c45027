import { csrf } from "../shell/csrf.js";
import { ask } from "../shell/dialogs.js";
import { tellQuestion } from "../shell/forms.js";
import { toast } from "../shell/toasts.js";
import { words as shellWords } from "../shell/words.js";
import { wallOf } from "./dates.js";
import { NOBODY } from "./feed.js";

// Dragging and pulling: asks once whether to tell the patient, then sends; a refusal puts the visit back.
export function mover({ config, state, reload }) {
  return async (info) => {
    const moved = info.event.start.getTime() !== info.oldEvent.start.getTime();
    const answer = moved ? await tellQuestion() : "no";
    if (answer === null) info.revert();
    else await send(info, { tell: answer === "yes" ? "1" : "" });
  };

  async function send(info, extra) {
    const { visit } = info.event.extendedProps;
    const said = await post(config.urls.move.replace("/0", `/${visit.id}`), formOf(info, visit, extra));
    if (said.ok) {
      const text = [config.words.moved, said.warning].filter(Boolean).join(" ");
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

  async function post(address, body) {
    try {
      const headers = { "X-CSRFToken": csrf(), Accept: "application/json" };
      const answer = await fetch(address, { method: "POST", body, headers });
      return { ok: answer.ok, message: config.words.failed, ...(await answer.json()) };
    } catch {
      return { ok: false, message: config.words.failed };
    }
  }

  function goesOn(said) {
    const label = said.leave === "overbook" ? config.words.overbook : config.words.outsideRules;
    const answers = [
      { label, value: "yes", primary: true },
      { label: shellWords.back, value: "" },
    ];
    return ask(said.message, answers);
  }
}
