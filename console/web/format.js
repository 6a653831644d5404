// Times, durations and measured values as an operator reads them.
import { has, language, t } from "./i18n.js";

let zone = "UTC";
export const useTimeZone = (name) => { zone = name; };

let names = new Map(); // of zones, routes and cameras, by id
export const useNames = (found) => { names = found; };

export const nameOf = (id) => names.get(id) ?? id;

const inZone = (options) => new Intl.DateTimeFormat(language, { timeZone: zone, hourCycle: "h23", ...options });

export const clockTime = (date) => inZone({ hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(date);
export const clockDate = (date) => inZone({ year: "numeric", month: "2-digit", day: "2-digit", weekday: "short" }).format(date);
export const dateOf = (date) => inZone({ year: "numeric", month: "2-digit", day: "2-digit" }).format(date);
export const hourMinute = (date) => inZone({ hour: "2-digit", minute: "2-digit" }).format(date);
export const hourOf = (date) => inZone({ hour: "2-digit" }).format(date).replace(/\D/g, "");

export function when(iso, now) {
  const date = new Date(iso);
  const sameDay = clockDate(date) === clockDate(now);
  return sameDay ? clockTime(date) : `${inZone({ month: "2-digit", day: "2-digit" }).format(date)} ${clockTime(date)}`;
}

export function duration(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return t("duration.s", { s });
  if (s < 3600) return t("duration.min", { min: Math.floor(s / 60), s: s % 60 });
  return t("duration.h", { h: Math.floor(s / 3600), min: Math.floor((s % 3600) / 60) });
}

export const kilometres = (metres) => (metres < 1000 ? `${Math.round(metres)} m` : `${(metres / 1000).toFixed(1)} km`);

// Of what lasts long, seconds tell nothing.
export function minutes(seconds) {
  if (seconds < 60) return duration(seconds);
  const min = Math.round(seconds / 60);
  return min < 60 ? t("duration.minutes", { min }) : t("duration.h", { h: Math.floor(min / 60), min: min % 60 });
}

const UNITS = [["_kmh", "km/h"], ["_deg", "°"], ["_px", "px"], ["_fps", "fps"], ["_m", "m"]];

const number = (value) => Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) < 10 ? 2 : 1);

// [label, text] of a measured value or threshold; its unit is the end of its name.
export function measured(name, value) {
  const unit = UNITS.find(([end]) => name.endsWith(end));
  const bare = unit ? name.slice(0, -unit[0].length) : name.replace(/_s$/, "");
  const label = has(`value.${name}`) ? t(`value.${name}`) : has(`value.${bare}`) ? t(`value.${bare}`) : bare.replaceAll("_", " ");
  let text;
  if (value === null || value === undefined) text = "–";
  else if (typeof value === "boolean") text = t(value ? "yes" : "no");
  else if (typeof value === "number" && name.endsWith("_s")) text = duration(value);
  else if (typeof value === "number") text = unit ? `${number(value)} ${unit[1]}` : number(value);
  else if (/^\d{4}-\d\d-\d\dT/.test(value)) text = when(value, new Date());
  else if (names.has(value)) text = names.get(value);
  else text = has(`word.${value}`) ? t(`word.${value}`) : value;
  return [label, text];
}
