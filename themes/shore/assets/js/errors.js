// Reports an error of a page to the API of the site itself. In: events of browsers. Out: at most five reports a page, each told once.
// What was typed or is private may stand in messages and addresses: quoted words, numbers and queries stay here.
const own = (url) => String(url ?? "").startsWith(location.origin);
const bare = (url) => url.replace(location.origin, "").replace(/[?#].*/, "");
const plain = (text) => String(text).replace(/(["'`]).*?\1/g, "…").replace(/https?:\S+|\S+@\S+|\d{3,}/g, "…").slice(0, 300) || "…";
const frames = (stack) => {
  const lines = String(stack ?? "").split("\n").filter((line) => /:\d+:\d+/.test(line)).slice(0, 8);
  return lines.map((line) => line.trim().replaceAll(location.origin, "").replace(/[?#][^\s:)]*/g, "")).join("\n").slice(0, 4000) || undefined;
};
const told = new Set();

/** Reports what an event tells of. */
export function report(event) {
  const { type, target, filename, lineno: line, colno: column, error, reason } = event;
  if (type === "unhandledrejection") return post("rejection", plain(reason?.message ?? "rejected"), { stack: frames(reason?.stack) });
  if (target === window) {
    // Extensions and scripts of others are not ours to mend.
    if (own(filename)) post("error", plain(event.message), { source: bare(filename), line, column, stack: frames(error?.stack) });
    return;
  }
  const url = target.src || target.href;
  if (own(url)) post("resource", `${target.localName} did not load`, { source: bare(url) });
}

function post(kind, message, values) {
  const sort = `${kind} ${message} ${values.source ?? ""}`;
  if (told.size > 4 || told.has(sort)) return;
  told.add(sort);
  const body = JSON.stringify({ kind, message, path: location.pathname, ...values });
  navigator.sendBeacon("/api/v1/errors", new Blob([body], { type: "application/json" }));
}
