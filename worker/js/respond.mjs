// A response in one call from Rust: a call and two strings for each header would cost more than the response.
//
// In: `known`, the headers that `remember` made of what all responses of a kind have; `again`, whether they may be used for this one as they are: it has
// one value for each name, and all responses of its kind have the same names; `coded`, the headers of this one, a NUL, a short body. Headers are lists of
// names and values in turn, a line each; no value has a line break or a NUL. Out: a response with its body: text, bytes, a stream, none. Text and bytes
// lie in memory of Rust that is used again.
//
// What is done here and how was measured in workerd. A list of pairs costs five times as much as headers that the platform has already, of which a
// response takes a copy; headers of a response, once it is made, are an object more. A short string costs less than bytes, which are an object with memory
// of its own; one string costs less than two, and a few dozen letters cost less than a call of the platform.

const FEW = 256
const decoder = new TextDecoder()

function decode(bytes) {
  if (bytes.length > FEW) return decoder.decode(bytes)
  let text = ''
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte > 127) return decoder.decode(bytes)
    text += String.fromCharCode(byte)
  }
  return text
}

function add(headers, list) {
  const lines = list.split('\n')
  for (let at = 0; at + 1 < lines.length; at += 2) headers.append(lines[at], lines[at + 1])
  return headers
}

function set(headers, list) {
  const lines = list.split('\n')
  for (let at = 0; at + 1 < lines.length; at += 2) headers.set(lines[at], lines[at + 1])
  return headers
}

export function remember(list) {
  return add(new Headers(), list)
}

export function respond(status, known, again, coded, bytes, stream) {
  try {
    const text = decode(coded)
    const end = text.indexOf('\0')
    let headers = known
    if (end > 0) headers = again ? set(known, text.slice(0, end)) : add(new Headers(known), text.slice(0, end))
    let body = stream ?? null
    if (end + 1 < text.length) body = text.slice(end + 1)
    else if (bytes) body = bytes.slice()
    return new Response(body, { status, headers })
  } catch (error) {
    // The API checks what it puts into headers; the platform may be stricter still.
    console.error(`rivage: a response was refused: ${error}`)
    return Response.error()
  }
}
