// Times, durations and numbers as a person reads them.
import { language, t } from "words";

let zone = "UTC";
export const useTimeZone = (name) => { zone = name; made.clear(); };

const made = new Map(); // a formatter is dear to make
function format(options) {
  const key = language + JSON.stringify(options);
  if (!made.has(key)) made.set(key, new Intl.DateTimeFormat(language, { timeZone: zone, hourCycle: "h23", ...options }));
  return made.get(key);
}
const at = (seconds) => new Date(seconds * 1000);
const DAY = { year: "numeric", month: "2-digit", day: "2-digit" };
const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit" };

export function dayOf(seconds) { // 2026-11-02, whatever the language
  const parts = Object.fromEntries(format(DAY).formatToParts(at(seconds)).map((p) => [p.type, p.value]));
  return `${parts.year}-${parts.month}-${parts.day}`;
}
export const clock = (seconds) => format(CLOCK).format(at(seconds));
export const dayAndClock = (seconds) => `${dayOf(seconds).slice(5)} ${clock(seconds)}`;
export const number = (value) => value.toLocaleString(language, { maximumFractionDigits: value < 10 ? 2 : 1 });

export function duration(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return t("duration.s", { s });
  if (s < 3600) return t(s % 60 ? "duration.min" : "duration.min.whole", { min: Math.floor(s / 60), s: s % 60 });
  const minutes = Math.floor((s % 3600) / 60);
  return t(minutes ? "duration.h" : "duration.h.whole", { h: Math.floor(s / 3600), min: minutes });
}

export const measured = (value, unit) =>
  unit === "s" ? duration(value) : `${number(value)}${unit ? ` ${t(`unit.${unit}`)}` : ""}`;
