/** The console, at the root of the service. */
import { etag, html, policy } from '../console/page.js'

const HEADERS = {
  'content-type': 'text/html; charset=UTF-8',
  'content-security-policy': policy,
  // It is the same for everybody, but not for ever.
  'cache-control': 'no-cache',
  etag,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
}

/** The page, or that the caller has it already. It holds nothing but itself: what it shows, it asks for as its user. */
export function showConsole(request: Request): Response {
  const known = request.headers.get('If-None-Match')?.split(',') ?? []
  // What stands between may have marked it as weak when it compressed it.
  if (known.some((one) => one.trim().replace(/^W\//, '') === etag)) {
    return new Response(null, { status: 304, headers: HEADERS })
  }
  return new Response(html, { headers: HEADERS })
}
