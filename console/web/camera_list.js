// The cameras, those with something wrong first.
import { pictureUrl } from "./api.js";
import { cameraCard, gravity, stateOf } from "./camera_card.js";
import { h } from "./dom.js";
import { language, t } from "./i18n.js";

export class CameraList {
  // actions: {fly(id), passages(id), alert(id)}
  constructor({ element, summary }, { now, actions }) {
    Object.assign(this, { element, summary, now });
    this.cameras = []; // of the site: {id, name, role}
    this.told = new Map();
    this.open = null;
    this.keys = new Map();
    this.actions = { ...actions, view: (id) => this.view(id) };
    element.addEventListener("keydown", (event) => this.onKey(event));
  }

  show(cameras, told) {
    this.cameras = cameras;
    this.told = new Map(told.map((camera) => [camera.camera_id, camera]));
    this.draw();
  }

  draw() {
    const now = this.now();
    const weight = ({ id }) => gravity(this.told.get(id));
    const inOrder = [...this.cameras].sort((a, b) => weight(b) - weight(a) || a.name.localeCompare(b.name, language));
    const cards = inOrder.map((camera) => this.card(camera, now));
    if (!cards.length) cards.push(h("p", { class: "empty" }, t("cameras.none")));
    const wanted = new Set(cards);
    for (const child of [...this.element.children]) if (!wanted.has(child)) child.remove();
    cards.forEach((card, i) => { if (this.element.children[i] !== card) this.element.insertBefore(card, this.element.children[i] ?? null); });
    this.drawSummary();
  }

  // A card is filled anew in its place: nobody loses focus or place in the list by a figure.
  card(camera, now) {
    const told = this.told.get(camera.id), open = this.open === camera.id;
    const key = JSON.stringify([{ ...told, updated_at: null }, open, language, camera]);
    const known = this.keys.get(camera.id);
    if (known?.key === key) return known.element;
    const made = cameraCard(camera, told, { open, now, actions: this.actions });
    let element = known?.element;
    if (element) {
      const held = element.querySelector(".shot img"), fresh = made.querySelector(".shot img");
      if (held && fresh && held.getAttribute("src") === fresh.getAttribute("src")) fresh.replaceWith(held);
      const action = element.contains(document.activeElement) ? document.activeElement.dataset.action : null;
      element.replaceChildren(...made.childNodes);
      if (action) element.querySelector(`[data-action="${action}"]`)?.focus({ preventScroll: true });
      for (const name of ["data-state", "data-gravity", "aria-label"]) element.setAttribute(name, made.getAttribute(name));
    } else {
      element = made;
      element.classList.add("thing");
      element.id = `camera-${camera.id}`;
      element.tabIndex = 0;
      element.dataset.id = camera.id;
      element.addEventListener("click", (event) => { if (!event.target.closest("button, a")) this.choose(camera.id); });
    }
    element.setAttribute("aria-expanded", String(open));
    this.keys.set(camera.id, { key, element });
    return element;
  }

  drawSummary() {
    const count = (wanted) => this.cameras.filter(({ id }) => wanted(this.told.get(id))).length;
    const figure = (word, n, name) => h("div", {}, h("dt", {}, t(word)), h("dd", { class: n ? name : "" }, String(n)));
    this.summary.replaceChildren(h("div", { class: "reconciliation" }, h("dl", {},
      figure("camera.online", count((camera) => stateOf(camera) === "online"), "ok"),
      figure("camera.offline", count((camera) => ["offline", "unknown"].includes(stateOf(camera))), "failed"),
      figure("cameras.faulty", count((camera) => camera && camera.state !== "offline" && gravity(camera) > 1), "failed"),
      figure("cameras.asked", count((camera) => camera?.placement_asked), "failed"))));
  }

  choose(id) {
    this.open = this.open === id ? null : id;
    this.draw();
    if (this.open === null) return;
    this.actions.fly(id);
    document.getElementById(`camera-${id}`)?.scrollIntoView({ block: "nearest" });
  }

  view(id) {
    const name = this.cameras.find((camera) => camera.id === id)?.name ?? id;
    document.getElementById("viewer-title").textContent = name;
    document.getElementById("viewer-pictures").replaceChildren(h("figure", { class: "single" }, h("img", { src: `${pictureUrl(id)}?${Date.now()}`, alt: t("placing.picture") })));
    document.getElementById("viewer").showModal();
  }

  refresh() {}

  close() {
    if (this.open === null) return;
    this.open = null;
    this.draw();
  }

  onKey(event) {
    const card = event.target.closest(".thing");
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    if (step) card?.[step]?.focus();
    else if (event.key === "Enter" && event.target === card) this.choose(card.dataset.id);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
  }
}
