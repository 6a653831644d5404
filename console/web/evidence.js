// Evidence pictures with their boxes drawn, small in a card and large in the viewer.
import { evidenceUrl } from "./api.js";
import { h, svg } from "./dom.js";
import { clockTime } from "./format.js";
import { has, t } from "./i18n.js";

const inOrder = (evidence) => [...evidence].sort((a, b) => a.captured_at.localeCompare(b.captured_at));

// An alert that joined several occurrences has pictures of each: those of the last one.
function latest(evidence) {
  const ordered = inOrder(evidence);
  const begin = ordered.findLastIndex(({ moment }) => moment === "before");
  return begin < 0 ? ordered.slice(-3) : ordered.slice(begin);
}

function box([x1, y1, x2, y2], name, picture) {
  const large = picture.width_px / 34;
  return [
    svg("rect", { class: name, x: x1, y: y1, width: x2 - x1, height: y2 - y1, "vector-effect": "non-scaling-stroke" }),
    svg("text", { class: name, x: x1, y: y1 > large * 1.2 ? y1 - large * 0.3 : y2 + large, "font-size": large }, t(`box.${name}`)),
  ];
}

function picture(item) {
  const { width_px: w, height_px: h_ } = item;
  return svg("svg", { viewBox: `0 0 ${w} ${h_}`, role: "img", "aria-label": t(`moment.${item.moment}`) },
    svg("image", { href: evidenceUrl(item.evidence_id), width: w, height: h_ }),
    item.box ? box(item.box, "object", item) : null,
    item.passer_box ? box(item.passer_box, "passer", item) : null);
}

function passer(item) {
  if (!item.passer_class) return "";
  const word = (key) => (has(key) ? t(key) : key.split(".")[1]);
  return ` · ${word(`color.${item.passer_color ?? "unknown"}`)}${word(`class.${item.passer_class}`)}`;
}

const caption = (item) => `${t(`moment.${item.moment}`)} ${clockTime(new Date(item.captured_at))}`;

export function thumbnails(evidence, title) {
  if (!evidence?.length) return null;
  return h("div", { class: "thumbs" }, latest(evidence).map((item) =>
    h("button", { type: "button", class: "thumb", title: t("viewer.open"), onclick: (event) => {
      event.stopPropagation();
      view(evidence, title);
    } }, picture(item), h("span", {}, t(`moment.${item.moment}`), h("time", {}, ` ${clockTime(new Date(item.captured_at))}`)))));
}

function view(evidence, title) {
  const viewer = document.getElementById("viewer");
  document.getElementById("viewer-title").textContent = title;
  document.getElementById("viewer-pictures").replaceChildren(...inOrder(evidence).map((item) =>
    h("figure", {}, picture(item), h("figcaption", {}, caption(item) + passer(item), h("code", { title: "SHA-256" }, item.sha256.slice(0, 16))))));
  viewer.showModal();
}
