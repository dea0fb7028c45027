// One stream for all tabs: the tab that holds the lock listens, the others hear it through a channel.
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 20_000;
const SILENCE = 40_000;
const TYPES = ["notice", "agenda", "resync"];

export function startLive(url) {
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(`reservo-live:${url}`) : null;
  let isLive = true;
  let isLeading = false;
  const hear = ({ type, data }) => {
    if (type === "status") {
      isLive = data.live;
      document.body.classList.toggle("not-live", !isLive);
    } else document.dispatchEvent(new CustomEvent(`live:${type}`, { detail: data }));
  };
  const tell = (message) => {
    hear(message);
    channel?.postMessage(message);
  };
  channel?.addEventListener("message", ({ data }) => {
    if (data.type !== "how") hear(data);
    else if (isLeading) channel.postMessage({ type: "status", data: { live: isLive } });
  });
  channel?.postMessage({ type: "how" });
  const lead = () => {
    isLeading = true;
    listen(url, tell);
  };
  if (navigator.locks) navigator.locks.request(`reservo-live:${url}`, () => new Promise(lead));
  else lead();
}

function listen(url, tell) {
  let wait = FIRST_WAIT;
  let last = "";
  let source;
  let quiet;
  const watch = () => {
    clearTimeout(quiet);
    quiet = setTimeout(again, SILENCE);
  };
  const again = () => {
    source.close();
    clearTimeout(quiet);
    tell({ type: "status", data: { live: false } });
    setTimeout(open, wait * (0.75 + Math.random() / 2));
    wait = Math.min(wait * 2, LONGEST_WAIT);
  };
  const open = () => {
    source = new EventSource(last ? `${url}?since=${encodeURIComponent(last)}` : url, {
      withCredentials: true,
    });
    source.addEventListener("open", () => {
      wait = FIRST_WAIT;
      tell({ type: "status", data: { live: true } });
      watch();
    });
    source.addEventListener("beat", watch);
    for (const type of TYPES) {
      source.addEventListener(type, (event) => {
        if (event.lastEventId) last = event.lastEventId;
        watch();
        tell({ type, data: JSON.parse(event.data) });
      });
    }
    source.addEventListener("bye", () => {
      wait = LONGEST_WAIT;
      again();
    });
    source.addEventListener("error", again, { once: true });
  };
  open();
}
