import { startLive } from "../live.js";
import { toast } from "./toasts.js";

const MOST = 99;

export function startBell() {
  const bell = document.getElementById("bell");
  if (!bell) return;
  const count = document.getElementById("bell-count");
  let unseen = Number(count.dataset.count || 0);
  const show = () => {
    count.hidden = unseen === 0;
    count.textContent = unseen > MOST ? `${MOST}+` : String(unseen);
  };
  const open = () => document.body.dispatchEvent(new CustomEvent("bell-open"));
  show();
  bell.addEventListener("toggle", () => {
    if (!bell.open) return;
    unseen = 0;
    show();
    open();
  });
  document.addEventListener("live:notice", (event) => {
    if (bell.open) open();
    else unseen += 1;
    show();
    toast({ text: event.detail.text });
    ring();
  });
  const mute = document.getElementById("mute");
  if (mute) {
    mute.checked = isMuted();
    mute.addEventListener("change", () => localStorage.setItem("reservo-mute", mute.checked ? "1" : ""));
  }
  if (document.body.dataset.eventsUrl) startLive(document.body.dataset.eventsUrl);
}

function isMuted() {
  return localStorage.getItem("reservo-mute") === "1";
}

function ring() {
  document.documentElement.dataset.rang = String(Date.now());
  if (isMuted()) return;
  try {
    const audio = new AudioContext();
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = 880;
    volume.gain.setValueAtTime(0.08, audio.currentTime);
    volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.6);
    tone.connect(volume).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + 0.6);
  } catch {
    /* no sound here */
  }
}
