/**
 * Histories of concurrent clients, of many small configs, with the server killed now and then: each must be the history of
 * something that does one call at a time. Two checks say so that share nothing but the model.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, newId, succeeded } from '../../conformance/client.ts'
import type { Random } from '../random.ts'
import { Subject } from '../subject.ts'
import { Violation, type Figures, type Plan } from '../suite.ts'
import { check, smallest } from './checker.ts'
import { Config } from './clients.ts'
import { MODEL, DONE } from './model.ts'
import { contradiction, type Recorded } from './stamps.ts'

/** How many rounds there are; in one of so many the server is killed. */
const EXTENT = { short: { rounds: 16, perKill: 4 }, long: { rounds: 600, perKill: 4 } }

/** The configs of a round, which are used side by side. */
const CONFIGS = 4
/** The server is killed within so many milliseconds after the first call of a round. */
const KILLED_WITHIN = 120
/** No round takes so long, in milliseconds. */
const ROUND_MS = 60_000
/** How often a last look is tried: a connection can be found closed by a server that was restarted. */
const LOOKS = 5

/** What was done and found. */
interface Tally {
  rounds: number
  kills: number
  configs: number
  calls: number
  unanswered: number
  undecided: number
  /** The most steps that the checker has taken for one history. */
  longestSearchSteps: number
}

export async function linearizable({ random, form, say }: Plan): Promise<Figures> {
  const { rounds, perKill } = EXTENT[form]
  const tally = { rounds, kills: 0, configs: 0, calls: 0, unanswered: 0, undecided: 0, longestSearchSteps: 0 }
  const subject = await Subject.start()
  try {
    const api = new Client()
    api.base = subject.url
    for (let round = 1; round <= rounds; round++) {
      const configs = await newConfigs(api, random.branch(round))
      const killed = round % perKill === 0
      await inTime(use(configs, random.branch(-round), killed ? subject : undefined))
      if (killed) tally.kills += 1
      for (const config of configs) judge(config, tally)
      if (round % 100 === 0) say(`${round} rounds, ${tally.calls} calls`)
    }
    return { ...tally }
  } finally {
    await subject.stop()
  }
}

async function newConfigs(api: Client, random: Random): Promise<Config[]> {
  const project = `projects/${newId()}`
  const names = Array.from({ length: CONFIGS }, (_, index) => `${project}/configs/c${index}`)
  const headers = { 'content-type': 'application/json' }
  const create = async (name: string) => {
    const request = { method: 'POST', path: `/v1beta1/${project}/configs`, headers, body: JSON.stringify({ name }) }
    const answer = await api.raw(request)
    // An attempt before may have made it.
    if (answer.status !== 409) succeeded(answer)
  }
  await Promise.all(names.map((name) => persist(() => create(name))))
  return names.map((name, index) => new Config(api, name, random.branch(index)))
}

/** Lets clients use the configs; if there is a `victim`, kills it amid that, and lets others come after its restart. */
async function use(configs: readonly Config[], random: Random, victim: Subject | undefined): Promise<void> {
  const kill = async () => {
    await sleep(random.next() * KILLED_WITHIN)
    await victim?.kill()
  }
  const used = configs.map((config) => config.use(random.integer(3, 6), random.integer(6, 10)))
  await Promise.all([...used, ...(victim ? [kill()] : [])])
  if (victim) {
    await victim.restart()
    await Promise.all(configs.map((config) => persist(() => config.look())))
    await Promise.all(configs.map((config) => config.use(3, 4)))
  }
  await Promise.all(configs.map((config) => persist(() => config.look())))
}

/** Fails what takes so long that something must have been left without an answer. */
async function inTime(act: Promise<void>): Promise<void> {
  const stop = new AbortController()
  const late = async () => {
    await sleep(ROUND_MS, undefined, { signal: stop.signal })
    throw new Violation('every call is answered, or its connection lost')
  }
  try {
    await Promise.race([act, late()])
  } finally {
    stop.abort()
  }
}

/** Tries again where no answer came. */
async function persist(act: () => Promise<void>): Promise<void> {
  for (let left = LOOKS; ; left--) {
    try {
      return await act()
    } catch (error) {
      if (left === 0 || error instanceof Violation) throw error
    }
  }
}

/** Checks a history, by its stamps and without them. */
function judge({ name, history }: Config, tally: Tally): void {
  tally.configs += 1
  tally.calls += history.length
  tally.unanswered += history.filter(({ output }) => output === undefined).length
  const { verdict, steps } = check(MODEL, history)
  const wrong = contradiction(history)
  if (wrong) throw violation(`${wrong.why} (without stamps: ${verdict})`, name, history, wrong.calls)
  tally.longestSearchSteps = Math.max(tally.longestSearchSteps, steps)
  if (verdict === 'undecided') tally.undecided += 1
  if (verdict !== 'broken') return
  const calls = smallest(MODEL, history, ({ input, output }) => !('writes' in input) || output !== DONE)
  throw violation('no order of these calls explains their answers', name, history, calls)
}

/** A violation that shows some of a config's calls, and where all of them can be read. */
function violation(why: string, config: string, history: readonly Recorded[], calls: readonly Recorded[]) {
  const file = join(mkdtempSync(join(tmpdir(), 'rollcall-history-')), 'history.json')
  const inOrder = (these: readonly Recorded[]) => [...these].sort((a, b) => a.invoked - b.invoked)
  writeFileSync(file, JSON.stringify(inOrder(history), undefined, 2))
  const shown = inOrder(calls).map(line)
  return new Violation(why, { config, calls: shown, all: file })
}

/** A call in a line: who, when in milliseconds, what, and the answer. */
function line({ client, input, output, invoked, answered, stamp }: Recorded): string {
  const when = `${invoked.toFixed(2)} to ${answered === Infinity ? 'the end' : answered.toFixed(2)}`
  return `client ${client}, ${when}: ${JSON.stringify(input)} -> ${output ?? 'no answer'}${stamp ? `, ${stamp}` : ''}`
}
