// Leaflet as one object, extensible as its own documentation does it.
import * as L from "./vendor/leaflet/leaflet.js";
export default L;
