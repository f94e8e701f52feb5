/**
 * Load: ten times what the object can take, by requests and over sockets. It is refused in time, what was taken is done,
 * and whoever comes afterwards is served as before.
 */
import { Config } from '../../bench/api.ts'
import { Connection } from '../../bench/connection.ts'
import { lasting, load as closedLoop } from '../../bench/load.ts'
import { Client } from '../../../src/client/index.ts'
import { Complaints } from '../nonsense/health.ts'
import { Subject } from '../subject.ts'
import type { Figures, Plan, Suite } from '../suite.ts'
import { arriveByFrame, arriveByRequest, type Arrival } from './arrivals.ts'
import { Caller } from './caller.ts'
import { checkAnswers, checkDone, checkRecovery, p99Of, refusedOf, RECOVERY_MS, type Pressed } from './verdict.ts'

const TIMES = 10
/** How many writes at once fill the object, to find out how many it can take. */
const FILLING = 32
const FILL_MS = 1500
const SHAPES = {
  short: { rounds: 1, connections: 500, sockets: 64, requestsMs: 3000, framesMs: 700 },
  long: { rounds: 5, connections: 2000, sockets: 64, requestsMs: 8000, framesMs: 700 },
} as const
/** How many frames at once fill the object, likewise; and the most that are sent: reading them takes time as well. */
const BURST = 2000
const MOST = 60_000
/** How many connections make requests while it is frames that are too many. */
const BESIDES = 50
/** What a machine must get done in a second under the load for the promised times to count as they are. */
const REFERENCE = { requests: 1000, frames: 5000 } as const
const PROBE_MS = 500

export const load: Suite = async (plan) => {
  const complaints = new Complaints()
  const subject = await Subject.start()
  try {
    const sums: Record<string, number> = {}
    for (let round = 0; round < SHAPES[plan.form].rounds; round++) {
      const figures = await overload(subject.url, plan, round)
      plan.say(
        Object.entries(figures)
          .map(([what, figure]) => `${what} ${figure}`)
          .join(', '),
      )
      for (const [what, figure] of Object.entries(figures)) sums[what] = Math.max(sums[what] ?? 0, figure)
      complaints.check()
    }
    return { rounds: SHAPES[plan.form].rounds, ...sums }
  } finally {
    await subject.stop()
    complaints.end()
  }
}

/** One round: a config for requests alone, and one for frames and some requests at the same time. */
async function overload(url: string, { form, random }: Plan, round: number): Promise<Figures> {
  const { connections, sockets, requestsMs, framesMs } = SHAPES[form]
  const own = random.branch(round).integer(0, 2 ** 31)
  const single = await Connection.open(url)
  const [config, other] = [new Config(`r-${own}`), new Config(`f-${own}`)] as const
  for (const one of [config, other]) await one.create(single)
  const callers = await Caller.openAll(url, connections)

  const capacity = await requestsPerSecond(url, config)
  const offered = { config, perSecond: capacity * TIMES, ms: requestsMs, folder: 'requests' }
  const alone = await pressed(single, config, REFERENCE.requests, () => arriveByRequest(callers, offered))
  // Of many connections that are all busy, workerd leaves some unread until others have nothing more to say.
  const requests = { ...alone, unreadMs: requestsMs }
  await check(url, config, requests)

  const burst = await arriveByFrame(url, sockets, { config: other, perSecond: BURST * 100, ms: 10, folder: 'burst' })
  const framesPerSecond = (burst.length / Math.max(...burst.map(({ ms }) => ms))) * 1000
  const perSecond = framesPerSecond * TIMES
  const given = { config: other, ms: Math.min(framesMs, (MOST / perSecond) * 1000) }
  const besides = callers.slice(0, BESIDES)
  const frames = await pressed(single, other, REFERENCE.frames, async () => {
    const byFrame = arriveByFrame(url, sockets, { ...given, perSecond, folder: 'frames' })
    const byRequest = arriveByRequest(besides, { ...given, perSecond: capacity, folder: 'besides' })
    return (await Promise.all([byFrame, byRequest])).flat()
  })
  await check(url, other, frames)
  for (const connection of [single, ...callers]) connection.close()
  const capacities = { requestsPerSecond: Math.round(capacity), framesPerSecond: Math.round(framesPerSecond) }
  return { ...capacities, ...told('requests', requests.arrivals), ...told('frames', frames.arrivals) }
}

/** How many can be done at most. */
async function requestsPerSecond(url: string, config: Config): Promise<number> {
  const many = await Connection.openAll(url, FILLING)
  // The first writes of a new server are slow.
  await closedLoop(many, lasting(FILL_MS), namesOf(config, 'warm'))
  const { perSecond } = await closedLoop(many, lasting(FILL_MS), namesOf(config, 'fill'))
  for (const connection of many) connection.close()
  return perSecond
}

/** Puts a load on, and looks how a single caller fares before it and after. `reference` is what is expected of a machine. */
async function pressed(
  single: Connection,
  config: Config,
  reference: number,
  press: () => Promise<Arrival[]>,
): Promise<Pressed> {
  const probe = async (when: string) => (await closedLoop([single], lasting(PROBE_MS), namesOf(config, when))).p50
  const before = await probe('before')
  const began = performance.now()
  const arrivals = await press()
  const donePerSecond = ((arrivals.length - refusedOf(arrivals)) / (performance.now() - began)) * 1000
  const after: number[] = []
  for (const end = performance.now() + RECOVERY_MS; performance.now() < end;) {
    const now = await probe(`after-${after.length}`)
    after.push(now)
    if (now <= before) break
  }
  return { arrivals, slowness: Math.max(1, reference / donePerSecond), unreadMs: 0, before, after }
}

async function check(url: string, { name }: Config, run: Pressed): Promise<void> {
  checkAnswers(run)
  checkRecovery(run)
  const there = new Set<string>()
  for await (const variable of new Client({ url }).variables.listAll(name, { pageSize: 5000 })) {
    there.add(variable.name.slice(`${name}/variables/`.length))
  }
  checkDone(run.arrivals, there)
}

function namesOf(config: Config, folder: string): () => readonly Buffer[] {
  let latest = 0
  return () => [config.createVariable(`${folder}/${(latest += 1)}`)]
}

const told = (way: string, arrivals: readonly Arrival[]): Figures => ({
  [way]: arrivals.length,
  [`${way}Refused`]: refusedOf(arrivals),
  [`${way}P99Ms`]: Math.round(p99Of(arrivals)),
})
