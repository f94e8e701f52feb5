/** The service's resources as targets: how each is read, and how its changes are heard. */
import type * as wire from '../core/wire.ts'
import { ceilingOf, sleep } from './backoff.ts'
import type { Client } from './client.ts'
import { statusOf } from './errors.ts'
import { orAbsent } from './feed.ts'
import type { Revision, Snapshot, Tally, Target } from './observation.ts'
import type { ApiResponse, CallOptions } from './api.ts'
import { checkName, readName } from './names.ts'
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

/** How far a waiter has come; another service does not tell. */
export const tallyOfWaiter = ({ progress }: wire.Waiter): Tally => ({
  ...progress?.success,
  missing: progress?.missing,
})

/** What a wait for a waiter is for, unless it says otherwise: its success. */
const UNTIL_SUCCEEDED = {
  success: { SUCCEEDED: { path: 'done', equals: true } },
  failure: { FAILED: { path: 'error.code', notEquals: DEADLINE_EXCEEDED }, TIMED_OUT: { path: 'error.code' } },
  message: 'error.message',
} as const

/** What the client's targets have in common. */
function base<T>(
  client: Client,
  key: string,
  get: (options: CallOptions) => Promise<ApiResponse<T>>,
  of: (value: T) => Snapshot<T>,
) {
  const read = async ({ signal }: { signal: AbortSignal }) => of((await get({ signal, retry: false })).data)
  return { key, owner: client, read }
}

/** A variable: `present` with what it holds, from its creation to its deletion. */
export function variableTarget(client: Client, name: string): Target<wire.Variable> {
  const { full, config, id } = checkName(name, 'variable')
  const target = base(client, full, (options) => client.variables.get(full, options), ofVariable)
  return {
    ...target,
    stateOf: ({ text, value }) => text ?? value ?? '',
    subscribe: ({ signal }) =>
      bySocketOrPoll(client, signal, {
        read: target.read,
        socket: `${config}:subscribe?path=/${id}`,
        hear: (message) =>
          'variable' in message && message.variable.name === full ? ofVariable(message.variable) : undefined,
        async hold({ rev }) {
          return ofVariable((await client.variables.watch(full, { newerThan: rev, signal, retry: false })).data)
        },
      }),
  }
}

function ofVariable({ state, ...value }: wire.Variable): Snapshot<wire.Variable> {
  const rev = value.updateTime
  // Its deletion comes after its last change, and may be told with that one's time.
  return state === 'DELETED' ? { kind: 'absent', rev: `${rev}~` } : { kind: 'present', value, rev }
}

/** A waiter. Another one under its name is another one: for who waits for the first, that has gone. */
export function waiterTarget(client: Client, name: string): Target<wire.Waiter> {
  const { full } = checkName(name, 'waiter')
  const target = base(client, full, (options) => client.waiters.get(full, options), ofWaiter)
  return {
    ...target,
    until: UNTIL_SUCCEEDED,
    stateOf: stateOfWaiter,
    tally: tallyOfWaiter,
    subscribe: ({ signal }) =>
      bySocketOrPoll(client, signal, {
        read: target.read,
        socket: `${full}:subscribe?direct=1`,
        hear: (message) => ('waiter' in message ? ofWaiter(message.waiter) : undefined),
        first: true,
        hold: async () => ofWaiter((await client.waiters.wait(full, { signal, retry: false })).data),
      }),
  }
}

function ofWaiter(value: wire.Waiter): Snapshot<wire.Waiter> {
  const identity = value.createTime
  // It changes once in its life.
  return { kind: 'present', value, rev: `${identity}${value.done ? '+' : ''}`, identity }
}

/** The Operation of a waiter: it is heard of by the waiter's subscription. */
export function operationTarget(client: Client, name: string): Target<wire.Operation> {
  const { full, config, id } = checkName(name, 'operation')
  const waiter = waiterTarget(client, `${config}/${id}`)
  return {
    ...base(
      client,
      full,
      (options) => client.operations.get(full, options),
      (value) => ({ kind: 'present', value }),
    ),
    until: UNTIL_SUCCEEDED,
    stateOf: stateOfWaiter,
    async *subscribe(options) {
      // Every change of the waiter has the Operation read.
      for await (const _ of waiter.subscribe?.(options) ?? []) yield undefined
    },
  }
}

/** A config. Its changes are not told, so they are looked for. */
export function configTarget(client: Client, name: string): Target<wire.RuntimeConfig> {
  const { full } = checkName(name, 'config')
  return {
    ...base(
      client,
      full,
      (options) => client.configs.get(full, options),
      (value) => ({ kind: 'present', value }),
    ),
    stateOf: () => 'ACTIVE',
  }
}

/** The resource of a name, as a target; undefined if it names none. */
export function targetOf(client: Client, name: string): Target<never> | undefined {
  const kind = readName(name)?.kind ?? 'project'
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
  readonly first?: boolean
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
          for (const one of 'changes' in message ? message.changes : [message]) {
            const snapshot = hearing.hear(one)
            if (snapshot) yield snapshot
          }
        } else if (!hearing.first) yield undefined
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
  for (let looks = 1; known.kind === 'absent' || !client.sockets.usable; looks += 1) {
    if (known.kind === 'absent' || !held) {
      await sleep(ceilingOf(looks, LOOK_MS) * (0.5 + Math.random() / 2), signal)
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
