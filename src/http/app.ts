/** The edge: a stateless Worker that reads requests, asks the object that owns the config, and writes answers. */
import { Hono } from 'hono'
import { OVERLOADED } from '../core/fault.ts'
import type { Env } from './env.ts'
import { answer, faultResponse } from './answer.ts'
import { CLOSED, doorOf } from './auth/door.ts'
import { recordRefusal } from './auth/record.ts'
import { callMethod } from './call.ts'
import { showConsole } from './console.ts'
import { showDiscovery, showOpenApi, showReference, showReferenceStyle } from './documents.ts'
import { callOperations } from './operations.ts'

export const app = new Hono<{ Bindings: Env }>()

app.get('/healthz', () => answer({ status: 'ok' }))
app.use(async (c, next) => {
  if (doorOf(c.env) !== 'closed') return next()
  const { method, path: resource } = c.req
  recordRefusal({ caller: undefined, method, resource }, CLOSED)
  return faultResponse(CLOSED)
})
app.get('/', (c) => showConsole(c.req.raw))
app.on('GET', ['/$discovery/rest', '/%24discovery/rest'], showDiscovery)
app.get('/openapi.json', showOpenApi)
app.get('/docs', showReference)
app.get('/docs/style.css', showReferenceStyle)
app.all('/v1beta1/*', (c) => callMethod(c.req.raw, c.env))
app.all('/v1/*', (c) => callOperations(c.req.raw, c.env))

app.notFound((c) =>
  faultResponse({ kind: 'noSuchMethod', message: `There is nothing at ${c.req.path}: the API begins with /v1beta1/.` }),
)

app.onError((error) => {
  console.error({ message: 'a request failed', event: 'request.failed', error })
  // A fault of the platform, such as an object that moved, is not ours and may be tried again.
  const { retryable, overloaded } = error as { retryable?: boolean; overloaded?: boolean }
  if (overloaded) return faultResponse(OVERLOADED)
  return faultResponse({ kind: retryable ? 'unavailable' : 'internal' })
})
