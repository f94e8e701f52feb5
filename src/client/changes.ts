/** What happens in a config, as a stream that outlives connections. */
import { collapse, configName, isUnder } from '../core/name.ts'
import type * as wire from '../core/wire.ts'
import { fullJitter, sleep } from './backoff.ts'
import type { Client } from './client.ts'
import { checkOptions } from './duration.ts'
import { isTransient } from './errors.ts'
import { checkName } from './resources.ts'
import { NotOpened } from './sockets.ts'

/** Something that happened: a variable was written (`UPDATED`) or deleted (`DELETED`), or a waiter has ended. */
export type Change = { readonly variable: wire.Variable } | { readonly waiter: wire.Waiter }

export interface ChangesOptions {
  /** Root of the subtree; without it, or as `/`, the whole config. */
  readonly path?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** Called when the stream stands: everything that happens from then on is told. Also after a lost connection. */
  readonly onListening?: (() => void) | undefined
}

/** Pauses before a lost connection is made anew, in milliseconds. */
const RECONNECT = { min: 200, max: 10_000 }
/** The pause between looks where no socket gets through, in milliseconds. */
const LOOK_MS = 2000

/** The changes in a config: see `Client.changes`. */
export async function* changesOf(
  client: Client,
  config: string,
  options: ChangesOptions,
): AsyncGenerator<Change, void, undefined> {
  const { project, config: id } = checkName(config, 'config', 'config')
  checkOptions(options, ['path', 'signal', 'onListening'], 'changes')
  const { path = '/', signal = new AbortController().signal, onListening = () => {} } = options
  const known = new Known(client, configName(project, id), collapse(path))
  for (let failures = 1; ; failures += 1) {
    try {
      for await (const change of known.follow(signal, onListening)) {
        failures = 1
        yield change
      }
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof NotOpened) && !isTransient(error)) throw error
    }
    await sleep(client.sockets.usable ? fullJitter(failures, RECONNECT) : LOOK_MS, signal)
  }
}

/** What is known of a config, to tell what is new. */
class Known {
  readonly #client: Client
  readonly #config: string
  readonly #root: string
  readonly #variables = new Map<string, wire.Variable>()
  readonly #ended = new Set<string>()
  /** Whether there was a first look: what it shows has happened before. */
  #begun = false

  constructor(client: Client, config: string, root: string) {
    this.#client = client
    this.#config = config
    this.#root = root
  }

  /** The changes until the connection is lost; or those since the last look, where there is none to be had. */
  async *follow(signal: AbortSignal, onListening: () => void): AsyncGenerator<Change, void, undefined> {
    const { sockets } = this.#client
    if (sockets.usable) {
      try {
        for await (const message of sockets.listen(`${this.#config}:subscribe?path=/${this.#root}`, signal)) {
          if (message === 'open') {
            const missed = await this.#look(signal)
            onListening()
            yield* missed
          } else if ('variable' in message && this.#note(message.variable)) yield message
          else if ('waiter' in message && this.#noteEnd(message.waiter)) yield message
        }
        return
      } catch (error) {
        if (!(error instanceof NotOpened)) throw error
      }
    }
    const changes = await this.#look(signal)
    // The service is there, so it was the socket that did not get through.
    if (sockets.usable) sockets.blocked()
    onListening()
    yield* changes
  }

  /** Takes down how a variable stands. Answers whether that is news. */
  #note(variable: wire.Variable): boolean {
    const { name, updateTime } = variable
    const before = this.#variables.get(name)
    if (before && before.updateTime > updateTime) return false
    if (variable.state === 'DELETED') return before?.state !== 'DELETED' && Boolean(this.#variables.set(name, variable))
    if (before && before.updateTime === updateTime) return false
    this.#variables.set(name, variable)
    return true
  }

  #noteEnd(waiter: wire.Waiter): boolean {
    const key = `${waiter.name} ${waiter.createTime}`
    if (!waiter.done || this.#ended.has(key)) return false
    this.#ended.add(key)
    return true
  }

  /** Reads how things stand. Answers what has changed since it was known; of the first look, nothing. */
  async #look(signal: AbortSignal): Promise<Change[]> {
    const first = !this.#begun
    const filter = this.#root ? { filter: this.#root } : {}
    const { data } = await this.#client.variables.list(this.#config, { ...filter, returnValues: true, signal })
    const own = `${this.#config}/variables/`
    const there = (data.variables ?? []).filter(({ name }) => isUnder(this.#root, name.slice(own.length)))
    const changes: Change[] = []
    for (const variable of there) {
      if (this.#note(variable)) changes.push({ variable: { ...variable, state: 'UPDATED' } })
    }
    const names = new Set(there.map(({ name }) => name))
    for (const variable of this.#variables.values()) {
      const gone: wire.Variable = { ...variable, state: 'DELETED' }
      if (!names.has(variable.name) && this.#note(gone)) changes.push({ variable: gone })
    }
    changes.sort((a, b) =>
      'variable' in a && 'variable' in b ? (a.variable.updateTime < b.variable.updateTime ? -1 : 1) : 0,
    )
    const ended = await this.#endedWaiters(signal)
    this.#begun = true
    return first ? [] : [...changes, ...ended]
  }

  /** Waiters that have ended since they were last looked at; nobody's business who may not list them. */
  async #endedWaiters(signal: AbortSignal): Promise<Change[]> {
    try {
      const { data } = await this.#client.waiters.list(this.#config, { signal })
      return (data.waiters ?? []).filter((waiter) => this.#noteEnd(waiter)).map((waiter) => ({ waiter }))
    } catch (error) {
      if ((error as { status?: number }).status === 403) return []
      throw error
    }
  }
}
