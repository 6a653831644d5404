// The figures of one source, as tables.
import { number } from "format";
import { el, has, pick, t } from "words";

const n = (text, more = "") => el("td", { class: `n ${more}` }, text);
const head = (...keys) => el("tr", {}, ...keys.map((key, i) => el("th", { class: i > 1 ? "n" : null }, t(key))));
export const word = (prefix, id) => (has(`${prefix}.${id}`) ? t(`${prefix}.${id}`) : id);
const share = (value) => (value === null ? "–" : value.toFixed(3));
const between = (interval) => (interval === null ? null : el("small", {}, `${interval[0].toFixed(2)}–${interval[1].toFixed(2)}`));
const interval = (value, of) => el("td", { class: "n" }, share(value), between(of));
const pair = (p50, p90) => (p50 === null ? "–" : `${p50.toFixed(1)} / ${p90.toFixed(1)}`);
const card = (title, note, ...children) => el("section", { class: "card wide" }, el("h2", {}, t(title)), el("p", {}, t(note)), el("div", { class: "scroll" }, ...children));
const named = (data, kind) => el("td", { class: "kind" }, kind === "all" ? t("all_kinds") : data.kinds[kind] ? pick(data.kinds[kind]) : word("of", kind));

export function events(data, source) {
  const rows = data.summary.events.filter((row) => row.source === source);
  const conditions = new Set(rows.map((row) => row.condition));
  const shown = conditions.size === 2 ? rows.filter((row) => row.condition !== "all") : rows;
  return card("events.title", "events.note", el("table", {}, head("kind", "condition", "events", "found", "recall", "precision", "f1", "wait", "false", "duplicates", "per_day", "footage", "confirmed", "place"),
    ...shown.map((row) => el("tr", { class: row.condition === "all" ? "sum" : null }, named(data, row.kind), el("td", {}, word("condition", row.condition)), n(number(row.events)), n(number(row.found)),
      interval(row.recall, row.recall_95), interval(row.precision, row.precision_95), n(share(row.f1)), n(pair(row.alert_p50_s, row.alert_p90_s)), n(number(row.false)), n(number(row.duplicates)),
      el("td", { class: "n" }, number(row.false_per_day), el("small", {}, `< ${number(24 * row.false_per_hour_most)}`)), n(t("hours", { h: row.hours.toFixed(2) })), n(`${row.confirmed} / ${row.found}`), n(pair(row.place_p50_m, row.place_p90_m))))));
}

export function distractors(data, source) {
  const rows = data.summary.distractors.filter((row) => row.source === source);
  if (!rows.length) return null;
  return card("distractors.title", "distractors.note", el("table", {}, el("tr", {}, ...["distractor", "times", "with_alarm", "false", "of_kind"].map((key, i) => el("th", { class: i && i < 4 ? "n" : null }, t(key)))),
    ...rows.map((row) => el("tr", {}, el("td", {}, row.what ? word("distractor", row.what) : t("no_distractor")), n(row.what ? number(row.times) : ""), n(row.what ? number(row.with_alarm) : ""), n(number(row.alarms), row.alarms ? "" : "zero"),
      el("td", {}, Object.entries(row.kinds).map(([kind, count]) => `${data.kinds[kind] ? pick(data.kinds[kind]) : kind} ${count}`).join(" · "))))));
}

export function passages(data, source) {
  const rows = data.summary.passages.filter((row) => row.source === source && (row.passages || row.extra));
  if (!rows.length) return null;
  const told = (count) => (count.right + count.wrong + count.untold ? n(`${count.right} / ${count.wrong} / ${count.untold}`) : n("–"));
  const confused = rows.filter((row) => row.condition === "all").flatMap((row) => row.confused);
  return card("passages.title", "passages.note", el("table", {}, el("tr", {}, ...["condition", "passages", "found", "recall", "extra", "precision", "direction", "class", "load", "plate", "time", "speed"].map((key, i) => el("th", { class: i ? "n" : null }, t(key)))),
    ...rows.map((row) => el("tr", { class: row.condition === "all" ? "sum" : null }, el("td", {}, word("condition", row.condition)), n(number(row.passages)), n(number(row.found)), interval(row.recall, row.recall_95), n(number(row.extra)), interval(row.precision, row.precision_95),
      told(row.direction), told(row.class_name), told(row.load), told(row.plate), n(pair(row.time_p50_s, row.time_p90_s)), n(pair(row.speed_p50_kmh, row.speed_p90_kmh))))),
    confused.length ? el("p", {}, `${t("confused")} ${confused.map(([truth, seen, count]) => `${truth} → ${seen || t("untold")} ${count}`).join(" · ")}`) : null);
}

export function attribution(data, source) {
  const rows = data.summary.attribution.filter((row) => row.source === source);
  if (!rows.length) return null;
  return card("attribution.title", "attribution.note", el("table", {}, head("of", "condition", "whose", "count", "right", "named", "named_wrong", "asked", "answers"),
    ...rows.map((row) => el("tr", { class: row.condition === "all" ? "sum" : null }, named(data, row.what), el("td", {}, word("condition", row.condition)), n(t(row.of_fleet ? "whose.fleet" : "whose.other")), n(number(row.count)), interval(row.right_share, row.right_95), n(number(row.named)),
      n(number(row.named_wrong), row.named_wrong ? "bad" : ""), n(number(row.asked)), n(Object.entries(row.answers).map(([answer, count]) => `${t(`answer.${answer}`)} ${count}`).join(" · "))))));
}
