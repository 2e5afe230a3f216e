// Answers that never differ, but for the request's id: given here, because the way to Rust and back costs a third of what they cost.
//
// In: what Rust says of them: path, headers, body; each in turn has a number. Out: their responses. Deliberately not here: which answers these are, their
// lines for the log, their counts.

// Ids are taken out of a text of many: a call of the platform costs more than what is done with them.
const LENGTH = 32
let ids = ''
let used = 0

function id() {
  if (used === ids.length) {
    ids = crypto.getRandomValues(new Uint8Array(1024)).toHex()
    used = 0
  }
  used += LENGTH
  return ids.slice(used - LENGTH, used)
}

export class Constants {
  constructor(list) {
    this.all = new Map(list.map(([path, headers, body], number) => [path, { number, headers, body }]))
  }

  // Returns the answer to a request, if it is of this kind.
  find(method, url) {
    // The third slash begins the path: the platform writes URLs in their canonical form.
    return method === 'GET' ? this.all.get(url.slice(url.indexOf('/', 8))) : undefined
  }
}

// Makes the response. `count` is told the answer's number; where that is not enough, `note` is, with the request's id.
export function respond({ number, headers, body }, count, note) {
  const request = id()
  if (!count(number)) note(number, request)
  // A response takes a copy of them.
  headers.set('x-request-id', request)
  return new Response(body, { headers })
}
