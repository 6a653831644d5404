// Brings the page to life.
import { getAlerts, getCameras, getHours, getSite, getStatus, getVehicles } from "./api.js";
import { kindName } from "./alert_card.js";
import { AlertList } from "./alert_list.js";
import { CameraList } from "./camera_list.js";
import { DayViews } from "./day_views.js";
import { clockDate, clockTime, duration, useNames, useTimeZone } from "./format.js";
import { nearestRoad } from "./geo.js";
import { drawHours } from "./hours_chart.js";
import { keptLanguage, language, nextLanguage, t, useLanguage } from "./i18n.js";
import { drawLegend } from "./legend.js";
import { follow } from "./live.js";
import { DistrictMap } from "./map.js";
import { PassageList } from "./passage_list.js";

const $ = (id) => document.getElementById(id);
const LANGUAGE_BUTTON = { "zh-CN": "English", en: "中文" };

let serverAheadMs = 0; // the server's clock against the one of this screen
const now = () => new Date(Date.now() + serverAheadMs);

let site, cameraStates = [], status = null, lostSince = null, linkState = "connecting";
let vehicles = new Map(), plans = new Map(), routes = new Map(), zoneNames = new Map(), cameraNames = new Map(), routeNames = new Map();

const map = new DistrictMap($("map"), {
  onVehicle: (id) => list.chooseFirst((alert) => alert.vehicle_id === id),
  onCamera: async (id) => { await days.turnTo("cameras"); if (cameras.open !== id) cameras.choose(id); },
});

const list = new AlertList($("alerts"), $("tabs"), {
  now,
  describe: (alert) => ({ vehicle: vehicles.get(alert.vehicle_id), vehicles, place: placeOf(alert) }),
  onPassage: async (alert, passer) => {
    const seen = await passages.find(alert.camera_id, passer.track_uid, passer.seen_at);
    if (seen === null) return false;
    await days.turnTo("passages");
    await passages.show(seen);
    return true;
  },
  onChoose: (alert) => map.flyTo(alert),
  onChange: () => showAlertsOnMap(),
});

async function showAlert(alert) {
  await list.put(alert); // it may be older than what is listed
  await days.turnTo("alerts");
  list.chooseFirst(({ alert_id }) => alert_id === alert.alert_id);
}

const days = new DayViews(map.map, { world: () => ({ vehicles, plans, routes, now: now() }), onAlert: showAlert });

const passages = new PassageList({ element: $("passages"), filter: $("passages-filter") }, days.focus, {
  world: () => ({ vehicles, cameras: cameraNames, now: now() }), onAlert: showAlert, corridors: (page) => days.corridors(page),
});

const cameras = new CameraList({ element: $("cameras"), summary: $("cameras-summary") }, { now, actions: {
  fly: (id) => map.flyToCamera(id),
  passages: async (id) => { await days.turnTo("passages"); await passages.look(id); },
  alert: async (id) => {
    const { alerts } = await getAlerts({ camera_id: id, limit: 1 });
    if (alerts.length) await showAlert(alerts[0]);
  },
} });
Object.assign(days.others, { passages, cameras });

function placeOf(alert) {
  const names = [
    cameraNames.get(alert.camera_id), zoneNames.get(alert.zone_id), zoneNames.get(alert.subject),
    nearestRoad(site.roads, alert.lon, alert.lat), routeNames.get(alert.subject),
  ];
  return names.find(Boolean) ?? `${alert.lon.toFixed(4)}, ${alert.lat.toFixed(4)}`;
}

function showAlertsOnMap() {
  const alerts = [...list.alerts.values()];
  const going = alerts.filter((a) => a.ended_at === null && a.status !== "dismissed" && a.vehicle_id);
  map.mark(new Set(going.map((a) => a.vehicle_id)), now());
  map.showAlerts(alerts.filter((a) => a.status === "new" && a.rings).slice(0, 60));
  showCounts();
}

function showCounts() {
  const waiting = [...list.alerts.values()].filter((a) => a.status === "new");
  $("count-online").textContent = `${map.online(now())}/${vehicles.size}`;
  $("count-new").textContent = String(waiting.length);
  $("count-new").classList.toggle("hot", waiting.length > 0);
  const serious = waiting.filter((a) => a.severity === "serious").length;
  $("count-serious").textContent = String(serious);
  $("count-serious").classList.toggle("hot", serious > 0);
  $("count-today").textContent = status ? String(status.alerts_today) : "–";
  const online = cameraStates.filter(({ state }) => state === "online").length;
  $("count-cameras").textContent = `${online}/${site.cameras.features.length}`;
}

function showClock() {
  $("clock-time").textContent = clockTime(now());
  $("clock-date").textContent = clockDate(now());
}

function showLink() {
  $("link").dataset.state = linkState;
  $("link-text").textContent = t(`link.${linkState}`);
  const banner = $("banner");
  const storage = status?.evidence ?? "ok";
  banner.hidden = linkState !== "lost" && storage === "ok";
  if (storage !== "ok") banner.textContent = t(`storage.${storage}`);
  if (linkState === "lost") banner.textContent = t("banner.lost", { time: duration((Date.now() - lostSince) / 1000) });
}

async function showHours() {
  const { hours } = await getHours(24);
  $("hours-total").textContent = t("hours.total", { count: drawHours($("hours-chart"), hours, +now()) });
}

function showCameras(states) {
  cameraStates = states;
  map.showCameraStates(states);
  cameras.show(site.cameras.features.map(({ properties }) => properties), states);
  showCounts();
}

function heardTheTime(iso) {
  serverAheadMs = Date.parse(iso) - Date.now();
}

async function refresh() {
  const [positions, told] = await Promise.all([getVehicles(), getCameras(), list.load(), showHours(), days.refresh()]);
  map.showPositions(positions.vehicles);
  showCameras(told.cameras);
  showAlertsOnMap();
}

async function speak(wanted) {
  await useLanguage(wanted);
  $("language").textContent = LANGUAGE_BUTTON[language];
  $("language").lang = nextLanguage();
  document.title = `${site.name} · ${t("app.title")}`;
  drawLegend($("legend-body"), site);
}

function later(run, everyMs) {
  let due = null;
  return () => { due ??= setTimeout(() => { due = null; run(); }, everyMs); };
}

async function start() {
  site = await getSite();
  useTimeZone(site.timezone);
  vehicles = new Map(site.vehicles.map((vehicle) => [vehicle.vehicle_id, vehicle]));
  plans = new Map(site.plans.map((plan) => [plan.plan_id, plan]));
  routes = new Map(site.routes.features.map((route) => [route.properties.id, route]));
  const names = ({ features }) => new Map(features.map(({ properties }) => [properties.id, properties.name]));
  [zoneNames, cameraNames, routeNames] = [names(site.zones), names(site.cameras), names(site.routes)];
  useNames(new Map([...zoneNames, ...routeNames, ...cameraNames]));
  await speak(keptLanguage() ?? "zh-CN");
  $("site-name").textContent = site.name;
  if (innerHeight < 800) $("legend").open = false;
  map.showSite(site);
  status = await getStatus();
  heardTheTime(status.now);
  const hoursSoon = later(showHours, 5000);

  follow({
    // The first one comes with the connection: nothing happens between reading all and hearing more.
    snapshot: async () => {
      await refresh();
      document.body.dataset.ready = "true";
    },
    site: () => location.reload(),
    vehicles: ({ vehicles: moved }) => { map.showPositions(moved); },
    alert: async ({ alert }) => {
      hoursSoon();
      if (await list.put(alert)) {
        const vehicle = vehicles.get(alert.vehicle_id);
        $("announcer").textContent = t("announce", { kind: kindName(alert.kind), plate: vehicle?.plate ?? "", place: placeOf(alert) });
      }
    },
    trips: () => days.refresh(),
    sightings: () => { if (days.view === "passages") passages.refresh(); },
    placements: async () => showCameras((await getCameras()).cameras),
    cameras: ({ cameras: told }) => showCameras(told),
    status: (told) => { status = told; heardTheTime(told.now); showCounts(); showLink(); },
  }, (state, since) => {
    [linkState, lostSince] = [state, since];
    showLink();
  });

  setInterval(() => { showClock(); showLink(); }, 1000);
  setInterval(() => { list.tick(); showAlertsOnMap(); }, 5000);
  setInterval(showHours, 60000);
  setInterval(() => days.refresh(), 60000); // midnight passes without an event
  showClock();
  showLink();
  $("language").addEventListener("click", async () => {
    await speak(nextLanguage());
    list.draw();
    days.draw();
    map.showCameraStates(cameraStates);
    showClock();
    showLink();
    await showHours();
  });
}

start().catch(async (error) => {
  console.error(error);
  await useLanguage(keptLanguage() ?? "zh-CN");
  $("banner").hidden = false;
  $("banner").textContent = t("banner.start", { reason: error.message });
  setTimeout(() => location.reload(), 5000); // the server may only be starting
});
