// Sorts the list of a map of components/live.html by distance. Loaded by pages that have one.
// Asks the API, which knows more places and the shape of the globe, where the component names it; else reckons with the places of the list.
const RADIUS = 6_371_009;
const rad = (degrees) => (degrees * Math.PI) / 180;

/** Metres between two points, on a sphere. */
function between(a, b) {
  const [lat, lon] = [rad(b.lat - a.lat), rad(b.lon - a.lon)];
  const h = Math.sin(lat / 2) ** 2 + Math.cos(rad(a.lat)) * Math.cos(rad(b.lat)) * Math.sin(lon / 2) ** 2;
  return 2 * RADIUS * Math.asin(Math.min(1, Math.sqrt(h)));
}

const point = (item) => ({ lon: Number(item.dataset.lon), lat: Number(item.dataset.lat) });
const far = (meters) => (meters < 950 ? `${Math.round(meters / 10) * 10} m` : `${(meters / 1000).toFixed(meters < 99_500 ? 1 : 0)} km`);

function here() {
  return new Promise((resolve, reject) => {
    if (!navigator.geolocation) return reject(Error("no geolocation"));
    navigator.geolocation.getCurrentPosition(({ coords }) => resolve({ lon: coords.longitude, lat: coords.latitude }), reject, { timeout: 10_000 });
  });
}

async function ask({ api, kind }, { lon, lat }) {
  if (!api) return [];
  const words = new URLSearchParams({ lon: lon.toFixed(5), lat: lat.toFixed(5), limit: 20, ...(kind && { kind }) });
  const answer = await fetch(`${api}?${words}`, { signal: AbortSignal.timeout(5000) });
  return answer.ok ? (await answer.json()).items : [];
}

/** The item of the list that a place of the API is; a new one where the file has it not. */
function itemOf(list, place) {
  const same = (item) => item.querySelector(".places-name").textContent === place.name && between(point(item), place) < 500;
  const known = [...list.children].find(same);
  if (known) return known;
  const item = list.lastElementChild.cloneNode(true);
  Object.assign(item.dataset, { n: "", lon: place.lon, lat: place.lat });
  for (const part of item.querySelectorAll(".places-n, .places-text")) part.textContent = "";
  const name = item.querySelector(".places-name");
  name.replaceChildren(place.path ? Object.assign(document.createElement("a"), { href: place.path, textContent: place.name }) : place.name);
  const kind = item.querySelector(".places-kind");
  if (kind) kind.textContent = place.kind;
  const side = (value, sides) => `${Math.abs(value).toFixed(3)}° ${sides[value < 0 ? 1 : 0]}`;
  item.querySelector(".places-position").textContent = `${side(place.lat, "NS")}, ${side(place.lon, "EW")}`;
  list.append(item);
  return item;
}

async function sort(figure, form) {
  const list = figure.querySelector(".places-list");
  const status = form.querySelector(".places-status");
  const chosen = form.elements.near.selectedOptions[0];
  let from;
  try {
    from = chosen.value === "here" ? await here() : point(list.querySelector(`[data-n="${chosen.value}"]`));
  } catch {
    status.textContent = figure.dataset.unknown;
    return;
  }
  const found = await ask(figure.dataset, from).catch(() => []);
  const away = new Map(found.map((place) => [itemOf(list, place), place.meters]));
  const sorted = [...list.children].map((item) => [item, away.get(item) ?? between(from, point(item))]).sort((a, b) => a[1] - b[1]);
  for (const [item, meters] of sorted) item.querySelector(".places-away").textContent = far(meters);
  list.replaceChildren(...sorted.map(([item]) => item));
  status.textContent = figure.dataset.sorted.replace("{place}", chosen.textContent);
}

for (const figure of document.querySelectorAll(".places")) {
  const form = figure.querySelector(".places-near");
  if (!form) continue;
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sort(figure, form);
  });
}
