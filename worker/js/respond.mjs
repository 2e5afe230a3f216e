// A response in one call from Rust: a call and two strings for each header would cost more than the response.
//
// In: `head`, names and values in turn, a line each; no value has a line break. Out: a response with the body as it is: bytes, a stream, none.
export function respond(status, head, body) {
  const lines = head.split('\n')
  const headers = []
  for (let at = 0; at + 1 < lines.length; at += 2) headers.push([lines[at], lines[at + 1]])
  return new Response(body, { status, headers })
}
