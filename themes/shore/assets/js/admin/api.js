// Requests to the API of the site. The session is a cookie that scripts cannot read; that a page of the site itself asks is what browsers tell.
// In: paths below /api/v1/. Out: what the API answered, or a Problem.

/** What went wrong: `status` is 0 where there was no answer. */
export class Problem extends Error {
  constructor(status, code = "", detail = "", id = "", errors = []) {
    super(detail || code || String(status));
    Object.assign(this, { status, code, detail, id, errors });
  }
}

/** The address of a route. Values that are empty are left out. */
export function address(path, query = {}) {
  const set = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const rest = new URLSearchParams(set).toString();
  return `/api/v1/${path}${rest && `?${rest}`}`;
}

/** Asks. */
export const get = (path, query, signal) => ask("GET", address(path, query), undefined, signal);

/** Changes something. */
export const send = (method, path, body) => ask(method, address(path), body);

async function ask(method, url, body, signal) {
  const timeout = AbortSignal.timeout?.(30_000);
  const answer = await fetch(url, {
    method,
    cache: "no-store",
    headers: { accept: "application/json", ...(body === undefined ? {} : { "content-type": "application/json" }) },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: signal && timeout && AbortSignal.any ? AbortSignal.any([signal, timeout]) : signal ?? timeout,
  }).catch((error) => {
    if (signal?.aborted) throw error;
    throw new Problem(0);
  });
  if (answer.status === 204) return null;
  // A host of files answers with a page at any address.
  const value = /json/.test(answer.headers.get("content-type") ?? "") ? await answer.json().catch(() => null) : null;
  if (answer.ok && value) return value;
  throw new Problem(answer.ok ? 404 : answer.status, value?.code, value?.detail, value?.request_id, value?.errors);
}
