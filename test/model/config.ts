/** A config without anything around it: the domain on its store, on a clock that the test moves. */
import { apply } from '../../src/core/apply.ts'
import type { Command, Event, Outcome, Precondition, Write } from '../../src/core/command.ts'
import { answer } from '../../src/core/query.ts'
import { beginStream, type Beginning } from '../../src/core/stream.ts'
import { sweep } from '../../src/core/sweep.ts'
import type * as wire from '../../src/core/wire.ts'
import { SqlStore } from '../../src/object/sql-store.ts'
import { nodeDatabase } from '../support/node-database.ts'

export const CONFIG = 'projects/p/configs/c'
/** Where the clock of a config begins, in microseconds. */
export const BEGIN = 1_790_000_000_000_000

export const text = (contents: string, ttl?: string) => ({
  kind: 'text' as const,
  contents,
  ...(ttl !== undefined && { ttl }),
})

export class ConfigAlone {
  now = BEGIN
  events: Event[] = []
  heard = true
  readonly database = nodeDatabase()
  store = new SqlStore(this.database)

  constructor() {
    this.do({ type: 'createConfig', name: CONFIG, description: '', requestId: '' })
  }

  try(command: Command): Outcome {
    const { outcome, events } = apply(this.store, command, { now: this.now, heard: () => this.heard })
    this.events.push(...events)
    return outcome
  }

  do(command: Command): wire.Answer {
    const outcome = this.try(command)
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.fault))
    return outcome.value
  }

  /** Writes a text, whether the variable is there or not. */
  set(path: string, contents = '', ttl?: string): void {
    this.commit({ type: 'set', path, input: text(contents, ttl) })
  }

  commit(...writes: Write[]): wire.CommitResponse {
    return this.do({ type: 'commit', writes, requestId: '' }) as wire.CommitResponse
  }

  delete(path: string, recursive = false, precondition?: Precondition): Outcome {
    return this.try({ type: 'deleteVariable', path, recursive, if: precondition })
  }

  wait(
    id: string,
    success: wire.EndCondition,
    more: { failure?: wire.EndCondition; timeout?: string; sticky?: true } = {},
  ) {
    this.do({ type: 'createWaiter', id, spec: { timeout: '60s', success, ...more }, requestId: '' })
  }

  waiter(id: string): wire.Waiter {
    const outcome = answer(this.store, { type: 'getWaiter', id })
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.fault))
    return outcome.value as wire.Waiter
  }

  progress(id: string): wire.Progress {
    return this.waiter(id).progress as wire.Progress
  }

  variable(path: string): wire.Variable | undefined {
    const outcome = answer(this.store, { type: 'getVariable', path })
    return outcome.ok ? (outcome.value as wire.Variable) : undefined
  }

  sweep(limit = 1000): boolean {
    const { events, more } = sweep(this.store, this.now, limit)
    this.events.push(...events)
    return more
  }

  stream(beginning: Beginning, root = '') {
    const config = this.store.config()
    if (!config) throw new Error('there is no config')
    return beginStream(this.store, config, root, beginning, undefined)
  }

  /** The events since this was last asked: variables by path and state, waiters by id and how they ended; and when. */
  told(): [what: string, stamp: number][] {
    return this.events.splice(0).map((event) => {
      if (event.kind === 'variable') return [`${event.variable.path} ${event.state}`, event.stamp]
      return [event.kind === 'waiterEnded' ? `${event.waiter.id} ${event.waiter.end?.how}` : event.kind, event.stamp]
    })
  }
}
