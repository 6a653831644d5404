// Requests to /api/v1.
const ROOT = "api/v1/";

export class RequestError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function request(path, options) {
  const response = await fetch(ROOT + path, { credentials: "same-origin", ...options });
  if (!response.ok) {
    const body = await response.json().catch(() => ({}));
    throw new RequestError(response.status, body.detail ?? response.statusText);
  }
  return response.json();
}

export const getSite = () => request("site");
export const getVehicles = () => request("vehicles");
export const getCameras = () => request("cameras");
export const getStatus = () => request("status");
export const getHours = (hours) => request(`alerts-per-hour?hours=${hours}`);
export const getAlert = (id) => request(`alerts/${id}`);
export const getAlerts = (query) => request(`alerts?${new URLSearchParams(query)}`);
export const getReconciliation = (day) => request(day ? `reconciliation?day=${day}` : "reconciliation");
export const getTrips = (query) => request(`trips?${new URLSearchParams(query)}`);
export const getTrip = (id) => request(`trips/${id}`);
export const getRounds = (query) => request(`rounds?${new URLSearchParams(query)}`);
export const getRound = (id) => request(`rounds/${id}`);
export const evidenceUrl = (id) => `${ROOT}evidence/${id}`;
export const getTrack = (id) => request(`evidence/${id}`);
export const getManifest = (alertId) => request(`alerts/${alertId}/evidence/manifest`);
export const caseUrl = (alertId, redact) => `${ROOT}alerts/${alertId}/case.zip${redact ? "" : "?redact=false"}`;
export const eventsUrl = () => `${ROOT}events`;

export const decide = (id, decision, note) =>
  request(`alerts/${id}/${decision}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ note }),
  });

export const getSightings = (query) => request(`sightings?${new URLSearchParams(query)}`);
export const getSighting = (id) => request(`sightings/${id}`);
export const sightingPictureUrl = (id) => `${ROOT}sightings/${id}/picture`;
// what: "alerts" or "sightings"; vehicleId null: none of the registered ones
export const lay = (what, id, vehicleId, note) => request(`${what}/${id}/lay`, sent("POST", { vehicle_id: vehicleId, note }));

const sent = (method, body) => ({ method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
export const pictureUrl = (camera) => `${ROOT}cameras/${encodeURIComponent(camera)}/picture`;
export const getPlacement = (camera) => request(`cameras/${encodeURIComponent(camera)}/placement`);
export const putPlacement = (camera, body) => request(`cameras/${encodeURIComponent(camera)}/placement`, sent("PUT", body));
export const fitPlacement = (camera, points) => request(`cameras/${encodeURIComponent(camera)}/fit`, sent("POST", { ground_points: points }));
