// Every miss and every false alarm: before, at and after, whole and close.
import { el, pick, t } from "words";
import { word } from "tables";

function boxed(address, view, boxes, alt) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `${view[0]} ${view[1]} ${view[2] - view[0]} ${view[3] - view[1]}`);
  svg.setAttribute("preserveAspectRatio", "none");
  for (const [name, [x1, y1, x2, y2]] of Object.entries(boxes)) {
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [key, value] of Object.entries({ class: name, x: x1, y: y1, width: x2 - x1, height: y2 - y1 })) rect.setAttribute(key, value);
    svg.append(rect);
  }
  return el("div", { class: "boxed" }, el("img", { src: address, alt, loading: "lazy" }), svg);
}

export function caseCard(data, one) {
  const kind = data.kinds[one.kind] ? pick(data.kinds[one.kind]) : one.kind;
  const near = one.about ? t("case.near", { what: word("distractor", one.about) }) : "";
  const text = one.what === "miss" ? t("case.miss", { started: one.started_s, what: one.about || kind })
    : t("case.false", { started: one.started_s, told: one.told_s, fault: t(`fault.${one.fault}`), near });
  const distractors = one.distractors.length ? t("case.distractors", { what: one.distractors.map((d) => word("distractor", d)).join("、") }) : "";
  const pictures = one.pictures.map((p) => el("figure", {},
    boxed(p.whole, [0, 0, one.width_px, one.height_px], one.boxes, ""), boxed(p.near, p.near_of, one.boxes, ""),
    el("figcaption", {}, `${t(`moment.${p.moment}`)} ${p.at_s} s`)));
  return el("article", { class: `case ${one.what}`, "data-kind": one.kind },
    el("h3", {}, el("span", { class: "tag" }, t(`what.${one.what}`)), kind, el("small", {}, `${one.clip} · ${word("condition", one.condition)} · ${word("source", one.source)}`)),
    el("p", {}, text), distractors ? el("p", {}, distractors) : null, el("div", { class: "pictures" }, ...pictures));
}
