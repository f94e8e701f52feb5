/** A service that tests of composite operations speak for, and what it answers. */
import { compositeOperations } from '../../src/client/composite.ts'
import type { Operation, Variable, Waiter } from '../../src/client/index.ts'
import { faults, scriptedClient, type Reply, type Sent } from './scripted-fetch.ts'

export const CONFIG = 'projects/p/configs/c'
export const VARIABLE = `${CONFIG}/variables/v`
export const WAITER = `${CONFIG}/waiters/w`
export const OPERATION = `${CONFIG}/operations/waiters/w`

export const time = (at: number) => `2026-01-01T00:00:0${at}.000000000Z`
export const variable = (text: string, at: number): Variable => ({ name: VARIABLE, text, updateTime: time(at) })
export const waiterInput = { name: WAITER, timeout: '60s', success: { cardinality: { path: '/ready', number: 1 } } }
export const waiter = (end: Partial<Waiter> = {}): Waiter => ({ ...waiterInput, createTime: time(1), ...end })
export const FAILED = { done: true as const, error: { code: 10, message: 'the failure condition holds' } }
export const TIMED_OUT = { done: true as const, error: { code: 4, message: 'time is up' } }
export const operation = (end: Partial<Operation> = {}): Operation => ({ name: OPERATION, ...end })

/**
 * A client whose operations (all but GET) and looks (GET) each follow a list, the last of which is repeated; what the
 * server would hold is held for ever.
 */
export function composites(operations: readonly Reply[], looks: readonly Reply[] = [faults(404, 'NOT_FOUND')]) {
  let done = 0
  let looked = 0
  const next = (replies: readonly Reply[], index: number) => replies[Math.min(index, replies.length - 1)] as Reply
  const client = scriptedClient(({ method, path }: Sent) => {
    if (path.endsWith(':wait') || path.endsWith(':watch')) return 'hang'
    return method === 'GET' ? next(looks, looked++) : next(operations, done++)
  })
  const count = (method: string) => client.sent.filter((sent) => sent.method === method).length
  return { client, run: compositeOperations(client), count }
}

/** A composite by its name, of whatever kind. */
type AnyComposite = (input: unknown, states: readonly string[], options?: object) => Promise<unknown>
export const byName = (run: object, name: string) => (run as Record<string, AnyComposite>)[name] as AnyComposite

/** Poll: what is looked at is the matter here, not how it is heard. */
export const poll = { transport: 'poll', jitter: false } as const
