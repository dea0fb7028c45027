import { startLive } from "../live.js";
import { toast } from "./toasts.js";

const MOST = 99;
const GATHERING = 120;
const RINGING = 1_500;
const NOT_TOUCHED = 200;

export function startBell() {
  const { eventsUrl, eventsSince, newsUrl } = document.body.dataset;
  const bell = document.getElementById("bell");
  if (!bell || !eventsUrl) return;
  const count = document.getElementById("bell-count");
  const others = "BroadcastChannel" in window ? new BroadcastChannel(`reservo-bell:${eventsUrl}`) : null;
  let unseen = Number(count.dataset.count || 0);
  let newest = Number(eventsSince.split(".")[0]);
  let heard = newest;
  let isStale = false;
  let gathering;

  const show = (number) => {
    unseen = number;
    count.hidden = unseen === 0;
    count.textContent = unseen > MOST ? `${MOST}+` : String(unseen);
  };
  const openList = () => document.body.dispatchEvent(new CustomEvent("bell-open"));
  const read = async () => {
    isStale = document.hidden;
    if (isStale) return;
    try {
      const answer = await fetch(`${newsUrl}?after=${newest}`, { headers: { Accept: "application/json" } });
      const news = await answer.json();
      for (const { text } of news.lines) toast({ text });
      newest = Math.max(newest, ...news.lines.map(({ id }) => id));
      show(bell.open ? 0 : news.unseen);
    } catch {
      isStale = true;
    }
    if (bell.open) openList();
  };
  const gather = () => {
    clearTimeout(gathering);
    gathering = setTimeout(read, GATHERING);
  };

  show(unseen);
  bell.addEventListener("toggle", () => {
    if (!bell.open) return;
    show(0);
    openList();
    others?.postMessage("seen");
  });
  others?.addEventListener("message", () => show(0));
  document.addEventListener("live:notice", ({ detail }) => {
    if (detail.id <= heard) return;
    heard = detail.id;
    if (!bell.open) show(unseen + 1);
    ring(detail.id);
    gather();
  });
  document.addEventListener("live:resync", gather);
  document.addEventListener("visibilitychange", () => isStale && read());
  const mute = document.getElementById("mute");
  mute.checked = isMuted();
  mute.addEventListener("change", () => localStorage.setItem("reservo-mute", mute.checked ? "1" : ""));
  startLive(eventsUrl, eventsSince);
}

function isMuted() {
  return localStorage.getItem("reservo-mute") === "1";
}

// One tab rings for all; a tab that nobody has touched yet may make no sound and lets others go first.
async function ring(id) {
  if (!navigator.locks) return sound(id);
  if (!navigator.userActivation?.hasBeenActive) await later(NOT_TOUCHED);
  await navigator.locks.request("reservo-ring", { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    sound(id);
    await later(RINGING);
  });
}

function later(time) {
  return new Promise((done) => setTimeout(done, time));
}

function sound(id) {
  document.documentElement.dataset.rang = id;
  if (isMuted()) return;
  try {
    const audio = new AudioContext();
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = 880;
    volume.gain.setValueAtTime(0.08, audio.currentTime);
    volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.6);
    tone.connect(volume).connect(audio.destination);
    tone.addEventListener("ended", () => audio.close());
    tone.start();
    tone.stop(audio.currentTime + 0.6);
  } catch {
    /* no sound here */
  }
}
