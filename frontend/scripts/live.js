// One stream for all tabs: the tab that holds the lock listens, the others hear it through a channel.
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 20_000;
const SILENCE = 40_000;
const KINDS = ["notice", "agenda", "resync"];

// `since` says what the page shows already. Whatever is heard becomes an event of the document: live:notice,
// live:agenda, live:resync (something was missed: read again) and live:status.
export function startLive(url, since) {
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(`reservo-live:${url}`) : null;
  const known = { mark: since };
  let isLive = null;
  let isLeading = false;
  const hear = ({ kind, data, mark }) => {
    if (mark) known.mark = mark;
    if (kind === "status") {
      isLive = data.live;
      document.body.classList.toggle("not-live", !isLive);
    }
    document.dispatchEvent(new CustomEvent(`live:${kind}`, { detail: data }));
  };
  const tell = (message) => {
    hear(message);
    channel?.postMessage(message);
  };
  channel?.addEventListener("message", ({ data: message }) => {
    if (message.kind === "joined") answer(message.mark);
    else if (message.kind === "welcome") catchUp(message);
    else hear(message);
  });
  // A tab that opened between two events may have missed what the leading one heard before.
  const answer = (theirs) => {
    if (!isLeading || isLive === null) return;
    channel.postMessage({ kind: "welcome", for: theirs, mark: known.mark, live: isLive });
  };
  const catchUp = ({ for: mine, mark, live }) => {
    if (isLeading || isLive !== null || mine !== since) return;
    const isBehind = known.mark !== mark;
    hear({ kind: "status", data: { live }, mark });
    if (isBehind) hear({ kind: "resync", data: {} });
  };
  channel?.postMessage({ kind: "joined", mark: since });
  const lead = () => {
    isLeading = true;
    listen(url, known, tell);
  };
  if (navigator.locks) navigator.locks.request(`reservo-live:${url}`, () => new Promise(lead));
  else lead();
}

function listen(url, known, tell) {
  let wait = FIRST_WAIT;
  let source = null;
  let quiet;
  const watch = () => {
    clearTimeout(quiet);
    quiet = setTimeout(again, SILENCE);
  };
  const again = () => {
    if (!source) return;
    source.close();
    source = null;
    clearTimeout(quiet);
    tell({ kind: "status", data: { live: false } });
    setTimeout(open, wait * (0.75 + Math.random() / 2));
    wait = Math.min(wait * 2, LONGEST_WAIT);
  };
  const open = () => {
    source = new EventSource(`${url}?since=${encodeURIComponent(known.mark)}`, { withCredentials: true });
    watch();
    source.addEventListener("open", () => {
      wait = FIRST_WAIT;
      tell({ kind: "status", data: { live: true } });
      watch();
    });
    source.addEventListener("beat", (event) => {
      watch();
      tell({ kind: "beat", data: {}, mark: event.lastEventId });
    });
    for (const kind of KINDS)
      source.addEventListener(kind, (event) => {
        watch();
        tell({ kind, data: JSON.parse(event.data), mark: event.lastEventId });
      });
    source.addEventListener("bye", (event) => {
      if (!JSON.parse(event.data).again) wait = LONGEST_WAIT;
      again();
    });
    source.addEventListener("error", again);
  };
  open();
}
