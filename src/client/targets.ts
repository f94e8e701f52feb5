/** The service's resources as targets: how each is read, and how its changes are heard. */
import { collapse, configName, isUnder, parseName } from '../core/name.ts'
import type * as wire from '../core/wire.ts'
import { sleep } from './backoff.ts'
import type { Client } from './client.ts'
import { statusOf } from './errors.ts'
import type { Revision, Snapshot, Tally, Target } from './observation.ts'
import { checkName } from './resources.ts'
import { NotOpened } from './sockets.ts'

/** The pause between looks where nothing can be heard, in milliseconds: doubled from the first to the second. */
const LOOK_MS = { min: 500, max: 2000 }

/** States of a waiter, and of its Operation. */
export const WAITER_STATES = ['IN_PROGRESS', 'SUCCEEDED', 'FAILED', 'TIMED_OUT'] as const
export type WaiterState = (typeof WAITER_STATES)[number]

/** The RPC code of a waiter whose time ran out. */
const DEADLINE_EXCEEDED = 4

/** The state of a waiter or of its Operation, in a word. */
export function stateOfWaiter({ done, error }: Pick<wire.Waiter, 'done' | 'error'>): WaiterState {
  if (!done) return 'IN_PROGRESS'
  if (!error) return 'SUCCEEDED'
  return error.code === DEADLINE_EXCEEDED ? 'TIMED_OUT' : 'FAILED'
}

/** What a wait for a waiter is for, unless it says otherwise: its success. */
const UNTIL_SUCCEEDED = {
  success: { SUCCEEDED: { path: 'done', equals: true } },
  failure: { FAILED: { path: 'error.code', notEquals: DEADLINE_EXCEEDED }, TIMED_OUT: { path: 'error.code' } },
  message: 'error.message',
} as const

/** A variable: `present` with what it holds, from its creation to its deletion. */
export function variableTarget(client: Client, name: string): Target<wire.Variable> {
  const { project, config, path } = checkName(name, 'variable')
  const subscription = `${configName(project, config)}:subscribe?path=/${path}`
  const full = `${configName(project, config)}/variables/${path}`
  const read = async ({ signal }: { signal: AbortSignal }) =>
    ofVariable((await client.variables.get(name, { signal, retry: false })).data)
  return {
    key: full,
    owner: client,
    read,
    revOf: (variable) => variable.updateTime,
    optional: ['text', 'value'],
    stateOf: (variable) => ('text' in variable ? (variable.text ?? '') : (variable.value ?? '')),
    subscribe: ({ signal }) =>
      bySocketOrPoll(client, signal, {
        read,
        socket: subscription,
        hear: (message) =>
          'variable' in message && message.variable.name === full ? ofVariable(message.variable) : undefined,
        async hold(known) {
          const { data } = await client.variables.watch(name, { newerThan: known.rev, signal, retry: false })
          return ofVariable(data)
        },
      }),
  }
}

function ofVariable(variable: wire.Variable): Snapshot<wire.Variable> {
  const { state, ...value } = variable
  // Its deletion comes after its last change, and may be told with that one's time.
  if (state === 'DELETED') return { kind: 'absent', rev: `${variable.updateTime}~` }
  return { kind: 'present', value, rev: variable.updateTime }
}

/** A waiter. Another one under its name is another one: for who waits for the first, that has gone. */
export function waiterTarget(client: Client, name: string): Target<wire.Waiter> {
  checkName(name, 'waiter')
  const read = async ({ signal }: { signal: AbortSignal }) =>
    ofWaiter((await client.waiters.get(name, { signal, retry: false })).data)
  return {
    key: name.replace(/^\//, ''),
    owner: client,
    until: UNTIL_SUCCEEDED,
    read,
    revOf: (waiter) => ofWaiter(waiter).rev,
    optional: ['done', 'error'],
    stateOf: stateOfWaiter,
    tally: (snapshot, options) => tallyOf(client, name, snapshot, options),
    subscribe: ({ signal }) =>
      bySocketOrPoll(client, signal, {
        read,
        socket: `${name.replace(/^\//, '')}:subscribe`,
        hear: (message) => ('waiter' in message ? ofWaiter(message.waiter) : undefined),
        tellsFirst: true,
        async hold() {
          const { data } = await client.waiters.wait(name, { signal, retry: false })
          return ofWaiter(data)
        },
      }),
  }
}

function ofWaiter(waiter: wire.Waiter): Snapshot<wire.Waiter> {
  // It changes once in its life.
  return {
    kind: 'present',
    value: waiter,
    rev: `${waiter.createTime}${waiter.done ? '+' : ''}`,
    identity: waiter.createTime,
  }
}

/** How many variables a waiter has under the path of its success. */
async function tallyOf(
  client: Client,
  name: string,
  snapshot: Snapshot<wire.Waiter> | undefined,
  { signal }: { signal: AbortSignal },
): Promise<Tally> {
  const waiter = snapshot?.kind === 'present' ? snapshot.value : undefined
  if (!waiter) return {}
  const { project, config } = checkName(name, 'waiter')
  const { path, number } = waiter.success.cardinality
  const parent = configName(project, config)
  const root = collapse(path)
  const { data } = await client.variables.list(parent, { ...(root && { filter: root }), signal, retry: false })
  const own = `${parent}/variables/`
  const counted = (data.variables ?? []).filter((variable) => isUnder(root, variable.name.slice(own.length)))
  return { have: counted.length, need: number }
}

/** The Operation of a waiter: it is heard of by the waiter's subscription. */
export function operationTarget(client: Client, name: string): Target<wire.Operation> {
  const { project, config, operation } = checkName(name, 'operation')
  const waiter = waiterTarget(client, `${configName(project, config)}/${operation}`)
  const read = async ({ signal }: { signal: AbortSignal }): Promise<Snapshot<wire.Operation>> => {
    const { data } = await client.operations.get(name, { signal, retry: false })
    return { kind: 'present', value: data }
  }
  return {
    key: name.replace(/^\//, ''),
    owner: client,
    until: UNTIL_SUCCEEDED,
    read,
    optional: ['done', 'error', 'response'],
    stateOf: stateOfWaiter,
    async *subscribe(options) {
      // Every change of the waiter has the Operation read.
      for await (const _ of waiter.subscribe?.(options) ?? []) yield undefined
    },
  }
}

/** A config. Its changes are not told, so they are looked for. */
export function configTarget(client: Client, name: string): Target<wire.RuntimeConfig> {
  checkName(name, 'config')
  return {
    key: name.replace(/^\//, ''),
    owner: client,
    stateOf: () => 'ACTIVE',
    async read({ signal }) {
      return { kind: 'present', value: (await client.configs.get(name, { signal, retry: false })).data }
    },
  }
}

/** The resource of a name, as a target; undefined if it names none. */
export function targetOf(client: Client, name: string): Target<never> | undefined {
  const read = parseName(name, 'name')
  const kind = read.ok ? read.value.kind : 'project'
  return kind === 'project' ? undefined : (TARGETS[kind](client, name) as unknown as Target<never>)
}

const TARGETS = { variable: variableTarget, waiter: waiterTarget, operation: operationTarget, config: configTarget }

/** How the changes of one resource are heard. */
interface Hearing<T> {
  read(options: { signal: AbortSignal }): Promise<Snapshot<T>>
  /** Path of the subscription. */
  readonly socket: string
  hear(message: wire.Message): Snapshot<T> | undefined
  /** Whether the subscription begins with the state. */
  readonly tellsFirst?: boolean
  /** A long poll: answers when the resource has changed from what is known, or when the server lets go. */
  hold(known: { readonly rev?: Revision | undefined }): Promise<Snapshot<T>>
}

/** Hears by WebSocket; where none gets through, by long polls until it is worth trying again. */
async function* bySocketOrPoll<T>(
  client: Client,
  signal: AbortSignal,
  hearing: Hearing<T>,
): AsyncGenerator<Snapshot<T> | undefined, void, undefined> {
  if (client.sockets.usable) {
    try {
      for await (const message of client.sockets.listen(hearing.socket, signal)) {
        if (message !== 'open') {
          const snapshot = hearing.hear(message)
          if (snapshot) yield snapshot
        } else if (!hearing.tellsFirst) yield undefined
      }
      return
    } catch (error) {
      if (statusOf(error) === 404) return yield { kind: 'absent', error }
      if (!(error instanceof NotOpened)) throw error
    }
  }
  yield* byLongPoll(client, signal, hearing)
}

async function* byLongPoll<T>(
  client: Client,
  signal: AbortSignal,
  { read, hold }: Hearing<T>,
): AsyncGenerator<Snapshot<T> | undefined, void, undefined> {
  let known = await orAbsent(read({ signal }))
  // It is there, so it was the socket that did not get through.
  if (known.kind === 'present' && client.sockets.usable) await client.sockets.blocked()
  yield known
  let held = true
  for (let looks = 0; known.kind === 'absent' || !client.sockets.usable; looks += 1) {
    if (known.kind === 'absent' || !held) {
      const pause = Math.min(LOOK_MS.max, LOOK_MS.min * 2 ** Math.min(looks, 10))
      await sleep(pause * (0.5 + Math.random() / 2), signal)
      known = await orAbsent(read({ signal }))
    } else {
      const before = known
      known = await orAbsent(hold(before))
      // Google's service holds no waiters: it says 404 of what is there.
      if (known.kind === 'absent' && known.rev === undefined) {
        known = await orAbsent(read({ signal }))
        held = known.kind === 'absent'
      }
      if (held) looks = 0
    }
    yield known
  }
}

async function orAbsent<T>(read: Promise<Snapshot<T>>): Promise<Snapshot<T>> {
  try {
    return await read
  } catch (error) {
    if (statusOf(error) === 404) return { kind: 'absent', error }
    throw error
  }
}
