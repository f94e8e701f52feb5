/** `GET /metrics`, where this process counts: not on Cloudflare, where each request may find another one. */
import { countsHere, metricsText } from '../telemetry/meter.ts'
import { faultResponse } from './answer.ts'
import { admit, onlyKnown } from './auth/admit.ts'
import type { Env } from './env.ts'
import { readAddress } from './request.ts'

/** Answers with the metrics. They name nothing that belongs to anybody, so whoever is known may read them. */
export async function showMetrics(request: Request, env: Env): Promise<Response> {
  const message = 'There are no metrics here: this deployment does not count in memory.'
  if (!countsHere(env)) return faultResponse({ kind: 'noSuchMethod', message })
  const address = readAddress(request.url)
  const visitor = address.ok ? onlyKnown(await admit(request, address.value, env), env) : address
  if (!visitor.ok) return faultResponse(visitor.fault)
  return new Response(metricsText(), {
    headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' },
  })
}
