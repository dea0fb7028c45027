// One stream for all tabs: the tab that holds the lock listens, the others hear it through a channel.
const FIRST_WAIT = 1000, LONGEST_WAIT = 20000, SILENCE = 40000;

export function startLive(url) {
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("reservo-live:" + url) : null;
  const hear = ({ type, data }) => {
    if (type === "status") document.body.classList.toggle("not-live", !data.live);
    else document.dispatchEvent(new CustomEvent("live:" + type, { detail: data }));
  };
  if (channel) channel.addEventListener("message", (event) => hear(event.data));
  const tell = (message) => { hear(message); channel?.postMessage(message); };
  const lead = () => listen(url, tell);
  if (navigator.locks) navigator.locks.request("reservo-live:" + url, () => new Promise(lead)); else lead();
}

function listen(url, tell) {
  let wait = FIRST_WAIT, last = "", source, quiet;
  const watch = () => { clearTimeout(quiet); quiet = setTimeout(again, SILENCE); };
  const again = () => {
    source.close(); clearTimeout(quiet);
    tell({ type: "status", data: { live: false } });
    setTimeout(open, wait * (0.75 + Math.random() / 2));
    wait = Math.min(wait * 2, LONGEST_WAIT);
  };
  const open = () => {
    source = new EventSource(last ? `${url}?since=${encodeURIComponent(last)}` : url, { withCredentials: true });
    source.addEventListener("open", () => { wait = FIRST_WAIT; tell({ type: "status", data: { live: true } }); watch(); });
    source.addEventListener("beat", watch);
    for (const type of ["notice", "agenda", "resync"]) source.addEventListener(type, (event) => {
      if (event.lastEventId) last = event.lastEventId;
      watch(); tell({ type, data: JSON.parse(event.data) });
    });
    source.addEventListener("bye", () => { source.close(); clearTimeout(quiet); tell({ type: "status", data: { live: false } }); });
    source.addEventListener("error", again, { once: true });
  };
  open();
}
