/** `npm run demo`: a roll call of five nodes, once to its success and once to a failure, on a server of its own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { changes } from '../client/changes.ts'
import { Client, Roster, type WaitOutcome, type Waiter } from '../client/index.ts'
import { startServer } from './server.ts'

/** How long each node takes to get ready, in milliseconds. */
const READY_AFTER_MS = [900, 300, 1500, 2500, 2000]
const NODES = READY_AFTER_MS.length
/** The node that fails in the second roll call. */
const FAILING = 3

const CONFIG = 'projects/demo/configs/fleet'

async function main(): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'rollcall-demo-'))
  const server = await startServer({ port: 0, host: '127.0.0.1', data })
  try {
    say(`The coordinator answers at ${server.url}.`)
    const client = new Client({ url: server.url })
    await client.configs.create({ name: CONFIG, description: 'five nodes' })
    await run(client, 'first', undefined)
    await run(client, 'second', FAILING)
  } finally {
    await server.stop()
    rmSync(data, { recursive: true })
  }
}

/** Holds one roll call; the node `failing`, if any, reports failure instead of checking in. */
async function run(client: Client, title: string, failing: number | undefined): Promise<void> {
  say(`\nThe ${title} roll call: ${NODES} nodes are to check in${failing ? `, but node ${failing} will fail` : ''}.`)
  const waiter = `${CONFIG}/waiters/${title}`
  const paths = { path: `/${title}/ready`, failurePath: `/${title}/failed` }
  await client.waiters.create({
    name: waiter,
    timeout: '30s',
    success: { cardinality: { path: paths.path, number: NODES } },
    failure: { cardinality: { path: paths.failurePath } },
  })
  const shown = show(client, waiter, title)
  const wait = client.wait(waiter, { timeout: '1m' })
  // From here on every change is told: the nodes begin when both are listened to.
  await Promise.all([shown.listening, firstOf(wait)])
  const ended = wait.settle().then((outcome) => ({ outcome, at: performance.now() }))

  const roster = new Roster(client, CONFIG, paths)
  const checkIns = READY_AFTER_MS.map(async (milliseconds, index) => {
    await sleep(milliseconds)
    const member = `node-${index + 1}`
    const sent = performance.now()
    await (index + 1 === failing ? roster.fail(member) : roster.checkIn(member))
    return sent
  })
  const { outcome, at } = await ended
  await shown.end
  const causes = failing ? [checkIns[failing - 1] as Promise<number>] : checkIns
  const sent = Math.max(...(await Promise.all(causes)))
  const cause = failing ? 'the failure was reported' : 'the last node began to check in'
  say(`The roll call ${tell(outcome)}. The push came ${(at - sent).toFixed(1)} ms after ${cause}.`)
  await Promise.all(checkIns)
}

/** Resolves when a wait has seen how things stand, and so will hear of what comes. */
async function firstOf(wait: { onProgress(listener: () => void): () => void }): Promise<void> {
  await new Promise<void>((resolve) => {
    const off = wait.onProgress(() => {
      off()
      resolve()
    })
  })
}

function tell(outcome: WaitOutcome<Waiter>): string {
  if (outcome.status === 'success') return 'is complete'
  const { last } = outcome.error
  const error = last?.kind === 'present' ? last.value.error : undefined
  return error ? `failed: "${error.message}" (code ${error.code})` : `failed: ${outcome.error.message}`
}

/** Shows every check-in until the waiter has ended: when that is told, all that led to it has been shown. */
function show(client: Client, waiter: string, title: string): { listening: Promise<void>; end: Promise<void> } {
  const listening = Promise.withResolvers<void>()
  const end = async () => {
    const progress = new Progress()
    const stream = changes(client, CONFIG, { path: `/${title}`, onListening: listening.resolve })
    for await (const change of stream) {
      if ('variable' in change) progress.add(change.variable.name.slice(CONFIG.length + '/variables'.length))
      else if (change.waiter.name === waiter) break
    }
    progress.end()
  }
  return { listening: listening.promise, end: end() }
}

/** A bar that fills on a terminal, a line for each node elsewhere. */
class Progress {
  #count = 0

  add(path: string): void {
    if (path.includes('/ready/')) this.#count += 1
    if (!process.stdout.isTTY) return say(`  ${this.#count}/${NODES}  ${path}`)
    const bar = '#'.repeat(this.#count * 6).padEnd(NODES * 6, '.')
    process.stdout.write(`\r  [${bar}] ${this.#count}/${NODES}  ${path.padEnd(30)}`)
  }

  end(): void {
    if (process.stdout.isTTY) process.stdout.write('\n')
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

await main()
