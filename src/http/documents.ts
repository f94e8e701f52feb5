/** The documents of the API: for Google's discovery-based clients, for tools that read OpenAPI, and for people. */
import type { Context } from 'hono'
import { answer, faultResponse } from './answer.ts'
import { discoveryDocument } from './document/discovery.ts'
import { openApiDocument } from './document/openapi.ts'
import { referencePage } from './document/reference.ts'
import { STYLE } from './document/reference-style.ts'

/** Answers `GET /$discovery/rest?version=v1beta1`. */
export function showDiscovery({ req }: Context): Response {
  if ((req.query('version') ?? 'v1beta1') === 'v1beta1') return answer(discoveryDocument(new URL(req.url).origin))
  return faultResponse({ kind: 'noSuchMethod', message: 'There is a document of version v1beta1, and of no other.' })
}

/** Answers `GET /openapi.json`. */
export function showOpenApi(): Response {
  return answer(openApiDocument())
}

/** Answers `GET /docs`. */
export function showReference(): Response {
  return new Response(referencePage(), { headers: { 'content-type': 'text/html; charset=UTF-8', ...HEADERS } })
}

/** Answers `GET /docs/style.css`. */
export function showReferenceStyle(): Response {
  return new Response(STYLE, { headers: { 'content-type': 'text/css; charset=UTF-8', ...HEADERS } })
}

const HEADERS = {
  'content-security-policy': "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
  // It is the same for everybody, but not for ever.
  'cache-control': 'no-cache',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}
