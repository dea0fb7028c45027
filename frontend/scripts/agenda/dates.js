// Dates are local to the branch: `2026-12-01` texts, whatever zone the browser is in.
const MINUTE = 60_000;

export const noonOf = (day) => new Date(`${day}T12:00:00Z`);
export const two = (number) => String(number).padStart(2, "0");
export const clockOf = (date) => `${two(date.getHours())}:${two(date.getMinutes())}`;
export const dayOf = (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
export const wallOf = (date) => `${dayOf(date)}T${clockOf(date)}:00`;

export function shifted(day, count) {
  const date = noonOf(day);
  date.setUTCDate(date.getUTCDate() + count);
  return date.toISOString().slice(0, 10);
}

export const mondayOf = (day) => shifted(day, -((noonOf(day).getUTCDay() + 6) % 7));

// The branch's clock as the server gave it, carried on by this browser's own: right even if that one is wrong.
export function branchClock(given) {
  const minutes = Math.round((Date.parse(`${given}Z`) - Date.now()) / MINUTE);
  const size = Math.abs(minutes);
  return {
    now: () => new Date(Date.now() + minutes * MINUTE).toISOString().slice(0, 19),
    today: () => new Date(Date.now() + minutes * MINUTE).toISOString().slice(0, 10),
    offset: `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`,
  };
}

export function namers(language) {
  const locale = language === "en" ? "en-GB" : "es-CL";
  const made = (options) => new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...options });
  const day = made({ weekday: "short", day: "numeric", month: "short", year: "numeric" });
  const short = made({ day: "numeric", month: "short" });
  const withYear = made({ day: "numeric", month: "short", year: "numeric" });
  const weekday = made({ weekday: "short" });
  const full = made({ weekday: "long", day: "numeric", month: "long" });
  return {
    locale,
    day: (text) => day.format(noonOf(text)),
    full: (text) => full.format(noonOf(text)),
    weekday: (text) => weekday.format(noonOf(text)),
    week: (text) =>
      `${short.format(noonOf(mondayOf(text)))} – ${withYear.format(noonOf(shifted(mondayOf(text), 6)))}`,
  };
}
