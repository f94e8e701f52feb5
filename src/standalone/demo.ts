/** `npm run demo`: a roll call of five nodes, once to its success and once to a failure, on a server of its own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Message, Waiter } from '../core/wire.ts'
import { startServer } from './server.ts'

/** How long each node takes to get ready, in milliseconds. */
const READY_AFTER_MS = [900, 300, 1500, 2500, 2000]
const NODES = READY_AFTER_MS.length
/** The node that fails in the second roll call. */
const FAILING = 3

interface RollCall {
  /** Where the config is. */
  readonly url: string
  /** Full name of the config. */
  readonly config: string
}

async function main(): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'rollcall-demo-'))
  const server = await startServer({ port: 0, host: '127.0.0.1', data })
  try {
    say(`The coordinator answers at ${server.url}.`)
    const config = 'projects/demo/configs/fleet'
    await post(`${server.url}/v1beta1/projects/demo/configs`, { name: config, description: 'five nodes' })
    const rollCall = { url: `${server.url}/v1beta1/${config}`, config }
    await run(rollCall, 'first', undefined)
    await run(rollCall, 'second', FAILING)
  } finally {
    await server.stop()
    rmSync(data, { recursive: true })
  }
}

/** Holds one roll call; the node `failing`, if any, reports failure instead of checking in. */
async function run({ url, config }: RollCall, title: string, failing: number | undefined): Promise<void> {
  say(`\nThe ${title} roll call: ${NODES} nodes are to check in${failing ? `, but node ${failing} will fail` : ''}.`)
  const name = `${config}/waiters/${title}`
  await post(`${url}/waiters`, {
    name,
    timeout: '30s',
    success: { cardinality: { path: `/${title}/ready`, number: NODES } },
    failure: { cardinality: { path: `/${title}/failed`, number: 1 } },
  })

  const progress = new Progress()
  // Tells of every check-in, and then of the end too: when that is here, all that led to it has been shown.
  const shown = Promise.withResolvers<void>()
  const changes = await listen(`${url}:subscribe?path=/${title}`, (message) => {
    if ('variable' in message) progress.add(message.variable.name.slice(config.length + '/variables'.length))
    if ('waiter' in message) shown.resolve()
  })
  const ended = Promise.withResolvers<{ waiter: Waiter; at: number }>()
  const waiting = await listen(`${url}/waiters/${title}:subscribe`, (message) => {
    if ('waiter' in message && message.waiter.done) ended.resolve({ waiter: message.waiter, at: performance.now() })
  })

  const checkIns = READY_AFTER_MS.map(async (milliseconds, index) => {
    await sleep(milliseconds)
    const kind = index + 1 === failing ? 'failed' : 'ready'
    const sent = performance.now()
    await post(`${url}/variables`, { name: `${config}/variables/${title}/${kind}/node-${index + 1}`, text: 'here' })
    return { kind, sent }
  })
  const { waiter, at } = await ended.promise
  await shown.promise
  const last = await Promise.all(failing ? [checkIns[failing - 1] as (typeof checkIns)[0]] : checkIns)
  const sent = Math.max(...last.map((checkIn) => checkIn.sent))
  progress.end()
  const outcome = waiter.error ? `failed: "${waiter.error.message}" (code ${waiter.error.code})` : 'is complete'
  const cause = failing ? 'the failure was reported' : 'the last node began to check in'
  say(`The roll call ${outcome}. The push came ${(at - sent).toFixed(1)} ms after ${cause}.`)
  for (const socket of [changes, waiting]) socket.close()
  await Promise.all(checkIns)
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

/** Opens a subscription; resolves when it listens. */
function listen(url: string, hear: (message: Message) => void): Promise<WebSocket> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'))
  socket.addEventListener('message', ({ data }) => hear(JSON.parse(data as string)))
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => resolve(socket))
    socket.addEventListener('error', () => reject(new Error(`no subscription at ${url}`)))
  })
}

async function post(url: string, body: object): Promise<void> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`POST ${url} answered ${response.status}: ${await response.text()}`)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

await main()
