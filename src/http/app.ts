/** The edge: a stateless Worker that reads requests, asks the object that owns the config, and writes answers. */
import { Hono, type Context } from 'hono'
import { OVERLOADED } from '../core/fault.ts'
import { isPlaced } from '../object/stubs.ts'
import { log } from '../telemetry/log.ts'
import type { Env } from './env.ts'
import { answer, faultResponse } from './answer.ts'
import { CLOSED, doorOf } from './auth/door.ts'
import { recordRefusal } from './auth/record.ts'
import { callMethod } from './call.ts'
import { showConsole } from './console.ts'
import { showDiscovery, showOpenApi, showReference, showReferenceStyle } from './documents.ts'
import { showMetrics } from './metrics.ts'
import { Observation } from './observation.ts'
import { callOperations } from './operations.ts'

export const app = new Hono<{ Bindings: Env }>()

app.get('/healthz', () => answer({ status: 'ok' }))
app.use(async (c, next) => {
  if (!isPlaced(c.env)) return faultResponse({ kind: 'unavailable' })
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
app.get('/metrics', (c) => showMetrics(c.req.raw, c.env))
app.all('/v1beta1/*', (c) => observed(c, callMethod))
app.all('/v1/*', (c) => observed(c, callOperations))

app.notFound((c) =>
  faultResponse({ kind: 'noSuchMethod', message: `There is nothing at ${c.req.path}: the API begins with /v1beta1/.` }),
)

app.onError((error) => failed(error))

type Requested = Context<{ Bindings: Env }>
type Answering = (request: Request, env: Env, observation: Observation) => Promise<Response>

/** Answers a request to the API, and notes how that went. */
async function observed({ req, env, executionCtx }: Requested, answering: Answering): Promise<Response> {
  const observation = new Observation(req.raw, env)
  const response = await answering(req.raw, env, observation).catch((error: unknown) =>
    failed(error, { ...observation.logged, method: observation.method, resource: observation.resource }),
  )
  return observation.end(response, (promise) => executionCtx.waitUntil(promise))
}

function failed(error: unknown, about: Readonly<Record<string, string | undefined>> = {}): Response {
  log('error', 'request.failed', { message: 'a request failed', ...about, error })
  // A fault of the platform, such as an object that moved, is not ours and may be tried again.
  const { retryable, overloaded } = error as { retryable?: boolean; overloaded?: boolean }
  if (overloaded) return faultResponse(OVERLOADED)
  return faultResponse({ kind: retryable ? 'unavailable' : 'internal' })
}
