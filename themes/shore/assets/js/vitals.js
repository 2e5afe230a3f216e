// Counts a view with its web vitals for the API of the site itself: no cookie, no id, no other host, and nothing at all of visitors who ask
// for that (Do Not Track, Global Privacy Control). Errors are reported by a script that is loaded for the first of them.
const { doNotTrack, globalPrivacyControl, userAgent, userAgentData } = navigator;
if (doNotTrack !== "1" && !globalPrivacyControl) {
  const watch = (type, each, more) => {
    try {
      new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true, ...more });
    } catch { /* a browser that does not measure it */ }
  };
  const isHidden = () => document.visibilityState === "hidden";
  const [navigation] = performance.getEntriesByType("navigation");
  // A page may be made ready before anybody opens it.
  const since = (time) => Math.max(0, time - (navigation?.activationStart ?? 0));
  let lcp, cls = 0, sum = 0, first = 0, last = 0, isSent = false, isSeen = !isHidden();

  // Nobody waited for a page that was opened in the background.
  if (isSeen) watch("largest-contentful-paint", ({ startTime }) => { lcp = since(startTime); });
  // Shifts count together for at most five seconds, until a pause of one; the worst of these windows is what is told.
  watch("layout-shift", ({ hadRecentInput, startTime, value }) => {
    if (hadRecentInput) return;
    if (startTime - last > 1000 || startTime - first > 5000) {
      sum = 0;
      first = startTime;
    }
    last = startTime;
    sum += value;
    cls = Math.max(cls, sum);
  });
  const waits = new Map();
  const wait = ({ interactionId: id, duration }) => id && waits.set(id, Math.max(duration, waits.get(id) ?? 0));
  watch("event", wait, { durationThreshold: 40 });
  watch("first-input", wait);

  const send = () => {
    if (isSent || !isSeen) return;
    isSent = true;
    const from = document.referrer && new URL(document.referrer).hostname;
    const view = {
      path: location.pathname,
      device: userAgentData?.mobile ?? /Mobi/.test(userAgent) ? "phone" : "desktop",
      referrer: from && from !== location.hostname ? from : undefined,
      lcp,
      // One in fifty may be an accident.
      inp: [...waits.values()].sort((a, b) => b - a)[Math.floor((performance.interactionCount ?? 0) / 50)],
      cls,
      ttfb: navigation && since(navigation.responseStart),
    };
    navigator.sendBeacon("/api/v1/vitals", new Blob([JSON.stringify(view)], { type: "application/json" }));
  };
  addEventListener("pagehide", send);
  addEventListener("visibilitychange", () => {
    if (isHidden()) send();
    else isSeen = true;
  }, true);

  const tell = (event) => import("./errors.js").then(({ report }) => report(event), () => {});
  addEventListener("error", tell, true);
  addEventListener("unhandledrejection", tell);
}
