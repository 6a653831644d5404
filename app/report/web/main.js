import { showDetail } from "detail";
import { dayOf, dayAndClock, number, useTimeZone } from "format";
import { AlertList } from "list";
import { AlertMap } from "map";
import { showTuning } from "tuning";
import { el, language, LANGUAGES, other, pick, t, useLanguage } from "words";

const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const filter = { kinds: new Set(), by: null, day: "", text: "" };
let chosen = null, shown = data.alerts;

useTimeZone(data.timezone);
for (const alert of data.alerts) {
  alert.day = dayOf(alert.started);
  alert.text = [alert.plate, alert.vehicle, alert.company, ...alert.subject, alert.permit].filter(Boolean).join(" ").toLowerCase();
}
const list = new AlertList($("list"), $("rows"), data.kinds, data.comparison !== null, choose);
const map = new AlertMap($("map"), data, choose);

function passes(alert, but) {
  return (but === "kinds" || !filter.kinds.size || filter.kinds.has(alert.kind)) && (but === "by" || !filter.by || filter.by === alert.by) &&
    (!filter.day || alert.day === filter.day) && (!filter.text || alert.text.includes(filter.text));
}

function apply() {
  shown = data.alerts.filter((alert) => passes(alert, null));
  if (chosen && !shown.includes(chosen)) choose(null);
  list.show(shown);
  map.show(shown);
  drawFilters();
}

function choose(alert) {
  chosen = alert;
  list.choose(alert);
  map.choose(alert);
  showDetail($("detail"), alert, data, (by) => list.step(by));
}

function toggle(text, count, pressed, onClick) {
  const button = el("button", { "aria-pressed": String(pressed) }, text, el("b", {}, number(count)));
  button.addEventListener("click", onClick);
  return button;
}

function drawFilters() {
  const count = (found, key) => found.reduce((counts, alert) => counts.set(alert[key], (counts.get(alert[key]) ?? 0) + 1), new Map());
  const kinds = count(data.alerts.filter((alert) => passes(alert, "kinds")), "kind");
  $("kinds").replaceChildren(...Object.keys(data.kinds).filter((kind) => kinds.has(kind) || filter.kinds.has(kind)).map((kind) => {
    const button = toggle(pick(data.kinds[kind]), kinds.get(kind) ?? 0, filter.kinds.has(kind), () => { filter.kinds.delete(kind) || filter.kinds.add(kind); apply(); });
    button.dataset.kind = kind;
    return button;
  }));
  $("sets").hidden = data.comparison === null;
  const sets = count(data.alerts.filter((alert) => passes(alert, "by")), "by");
  $("sets").replaceChildren(...["a", "both", "b"].map((by) => {
    const button = toggle(`${t(`by.${by}`)} `, sets.get(by) ?? 0, filter.by === by, () => { filter.by = filter.by === by ? null : by; apply(); });
    button.dataset.by = by;
    return button;
  }));
  const left = data.total - data.alerts.length;
  $("count").textContent = t(shown.length === data.alerts.length ? "count.all" : "count.some", { count: number(shown.length), total: number(data.alerts.length) }) +
    (left ? t("count.left_out", { count: number(left), total: number(data.total) }) : "");
  $("count").title = Object.entries(data.left_out).map(([kind, n]) => `${pick(data.kinds[kind])}: ${n}`).join("\n");
}

function drawDays() {
  const days = [...new Set(data.alerts.map((alert) => alert.day))].sort();
  $("day").replaceChildren(el("option", { value: "" }, t("filter.all_days")), ...days.map((day) => el("option", { value: day, selected: day === filter.day }, day)));
}

function drawHead() {
  document.title = `${data.site} ${t("title")}`;
  $("title").replaceChildren(data.site, el("small", {}, t("title")));
  const from = data.first === null ? "–" : `${dayOf(data.first).slice(0, 5)}${dayAndClock(data.first).slice(0, 11)}`, to = data.last === null ? "–" : `${dayOf(data.last).slice(0, 5)}${dayAndClock(data.last).slice(0, 11)}`;
  $("period").textContent = `${from} – ${to} · ${data.source}${data.names.b ? ` · A ${data.names.a} / B ${data.names.b}` : ""}`;
  const trips = Object.values(data.trips.a).reduce((a, b) => a + b, 0);
  const tiles = [["tile.fixes", data.fixes], ["tile.vehicles", data.vehicles], ["tile.truck_days", data.truck_days], ...(trips ? [["tile.trips", trips]] : []), ["tile.alerts", data.total]];
  $("tiles").replaceChildren(...tiles.map(([word, value]) => el("div", {}, el("dt", {}, t(word)), el("dd", {}, number(value)))));
  $("language").textContent = t("language.other");
}

function open(tab) {
  for (const name of ["alerts", "tuning"]) {
    $(name).hidden = name !== tab;
    $(`tab-${name}`).setAttribute("aria-selected", String(name === tab));
  }
  if (tab === "alerts") map.resized();
}

function speak(wanted) {
  useLanguage(wanted);
  drawHead();
  drawDays();
  drawFilters();
  list.draw();
  map.drawLegend();
  showDetail($("detail"), chosen, data, (by) => list.step(by));
  showTuning($("tuning"), data);
  if (chosen) map.choose(chosen);
}

$("search").addEventListener("input", (event) => { filter.text = event.target.value.trim().toLowerCase(); apply(); });
$("day").addEventListener("change", (event) => { filter.day = event.target.value; apply(); });
$("tab-alerts").addEventListener("click", () => open("alerts"));
$("tab-tuning").addEventListener("click", () => open("tuning"));
$("language").addEventListener("click", () => speak(other()));
speak(LANGUAGES.includes(language) ? language : LANGUAGES[0]);
apply();
document.body.dataset.ready = "true";
