import type { CallbackEnv } from '../core/callback.ts'
import type { MeterEnv } from '../telemetry/meter.ts'
import type { SpansEnv } from '../telemetry/spans.ts'
import type { ObjectsEnv } from '../object/stubs.ts'

/** The bindings of the Worker, as wrangler.toml and the standalone server give them. */
export interface Env extends ObjectsEnv, CallbackEnv, MeterEnv, SpansEnv {
  /** The access document, as JSON (see auth/document.ts). Without it every call is refused, but for the next variable. */
  readonly ROLLCALL_ACCESS?: string
  /**
   * Lets everyone do everything where there is no access document: `true`, or `loopback` for a server that only programs
   * on its own machine can reach.
   */
  readonly ROLLCALL_INSECURE_OPEN?: string
  /** The way to the issuers of the access document, where it is another than to the rest of the world. */
  readonly ISSUERS?: Fetcher
  /** The way that callbacks take, likewise. */
  readonly CALLBACKS?: Fetcher
  /** How many requests each caller may make, where the platform counts them. */
  readonly ROLLCALL_RATE_LIMIT?: RateLimit
  /** `true` where each request to the API is worth a line of the log. */
  readonly ROLLCALL_LOG_REQUESTS?: string
  /** How long `:watch` waits for a change, in seconds; 55 when it is absent. */
  readonly ROLLCALL_WATCH_SECONDS?: string
  /** How long an idle stream is silent at most, in seconds; 30 when it is absent. */
  readonly ROLLCALL_BOOKMARK_SECONDS?: string
}
