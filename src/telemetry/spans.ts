/**
 * Spans for an OpenTelemetry collector, by OTLP over HTTP in its JSON form (OTLP 1.x, section "OTLP/HTTP"). They are
 * gathered for a moment and sent together; what a collector does not take is lost, for a trace is no reason to keep
 * anybody waiting.
 */
import { log } from './log.ts'
import { begun, continued, type Trace } from './trace.ts'

/** The bindings that decide where spans go, under the names that OpenTelemetry's specification gives them. */
export interface SpansEnv {
  /** Where the collector answers, such as `http://127.0.0.1:4318`; without it nothing is recorded. */
  readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string
  /** Headers for it, as `name=value`, separated by commas. */
  readonly OTEL_EXPORTER_OTLP_HEADERS?: string
  /** `rollcall`, if it is absent. */
  readonly OTEL_SERVICE_NAME?: string
  /** Which share of the traces that begin here is recorded, from 0 to 1; all of them, if it is absent. */
  readonly OTEL_TRACES_SAMPLER_ARG?: string
  /** The way to the collector, where it is another than to the rest of the world. */
  readonly COLLECTOR?: Fetcher
}

export type Attributes = Readonly<Record<string, string | number>>

/** When something began and ended, in milliseconds since 1970. */
export interface Interval {
  readonly began: number
  readonly ended: number
}

/** Something that took a while, as part of a trace. */
export interface Span extends Interval {
  readonly trace: Pick<Trace, 'traceId' | 'spanId' | 'parentId'>
  readonly name: string
  readonly kind: 'internal' | 'server' | 'client'
  readonly attributes: Attributes
  readonly failed?: boolean
}

/** How long spans are gathered, in milliseconds, and how many of them wait at most: more are lost. */
const GATHER_MS = 1000
const MAX_WAITING = 5000
/** How long a collector may take, in milliseconds. */
const PATIENCE_MS = 10_000

let waiting: Span[] = []

/** The span that a request is: of the trace that it came with, or of one that begins here if these are recorded. */
export function traceOf(headers: Headers, env: SpansEnv): Trace | undefined {
  const trace = continued(headers.get('traceparent'))
  if (trace || !env.OTEL_EXPORTER_OTLP_ENDPOINT) return trace
  const share = Number(env.OTEL_TRACES_SAMPLER_ARG ?? 1)
  return begun(Math.random() < (Number.isNaN(share) ? 1 : share))
}

/** Records spans, if somebody collects them. `waitUntil` keeps the request's work alive until they are sent. */
export function record(spans: readonly Span[], env: SpansEnv, waitUntil: (promise: Promise<void>) => void): void {
  if (!env.OTEL_EXPORTER_OTLP_ENDPOINT || waiting.length >= MAX_WAITING) return
  const first = !waiting.length
  waiting.push(...spans)
  if (first) waitUntil(sendSoon(env))
}

async function sendSoon(env: SpansEnv): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, GATHER_MS))
  const spans = waiting
  waiting = []
  try {
    const url = `${env.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/+$/, '')}/v1/traces`
    const response = await (env.COLLECTOR ?? globalThis).fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headersOf(env) },
      body: JSON.stringify(exported(spans, env.OTEL_SERVICE_NAME || 'rollcall')),
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    await response.body?.cancel()
    if (!response.ok) throw new Error(`the collector answers ${response.status}`)
  } catch (error) {
    log('warn', 'spans.lost', { message: `${spans.length} spans were lost`, error })
  }
}

function headersOf({ OTEL_EXPORTER_OTLP_HEADERS: text = '' }: SpansEnv): Record<string, string> {
  const pairs = text.split(',').flatMap((pair) => {
    const equals = pair.indexOf('=')
    return equals < 1 ? [] : [[pair.slice(0, equals).trim(), decodeURIComponent(pair.slice(equals + 1).trim())]]
  })
  return Object.fromEntries(pairs)
}

/** An ExportTraceServiceRequest (opentelemetry-proto, trace service), in OTLP's JSON: ids are hexadecimal. */
export function exported(spans: readonly Span[], service: string): object {
  return {
    resourceSpans: [
      {
        resource: { attributes: attributesOf({ 'service.name': service }) },
        scopeSpans: [{ scope: { name: 'rollcall' }, spans: spans.map(exportedSpan) }],
      },
    ],
  }
}

/** The numbers of Span.SpanKind and Status.StatusCode. */
const KINDS = { internal: 1, server: 2, client: 3 }
const STATUS_ERROR = 2

function exportedSpan({ trace, name, kind, began, ended, attributes, failed }: Span): object {
  const { traceId, spanId, parentId } = trace
  return {
    traceId,
    spanId,
    ...(parentId && { parentSpanId: parentId }),
    name,
    kind: KINDS[kind],
    startTimeUnixNano: nanoseconds(began),
    endTimeUnixNano: nanoseconds(ended),
    attributes: attributesOf(attributes),
    ...(failed && { status: { code: STATUS_ERROR } }),
  }
}

const attributesOf = (attributes: Attributes) =>
  Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }))

/** A number of nanoseconds has more digits than a double: microseconds since 1970 have not. */
const nanoseconds = (milliseconds: number) => `${Math.round(milliseconds * 1000)}000`
