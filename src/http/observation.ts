/**
 * What is noted of a request to the API while it is answered, and what comes of that: headers of the answer, lines of
 * the log, spans, and measurements.
 */
import type { Outcome } from '../core/command.ts'
import type { Timed } from '../object/runtime-config.ts'
import { log } from '../telemetry/log.ts'
import { meterOf } from '../telemetry/meter.ts'
import { randomHex, traceparent, type Trace } from '../telemetry/trace.ts'
import { record, traceOf, type Interval, type Span } from '../telemetry/spans.ts'
import { shownName } from './auth/record.ts'
import type { Env } from './env.ts'

/** An id that a caller may give its request. */
const REQUEST_ID = /^[\w.:/+=-]{1,128}$/

export class Observation {
  /** What is found in the log by it: the caller's own, or Cloudflare's, or a new one. */
  readonly requestId: string
  readonly trace: Trace | undefined
  readonly #env: Env
  readonly #began = Date.now()
  /** The id of the method in the table of the API, when it is known. */
  method: string | undefined
  #resource: string | undefined
  /** When the object was asked and had answered, and when it had what was written on its disk. */
  object: Interval | undefined
  commit: Interval | undefined

  constructor({ headers }: Request, env: Env) {
    const given = headers.get('X-Request-Id') ?? ''
    this.requestId = REQUEST_ID.test(given) ? given : (headers.get('CF-Ray') ?? newId())
    this.trace = traceOf(headers, env)
    this.#env = env
  }

  /** The name of what it is about, when it is known, as far as it may stand in the log. */
  get resource(): string | undefined {
    return this.#resource && shownName(this.#resource)
  }

  set resource(name: string) {
    this.#resource = name
  }

  /** The header `traceparent` for the object. */
  get traceparent(): string | undefined {
    return this.trace && traceparent(this.trace)
  }

  /** What a line of the log bears of the request. */
  get logged(): { requestId: string; traceId?: string } {
    return { requestId: this.requestId, ...(this.trace && { traceId: this.trace.traceId }) }
  }

  /** Notes how long an object takes to answer. */
  async asking(answer: Promise<Outcome>): Promise<Outcome> {
    const began = Date.now()
    const outcome = await answer
    this.object = { began, ended: Date.now() }
    return outcome
  }

  /** The same for a change, and how long its commit took. */
  changing(answer: Promise<Timed>): Promise<Outcome> {
    return this.asking(
      answer.then(({ outcome, commit }) => {
        this.commit = commit
        return outcome
      }),
    )
  }

  /** Ends it: what was noted goes where it is wanted, and the caller is told of the times. */
  end(response: Response, waitUntil: (promise: Promise<void>) => void): Response {
    const now = Date.now()
    const { status: code, headers } = response
    const whole = { began: this.#began, ended: now }
    meterOf(this.#env)?.answered({ method: this.method ?? 'none', code, seconds: seconds(whole) })
    if (this.#env.ROLLCALL_LOG_REQUESTS === 'true') this.#log(code, whole)
    if (this.trace?.sampled) record(this.#spans(whole, code), this.#env, waitUntil)
    headers.set('X-Request-Id', this.requestId)
    if (this.trace) headers.set('traceparent', traceparent(this.trace))
    // Who may not is not told how long that took to find out: it could depend on what is there.
    if (code !== 401 && code !== 403) headers.set('Server-Timing', this.#timings(whole))
    return response
  }

  /** Server Timing (W3C), in milliseconds. */
  #timings(edge: Interval): string {
    const parts = Object.entries({ edge, object: this.object, commit: this.commit })
    return parts.flatMap(([name, time]) => (time ? [`${name};dur=${time.ended - time.began}`] : [])).join(', ')
  }

  #log(status: number, whole: Interval): void {
    const { method = 'none', resource = '', logged } = this
    log('info', 'request', {
      message: `${method} was answered`,
      ...logged,
      method,
      resource,
      status,
      seconds: seconds(whole),
    })
  }

  #spans(edge: Interval, code: number): Span[] {
    const trace = this.trace as Trace
    const { method = 'none', resource = '', object, commit, requestId } = this
    const attributes = {
      'http.response.status_code': code,
      'rollcall.resource': resource,
      'rollcall.request_id': requestId,
    }
    const spans: Span[] = [{ trace, name: method, kind: 'server', ...edge, attributes, failed: code >= 500 }]
    if (object) {
      const asked = child(trace)
      spans.push({ trace: asked, name: 'object', kind: 'client', ...object, attributes: {} })
      if (commit) spans.push({ trace: child(asked), name: 'commit', kind: 'internal', ...commit, attributes: {} })
    }
    return spans
  }
}

/** Ids of this isolate, which no other has: what is random is not made anew for each request. */
let series: string | undefined
let made = 0
const newId = () => `${(series ??= randomHex(8))}-${(made += 1).toString(36)}`

const seconds = ({ began, ended }: Interval) => (ended - began) / 1000

const child = ({ traceId, spanId }: Pick<Trace, 'traceId' | 'spanId'>) => ({
  traceId,
  spanId: randomHex(8),
  parentId: spanId,
})
