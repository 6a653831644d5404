// The other page: tables, and for each kind how the deciding value lies against its threshold.
import { histogram } from "charts";
import { duration, number } from "format";
import { el, has, pick, t } from "words";

const n = (text, more = "") => el("td", { class: `n ${text === "0" ? "zero" : more}` }, text);
const head = (...keys) => el("tr", {}, ...keys.map((key, i) => el("th", { class: i ? "n" : null }, key ? t(key) : "")));
const named = (data, kind) => el("td", {}, pick(data.kinds[kind] ?? [kind, kind]), el("small", {}, kind));

function summary(data, side) {
  const rows = data.summary[side].map((row) => el("tr", {}, named(data, row.kind), n(number(row.alerts)), n(number(row.vehicles)),
    n(row.per_truck_day === null ? "–" : row.per_truck_day.toFixed(3)), n(row.median_s === null ? "–" : duration(row.median_s))));
  const sum = data.summary[side].reduce((all, row) => all + row.alerts, 0);
  const total = el("tr", {}, el("td", {}, t("total")), n(number(sum)), n(""), n(data.truck_days ? (sum / data.truck_days).toFixed(3) : "–"), n(""));
  return el("table", {}, head("table.kind", "table.alerts", "table.vehicles", "table.per_truck_day", "table.median"), ...rows, total);
}

function counted(heading, found, prefix) {
  if (!Object.keys(found).length) return [];
  const rows = Object.entries(found).map(([key, count]) => el("tr", {}, el("td", {}, has(`${prefix}.${key}`) ? t(`${prefix}.${key}`) : key), n(number(count))));
  return [el("h3", {}, t(heading)), el("table", {}, ...rows)];
}

function comparison(data) {
  const rows = data.comparison.map((row) => el("tr", {}, named(data, row.kind), n(number(row.only_a), "only-a"),
    n(row.both_a === row.both_b ? number(row.both_a) : `${number(row.both_a)} = ${number(row.both_b)}`), n(number(row.only_b), "only-b")));
  const differ = data.thresholds.map((d) => {
    const [label, a, b] = pick(d.told);
    return el("tr", {}, el("td", {}, `${data.kinds[d.kind] ? pick(data.kinds[d.kind]) : d.kind} · ${label}`, el("small", {}, `${d.kind}.${d.key}`)), n(a), n(b));
  });
  const registers = data.registers.map((r) => el("tr", {}, el("td", {}, t(`register.${r.key}`)), n(number(r.only_a)), n(number(r.changed)), n(number(r.only_b))));
  const empty = !differ.length && !registers.length ? [el("p", {}, t("compare.same"))] : [];
  return el("section", { class: "card wide" }, el("h2", {}, t("compare.title", { a: data.names.a, b: data.names.b })), el("p", {}, t("compare.note")),
    el("div", { class: "split" },
      el("div", {}, el("table", {}, head("table.kind", "by.a", "by.both", "by.b"), ...rows)),
      el("div", {}, ...empty,
        ...(differ.length ? [el("h3", {}, t("compare.thresholds")), el("table", {}, el("tr", {}, el("th", {}), el("th", { class: "n" }, "A"), el("th", { class: "n" }, "B")), ...differ)] : []),
        ...(registers.length ? [el("h3", {}, t("compare.registers")), el("table", {}, head("", "by.a", "compare.changed", "by.b"), ...registers)] : []))));
}

export function showTuning(node, data) {
  const side = (name) => el("section", { class: data.comparison ? "card half" : "card wide" },
    el("h2", {}, data.comparison ? `${name.toUpperCase()} ${data.names[name]}` : t("summary.title")),
    el("div", { class: "split" }, el("div", {}, summary(data, name)),
      el("div", {}, ...counted("summary.trips", data.trips[name], "trip"), ...counted("summary.rounds", data.rounds[name], "round"), ...(name === "a" ? counted("summary.fixes", data.qualities, "quality") : []))));
  node.replaceChildren(el("div", { class: "grid" },
    ...(data.comparison ? [comparison(data), side("a"), side("b")] : [side("a")]),
    el("section", { class: "card wide" }, el("h2", {}, t("tuning.title")), el("p", {}, t("tuning.note"))),
    ...data.histograms.map((h) => histogram(h, data))));
}
