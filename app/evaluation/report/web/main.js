import { caseCard } from "cases";
import { number } from "format";
import { attribution, distractors, events, passages, word } from "tables";
import { waits } from "waits";
import { el, language, LANGUAGES, other, pick, t, useLanguage } from "words";

const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const chosen = { what: null, kind: null, condition: null, source: null };
const sources = [...new Set([...data.summary.events, ...data.summary.distractors, ...data.summary.passages].map((row) => row.source))].sort();

function drawScores() {
  $("scores").replaceChildren(...sources.map((source) => {
    const all = data.summary.events.find((row) => row.source === source && row.kind === "all" && row.condition === "all");
    const cards = [events(data, source), waits(data, source), distractors(data, source), passages(data, source), attribution(data, source)];
    return el("section", { class: "source", "data-source": source }, el("h2", {}, word("source", source), el("small", {}, t("source.footage", { h: all ? all.hours.toFixed(2) : "0" }))),
      el("div", { class: "grid" }, ...cards.filter(Boolean)));
  }), el("p", { class: "note" }, t("apart")));
}

const name = { what: (v) => t(`what.${v}`), kind: (v) => (data.kinds[v] ? pick(data.kinds[v]) : v), condition: (v) => word("condition", v), source: (v) => word("source", v) };

function drawCases() {
  const chips = Object.keys(chosen).flatMap((key) => {
    const values = [...new Set(data.cases.map((one) => one[key]))].sort();
    return values.length < 2 ? [] : values.map((value) => {
      const button = el("button", { "aria-pressed": String(chosen[key] === value), "data-chip": value }, name[key](value), el("b", {}, number(data.cases.filter((one) => one[key] === value).length)));
      button.addEventListener("click", () => { chosen[key] = chosen[key] === value ? null : value; drawCases(); });
      return button;
    });
  });
  const shown = data.cases.filter((one) => Object.entries(chosen).every(([key, value]) => value === null || one[key] === value));
  $("chips").replaceChildren(...chips);
  $("count").replaceChildren(t("cases.count", { count: number(shown.length), total: number(data.cases.length + data.left_out) }), " ", el("i", { class: "true" }), t("box.true"), " ", el("i", { class: "told" }), t("box.told"));
  $("gallery").replaceChildren(...(shown.length ? shown.map((one) => caseCard(data, one)) : [el("p", { class: "none" }, t("cases.none"))]));
}

function open(tab) {
  for (const each of ["scores", "cases"]) {
    $(each).hidden = each !== tab;
    $(`tab-${each}`).setAttribute("aria-selected", String(each === tab));
  }
}

function speak(wanted) {
  useLanguage(wanted);
  document.title = `${data.name} ${t("title")}`;
  $("title").replaceChildren(data.name, el("small", {}, t("title")));
  $("period").textContent = t("period", { clips: number(data.summary.clips), hours: (data.summary.footage_s / 3600).toFixed(2), share: (data.summary.cpu_s / Math.max(data.summary.footage_s, 1)).toFixed(3) });
  $("tab-cases").textContent = t("tab.cases", { count: number(data.cases.length + data.left_out) });
  $("language").textContent = t("language.other");
  drawScores();
  drawCases();
}

$("tab-scores").addEventListener("click", () => open("scores"));
$("tab-cases").addEventListener("click", () => open("cases"));
$("language").addEventListener("click", () => speak(other()));
speak(LANGUAGES.includes(language) ? language : LANGUAGES[0]);
document.body.dataset.ready = "true";
