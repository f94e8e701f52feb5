/** What the step does at the service: it checks the job in, and waits for the others. */
import { newId, sleep } from '../client/backoff.ts'
import { formatDuration } from '../client/duration.ts'
import { Roster, type Client, type Waiter } from '../client/index.ts'
import { putInstead } from '../client/put.ts'
import { stateOfWaiter } from '../client/targets.ts'
import type { Inputs, Report, Wanted } from './inputs.ts'
import type { Runner } from './runner.ts'

/** How much longer we wait than a waiter of ours: its end is to be heard of, too. In milliseconds. */
const GRACE_MS = 30_000
/** How often it is looked at how far the others are, in milliseconds. */
const LOOK_MS = 5000
/** What is nice to know in the end must not keep the step. */
const LAST_CALL = { requestTimeout: '5s', retry: false } as const

/** How a wait ended. */
export interface End {
  readonly status: 'success' | 'failure' | 'timeout'
  readonly present: readonly string[]
  readonly missing: readonly string[]
  /** Why, in a sentence; empty on success. */
  readonly reason: string
}

/** Reports this job, in place of what it reported before. */
export async function checkIn(client: Client, report: Report, runner: Runner, signal: AbortSignal): Promise<void> {
  const { opposite, ...variable } = report
  const { left } = await putInstead(client, variable, opposite, { signal })
  if (left) runner.tell('warning', `${opposite} could not be taken away: ${left.message}`)
  runner.say(`Reported ${report.text} as ${shortName(report.name)}.`)
}

/** Waits for a roll call. Rejects with what keeps it from being seen, and with the signal's reason. */
export async function awaitRollCall(
  client: Client,
  { config, timeout }: Inputs,
  wanted: Wanted,
  runner: Runner,
  signal: AbortSignal,
): Promise<End> {
  if ('waiter' in wanted) {
    const { data } = await client.waiters.get(wanted.waiter, { signal })
    return awaitWaiter(client, data, timeout, runner, signal)
  }
  const name = `${config}/waiters/action-${newId()}`
  const waiter: Waiter = {
    name,
    timeout: formatDuration(timeout),
    success: { cardinality: { path: `/${wanted.path}`, ...membersOf(wanted) } },
    failure: { cardinality: { path: `/${wanted.failurePath}`, number: 1 } },
  } as Waiter
  await client.waiters.create(waiter, { signal })
  try {
    const end = await awaitWaiter(client, waiter, timeout + GRACE_MS, runner, signal)
    if ('members' in wanted.members || end.present.length) return end
    // Of a number the service tells no names; nobody, where they may not be seen.
    const roster = new Roster(client, config, { path: wanted.path, failurePath: wanted.failurePath })
    return { ...end, present: await roster.members(LAST_CALL).catch(() => []) }
  } finally {
    // Whoever may not delete it leaves it to its end.
    await client.waiters.delete(name, LAST_CALL).catch(() => {})
  }
}

function membersOf({ members }: Extract<Wanted, { path: string }>) {
  return 'number' in members ? members : { members: [...members.members] }
}

async function awaitWaiter(
  client: Client,
  waiter: Waiter,
  timeout: number,
  runner: Runner,
  signal: AbortSignal,
): Promise<End> {
  runner.say(`Waiting for ${shortName(waiter.name)}.`)
  const over = new AbortController()
  const looking = showProgress(client, waiter.name, runner, AbortSignal.any([signal, over.signal]))
  try {
    const outcome = await client.wait(waiter.name, { timeout, signal }).settle()
    if (outcome.status === 'success') return endOf(client, outcome.value as Waiter)
    const { error } = outcome
    const seen = error.last?.kind === 'present' ? error.last.value : waiter
    if (outcome.status === 'failure') return endOf(client, seen)
    if (outcome.status !== 'timeout') throw error.cause instanceof Error ? error.cause : error
    const last = await client.waiters.get(waiter.name, LAST_CALL).catch(() => ({ data: seen }))
    return last.data.done
      ? endOf(client, last.data)
      : { ...tallyOf(last.data), status: 'timeout', reason: lateness(last.data) }
  } finally {
    over.abort()
    await looking
  }
}

/** Says how far the roll call has come whenever it has come further, until the signal is aborted. */
async function showProgress(client: Client, name: string, runner: Runner, signal: AbortSignal): Promise<void> {
  let said = ''
  while (!signal.aborted) {
    try {
      const { data } = await client.waiters.get(name, { signal, retry: false })
      const line = progressLine(data)
      if (line !== said && !data.done) runner.say(line)
      said = line
      await sleep(LOOK_MS, signal)
    } catch {
      // Whether it can be seen is for the wait to tell.
      await sleep(LOOK_MS, signal).catch(() => {})
    }
  }
}

function progressLine({ progress }: Waiter): string {
  if (!progress) return ''
  const { success, missing = [] } = progress
  return `${success.have} of ${success.need} are in${missing.length ? `, missing: ${missing.join(', ')}` : ''}.`
}

const tallyOf = ({ progress }: Waiter) => ({
  present: [...(progress?.present ?? [])].sort(),
  missing: [...(progress?.missing ?? [])].sort(),
})

async function endOf(client: Client, waiter: Waiter): Promise<End> {
  const state = stateOfWaiter(waiter)
  const tally = tallyOf(waiter)
  if (state === 'SUCCEEDED') return { ...tally, status: 'success', reason: '' }
  if (state === 'TIMED_OUT') return { ...tally, status: 'timeout', reason: lateness(waiter) }
  return { ...tally, status: 'failure', reason: await failureOf(client, waiter) }
}

function lateness(waiter: Waiter): string {
  const line = progressLine(waiter)
  return `Time ran out${line ? `: ${line}` : '.'}`
}

/** Who has failed, and what it said of that, where both can be seen. */
async function failureOf(client: Client, { name, progress, error }: Waiter): Promise<string> {
  const variable = progress?.reason?.variable
  if (variable === undefined) return `${shortName(name)} failed: ${error?.message ?? 'no reason given'}`
  const said = await client.variables.get(variable, LAST_CALL).catch(() => undefined)
  return `${shortName(variable)} decided it${said?.data.text ? `: ${said.data.text}` : ''}.`
}

/** A name within its config: `variables/ready/linux`. */
function shortName(name: string): string {
  return name.split('/').slice(4).join('/')
}
