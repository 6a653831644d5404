// The chosen alert: why it was raised, in words, then what was measured and the thresholds in force.
import { dayAndClock } from "format";
import { lasting, plate } from "list";
import { el, language, LANGUAGES, pick, t } from "words";

// Tables of both languages are [label, text, label, text], Chinese first.
const cell = (row) => row.slice(2 * LANGUAGES.indexOf(language), 2 * LANGUAGES.indexOf(language) + 2);

function table(first, second, names) {
  const a = new Map(first.map(cell)), b = second ? new Map(second.map(cell)) : null;
  const rows = [...new Set([...a.keys(), ...(b ? b.keys() : [])])].map((label) => {
    const differs = b && a.get(label) !== b.get(label) ? "differs" : null;
    return el("tr", {}, el("td", {}, label), el("td", { class: differs }, a.get(label) ?? "–"), b ? el("td", { class: differs }, b.get(label) ?? "–") : null);
  });
  const head = b ? [el("tr", {}, el("th", {}), ...names.map((name) => el("th", {}, name)))] : [];
  return el("table", {}, ...head, ...rows);
}

const ended = (facts) => facts.ended === null ? t("goes_on") : dayAndClock(facts.ended);

export function showDetail(node, alert, data, onStep) {
  node.scrollTop = 0;
  if (!alert) { node.replaceChildren(el("p", { class: "none" }, t(data.alerts.length ? "detail.none" : "list.none"))); return; }
  const names = ["a", "b"].map((side) => `${side.toUpperCase()} ${data.names[side] ?? ""}`);
  const { other } = alert;
  const times = [
    [t("detail.began"), dayAndClock(alert.started), other ? dayAndClock(other.started) : null],
    [t("detail.raised"), dayAndClock(alert.raised), other ? dayAndClock(other.raised) : null],
    [t("detail.ended"), ended(alert), other ? ended(other) : null],
    [t("detail.lasted"), lasting(alert), other ? lasting(other) : null],
  ];
  const both = (rows) => rows.map(([label, text]) => [label, text, label, text]);
  const of = (side) => both(times.map((row) => [row[0], row[side]]));
  const thresholds = (facts) => data.parameters[facts.parameters];
  const step = (by, word) => { const button = el("button", {}, t(word)); button.addEventListener("click", () => onStep(by)); return button; };
  node.replaceChildren(
    el("h2", {}, pick(data.kinds[alert.kind]), el("span", { class: `severity ${alert.severity}` }, t(`severity.${alert.severity}`)),
      data.comparison ? el("span", { class: `by ${alert.by}` }, t(`by.${alert.by}`)) : null),
    el("p", { class: "who" }, plate(alert), ...[alert.company, alert.permit ? `${t("detail.permit")} ${alert.permit}` : null].filter(Boolean).map((text) => el("span", {}, text))),
    el("div", { class: "why" }, ...alert.why.map((text, i) => el("p", { lang: LANGUAGES[i] }, text))),
    alert.track.length ? "" : el("p", { class: "note" }, t("detail.no_track")),
    el("h4", {}, t("detail.times")), table(of(1), other ? of(2) : null, names),
    ...(alert.values.length ? [el("h4", {}, t("detail.values")), table(alert.values, other?.values, names)] : []),
    ...(thresholds(alert).length ? [el("h4", {}, t("detail.parameters")), table(thresholds(alert), other ? thresholds(other) : null, names)] : []),
    el("h4", {}, t("detail.more")),
    table(both([[t("detail.subject"), pick(alert.subject)], [t("detail.place"), `${alert.at[0].toFixed(6)}, ${alert.at[1].toFixed(6)}`],
      [t("detail.confidence"), `${Math.round(alert.confidence * 100)}%`], [t("detail.occurrences"), String(alert.occurrences)]]), null, names),
    el("div", { class: "step" }, step(-1, "detail.before"), step(1, "detail.next")),
  );
}
