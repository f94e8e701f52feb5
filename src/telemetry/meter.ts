/**
 * What the service measures of itself. It is counted in memory where that is asked for, which makes sense where one
 * process does all the work; and it is written to Workers Analytics Engine where a dataset is bound.
 */
import { Counter, exposition, Gauge, Histogram } from './registry.ts'

/** As much of a dataset of Workers Analytics Engine as is needed. */
export interface Dataset {
  writeDataPoint(point: { indexes: string[]; blobs: string[]; doubles: number[] }): void
}

/** The bindings that decide where it goes. */
export interface MeterEnv {
  /** `true` where this process counts, and answers GET /metrics. */
  readonly ROLLCALL_METRICS?: string
  /** The dataset of Workers Analytics Engine. */
  readonly ROLLCALL_ANALYTICS?: Dataset
}

/** A request that was answered. */
export interface Answered {
  /** Id of the method in the table of the API, `none` where there is none. */
  readonly method: string
  /** HTTP status. */
  readonly code: number
  readonly seconds: number
}

/** A commit of so many commands, and how long it took from its beginning until it was durable. */
export interface Commit {
  readonly commands: number
  readonly seconds: number
}

/** What a config holds: open sockets, and waiters that wait. */
export interface Held {
  readonly sockets: number
  readonly pending: number
}

/** What there is to tell. Times are in seconds. */
export interface Meter {
  answered(request: Answered): void
  /** A commit, and what its config holds behind it. */
  committed(config: string, commit: Commit, held: Held): void
  /** A waiter has ended: success, failure or timeout. */
  ended(config: string, outcome: string): void
  /** An alarm came so much later than it was set for. */
  rang(config: string, lateSeconds: number): void
  /** How much a config holds at the moment. Absent where it is enough to be told at each commit. */
  holds?(config: string, held: Held): void
}

const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
const COMMIT_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]
const COMMIT_COMMANDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000]
const LATE_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 30, 60, 300]

const requests = new Counter({
  name: 'rollcall_requests_total',
  help: 'Requests to the API, by method and HTTP status.',
  labels: ['method', 'code'],
})
const requestSeconds = new Histogram(
  {
    name: 'rollcall_request_duration_seconds',
    help: 'Time until requests were answered. Those that wait for something take as long as that.',
    labels: ['method'],
  },
  REQUEST_SECONDS,
)
const commitCommands = new Histogram(
  { name: 'rollcall_commit_commands', help: 'Commands in each commit.' },
  COMMIT_COMMANDS,
)
const commitSeconds = new Histogram(
  { name: 'rollcall_commit_duration_seconds', help: 'Time from the beginning of each commit until it was durable.' },
  COMMIT_SECONDS,
)
const sockets = new Gauge({ name: 'rollcall_sockets', help: 'Open WebSockets of configs, those of held requests too.' })
const pending = new Gauge({
  name: 'rollcall_waiters_pending',
  help: 'Waiters that wait, of configs that were used since the start.',
})
const ended = new Counter({
  name: 'rollcall_waiters_ended_total',
  help: 'Waiters that ended, by outcome.',
  labels: ['outcome'],
})
const lateSeconds = new Histogram(
  { name: 'rollcall_alarm_late_seconds', help: 'How much later alarms came than they were set for.' },
  LATE_SECONDS,
)

const ALL = [requests, requestSeconds, commitCommands, commitSeconds, sockets, pending, ended, lateSeconds]

/** The metrics of this process, in the text format of Prometheus. */
export const metricsText = () => exposition(ALL)

function hold(config: string, held: Held): void {
  sockets.set(config, held.sockets)
  pending.set(config, held.pending)
}

const COUNTING: Meter = {
  answered({ method, code, seconds }) {
    requests.add(method, String(code))
    requestSeconds.observe(seconds, method)
  },
  committed(config, { commands, seconds }, held) {
    commitCommands.observe(commands)
    commitSeconds.observe(seconds)
    hold(config, held)
  },
  ended: (_, outcome) => ended.add(outcome),
  rang: (_, seconds) => lateSeconds.observe(seconds),
  holds: hold,
}

/** Data points: what happened is the first blob; the index, by which they are sampled, is the config or the method. */
function writing(dataset: Dataset): Meter {
  const write = (index: string, blobs: string[], doubles: number[]) =>
    // An index has at most 96 bytes.
    dataset.writeDataPoint({ indexes: [index.slice(-96)], blobs, doubles })
  return {
    answered: ({ method, code, seconds }) => write(method, ['request', method, String(code)], [seconds]),
    committed: (config, { seconds, commands }, held) =>
      write(config, ['commit', config], [seconds, commands, held.sockets, held.pending]),
    ended: (config, outcome) => write(config, ['waiter', config, outcome], []),
    rang: (config, seconds) => write(config, ['alarm', config], [seconds]),
  }
}

/** Where measurements go in this environment; undefined where nobody wants them. */
export function meterOf({ ROLLCALL_METRICS, ROLLCALL_ANALYTICS }: MeterEnv): Meter | undefined {
  if (ROLLCALL_ANALYTICS) return writing(ROLLCALL_ANALYTICS)
  return countsHere({ ROLLCALL_METRICS }) ? COUNTING : undefined
}

/** Whether this process counts, and tells. */
export function countsHere({ ROLLCALL_METRICS }: { readonly ROLLCALL_METRICS?: string | undefined }): boolean {
  return ROLLCALL_METRICS === 'true'
}
