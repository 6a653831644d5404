// Colours that mean something; style/*.css holds the rest.
export const VEHICLE = { muck: "#ffb224", sweeper: "#4cc2ff", washer: "#2ee6c5", collector: "#b794ff", unknown: "#c5d0db" };
export const SEVERITY = { serious: "#ff4d5e", warning: "#ff9f2e", notice: "#56a8ff" };
export const ZONE = {
  site: { color: "#ff8a3d", fillOpacity: 0.16 },
  ground: { color: "#8fd14f", fillOpacity: 0.16 },
  transfer_station: { color: "#35d0e0", fillOpacity: 0.18 },
  hotspot: { color: "#ff5d73", fillOpacity: 0.14, dashArray: "4 4" },
  restricted: { color: "#e879c9", fillOpacity: 0.12, dashArray: "8 4" },
  depot: { color: "#9fb0c3", fillOpacity: 0.16 },
  work_area: { color: "#4f7fd6", fillOpacity: 0.04, dashArray: "2 6" },
};
export const ROUTE = { corridor: "#ffd479", sweep: "#4cc2ff", wash: "#2ee6c5", collect: "#b794ff" };
