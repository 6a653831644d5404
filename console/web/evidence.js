// Evidence with boxes drawn over it: pictures and the clip, small in a card and large in the viewer.
import { caseUrl, evidenceUrl, getManifest, getTrack } from "./api.js";
import { h, svg } from "./dom.js";
import { clockTime } from "./format.js";
import { has, t } from "./i18n.js";

const inOrder = (evidence) => [...evidence].sort((a, b) => a.captured_at.localeCompare(b.captured_at));
const isPicture = (item) => item.media_type.startsWith("image/");
const isClip = (item) => item.moment === "clip";
const isKept = (item) => !item.missing && !item.dropped_at;

// An alert that joined several occurrences has pictures of each: those of the last one.
function latest(evidence) {
  const ordered = inOrder(evidence.filter(isPicture));
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
    isKept(item) && svg("image", { href: evidenceUrl(item.evidence_id), width: w, height: h_ }),
    item.box ? box(item.box, "object", item) : null,
    item.passer_box ? box(item.passer_box, "passer", item) : null);
}

function passer(item) {
  if (!item.passer_class) return "";
  const word = (key) => (has(key) ? t(key) : key.split(".")[1]);
  return ` · ${word(`color.${item.passer_color ?? "unknown"}`)}${word(`class.${item.passer_class}`)}`;
}

const word = (key) => (has(key) ? t(key) : key);
const when = (item) => clockTime(new Date(item.captured_at));

// What is to be known of a piece: why it is not here, or what is short of it.
function remarks(item) {
  const said = (item.note ?? "").split("|").filter(Boolean).map((note) => word(`evidence.${note}`));
  if (item.missing) said.push(t("evidence.missing", { why: word(`evidence.${item.missing}`) }));
  if (item.dropped_at) said.push(t("evidence.dropped", { when: clockTime(new Date(item.dropped_at)) }));
  return said.length ? h("em", {}, said.join(" · ")) : null;
}

export function thumbnails(evidence, title, alertId) {
  if (!evidence?.length) return null;
  const clip = inOrder(evidence).findLast((item) => isClip(item) && isKept(item));
  const open = (event) => {
    event.stopPropagation();
    view(evidence, title, alertId);
  };
  return h("div", { class: "thumbs" }, latest(evidence).map((item) =>
    h("button", { type: "button", class: "thumb", title: t("viewer.open"), onclick: open },
      picture(item), h("span", {}, t(`moment.${item.moment}`), h("time", {}, ` ${when(item)}`)))),
  clip && h("button", { type: "button", class: "thumb clip", title: t("viewer.open"), onclick: open },
    h("b", { "aria-hidden": "true" }, "▶"), h("span", {}, t("moment.clip"), h("time", {}, ` ${when(clip)}`))));
}

const figure = (item, shown) =>
  h("figure", { class: isClip(item) ? "clip" : null }, shown,
    h("figcaption", {}, h("span", {}, `${t(`moment.${item.moment}`)} ${when(item)}${passer(item)}`), remarks(item),
      h("code", { title: `SHA-256 ${item.sha256}` }, item.sha256.slice(0, 16))));

// The clip with the object's box, and that of who passed as it goes: neither is in the video itself.
function player(clip, evidence) {
  if (!isKept(clip)) return h("div", { class: "no-clip" }, t("evidence.no_clip"));
  const url = evidenceUrl(clip.evidence_id);
  const still = svg("g"), going = svg("g");
  const object = inOrder(evidence).findLast((item) => item.box && item.width_px === clip.width_px);
  if (object) still.append(...box(object.box, "object", clip));
  const video = h("video", { src: url, controls: true, preload: "metadata", playsinline: true });
  const failed = h("p", { class: "unplayed", hidden: true }, t("evidence.unplayed", { codec: clip.codec ?? "?" }), " ",
    h("a", { href: url, download: `clip-${clip.sha256.slice(0, 8)}` }, t("evidence.download")));
  video.addEventListener("error", () => { failed.hidden = false; });
  follow(video, going, clip, evidence);
  const shown = h("div", { class: "player" }, video,
    svg("svg", { viewBox: `0 0 ${clip.width_px} ${clip.height_px}`, "aria-hidden": "true" }, still, going), failed);
  shown.style.maxWidth = `min(1100px, ${(66 * clip.width_px / (clip.height_px || 1)).toFixed(0)}vh)`; // as high as the screen allows
  return shown;
}

async function follow(video, group, clip, evidence) {
  const track = evidence.find((item) => item.moment === "track" && isKept(item));
  if (!track) return;
  const said = await getTrack(track.evidence_id).catch(() => null);
  const points = (said?.points ?? []).map(({ at, box: sides }) => [Date.parse(at), sides]);
  if (!points.length) return;
  const begin = Date.parse(clip.captured_at);
  const draw = () => {
    const sides = boxAt(points, begin + video.currentTime * 1000);
    group.replaceChildren(...(sides ? box(sides, "passer", clip) : []));
  };
  for (const event of ["timeupdate", "seeked", "loadeddata"]) video.addEventListener(event, draw);
  if (video.requestVideoFrameCallback) {
    const each = () => { draw(); if (video.isConnected) video.requestVideoFrameCallback(each); };
    video.requestVideoFrameCallback(each);
  }
}

// Between two points of a track in between; nothing before its first or after its last.
function boxAt(points, at) {
  const next = points.findIndex(([time]) => time >= at);
  if (next < 0 || (next === 0 && points[0][0] > at)) return null;
  if (next === 0) return points[0][1];
  const [[t0, a], [t1, b]] = [points[next - 1], points[next]];
  const share = t1 > t0 ? (at - t0) / (t1 - t0) : 0;
  return a.map((side, i) => side + share * (b[i] - side));
}

// The case file, and whether the chain of hashes is whole.
function footer(alertId) {
  const chain = h("span", { class: "chain" });
  getManifest(alertId).then((manifest) => {
    chain.dataset.whole = manifest.whole;
    chain.textContent = t(manifest.whole ? "evidence.whole" : "evidence.broken", { count: manifest.links });
    chain.title = manifest.faults.join("\n") || (manifest.head ?? "");
  }).catch(() => { chain.textContent = ""; });
  const original = h("a", { href: caseUrl(alertId, false), download: true, onclick: (event) => {
    if (!confirm(t("evidence.original_sure"))) event.preventDefault();
  } }, t("evidence.original"));
  return h("footer", { class: "case" }, chain, h("a", { class: "primary", href: caseUrl(alertId, true), download: true }, t("evidence.case")), original);
}

function view(evidence, title, alertId) {
  const viewer = document.getElementById("viewer");
  document.getElementById("viewer-title").textContent = title;
  const clips = inOrder(evidence).filter(isClip);
  const pictures = inOrder(evidence).filter(isPicture);
  document.getElementById("viewer-pictures").replaceChildren(
    ...clips.map((clip) => figure(clip, player(clip, evidence))),
    ...pictures.map((item) => figure(item, picture(item))),
    ...(alertId ? [footer(alertId)] : []));
  viewer.addEventListener("close", () => {
    for (const video of viewer.querySelectorAll("video")) video.pause();
  }, { once: true });
  viewer.showModal();
}
