/** `rollcall/client/changes`: what happens in a config, as a stream that outlives connections. */
import type * as wire from '../core/wire.ts'
import { fullJitter, sleep } from './backoff.ts'
import type { Client } from './client.ts'
import { checkOptions } from './duration.ts'
import { statusOf, isTransient } from './errors.ts'
import { checkName, checkPath } from './names.ts'
import { NotOpened } from './sockets.ts'

/** Something that happened: a variable was written (`UPDATED`) or deleted (`DELETED`), or a waiter has ended. */
export type Change = { readonly variable: wire.Variable } | { readonly waiter: wire.Waiter }

export interface ChangesOptions {
  /** Root of the subtree; without it, or as `/`, the whole config. */
  readonly path?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** Called when the stream stands: what happens from then on is told. Also when it stands again, on a new socket. */
  readonly onListening?: (() => void) | undefined
}

/** Pauses before a lost connection is made anew, in milliseconds. */
const RECONNECT = { min: 200, max: 10_000 }
/** The pause between looks where no socket gets through, in milliseconds. */
const LOOK_MS = 2000

/**
 * What happens in a config, as it happens: variables at `path` and beneath (all, without it) that are written or
 * deleted, and waiters that end. Goes on over lost connections; then it tells the latest state of what changed
 * meanwhile. Throws `ServiceError` when it may not be listened to, or is not there any more.
 */
export async function* changes(
  client: Client,
  config: string,
  options: ChangesOptions = {},
): AsyncGenerator<Change, void, undefined> {
  const { full } = checkName(config, 'config', 'config')
  checkOptions(options, ['path', 'signal', 'onListening'], 'changes')
  const { path = '/', signal = new AbortController().signal, onListening = () => {} } = options
  const known = new Known(client, full, checkPath(path, 'path', true))
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
  /** Each variable as it is known, deleted ones too; and the waiters that are known to have ended. */
  readonly #variables = new Map<string, wire.Variable>()
  readonly #ended = new Set<string>()
  /** By name, the latest that was told, which is not told again and nothing before it. What the first look shows has happened before, and is not told. */
  readonly #told = new Map<string, string>()
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
          } else if ('changes' in message) yield* message.changes.filter((change) => this.#isNews(change))
        }
        return
      } catch (error) {
        if (!(error instanceof NotOpened)) throw error
      }
    }
    const first = !this.#begun
    const missed = await this.#look(signal)
    // The service is there, so it was the socket that did not get through.
    if (sockets.usable) await sockets.blocked()
    if (first) onListening()
    yield* missed
  }

  /** Takes down what was told. Answers whether it is news: a look may have been faster. */
  #isNews(change: Change): boolean {
    if ('variable' in change) this.#note(change.variable)
    else this.#ended.add(keyOf(change))
    return this.#tell(change)
  }

  /** Takes down that a change is told. Answers whether it is to be: not after itself, or what came later. */
  #tell(change: Change): boolean {
    const [name, order] = momentOf(change)
    if ((this.#told.get(name) ?? '') >= order) return false
    this.#told.set(name, order)
    return true
  }

  /** Takes down how a variable stands. Answers whether that is another state than was known. */
  #note(variable: wire.Variable): boolean {
    const before = this.#variables.get(variable.name)
    if (before && orderOf(before) >= orderOf(variable)) return false
    this.#variables.set(variable.name, variable)
    return true
  }

  /** Reads how things stand. Answers what has changed since it was known; of the first look, nothing. */
  async #look(signal: AbortSignal): Promise<Change[]> {
    const [variables, waiters] = await Promise.all([this.#changedVariables(signal), this.#endedWaiters(signal)])
    const news = this.#begun ? [...variables, ...waiters] : []
    this.#begun = true
    return news.filter((change) => this.#tell(change))
  }

  async #changedVariables(signal: AbortSignal): Promise<Change[]> {
    const filter = this.#root ? { filter: this.#root } : {}
    const { data } = await this.#client.variables.list(this.#config, { ...filter, returnValues: true, signal })
    const there = data.variables ?? []
    const names = new Set(there.map(({ name }) => name))
    const gone = [...this.#variables.values()].filter(({ name, state }) => state !== 'DELETED' && !names.has(name))
    const now: wire.Variable[] = [
      ...there.map((variable) => ({ ...variable, state: 'UPDATED' as const })),
      ...gone.map((variable) => ({ ...variable, state: 'DELETED' as const })),
    ]
    const changed = now.filter((variable) => this.#note(variable))
    changed.sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))
    return changed.map((variable) => ({ variable }))
  }

  /** Waiters that have ended since they were last looked at; none for who may not list them. */
  async #endedWaiters(signal: AbortSignal): Promise<Change[]> {
    try {
      const { data } = await this.#client.waiters.list(this.#config, { signal })
      const ended = (data.waiters ?? []).filter(({ done }) => done).map((waiter) => ({ waiter }))
      const fresh = ended.filter((change) => !this.#ended.has(keyOf(change)))
      for (const change of fresh) this.#ended.add(keyOf(change))
      return fresh
    } catch (error) {
      if (statusOf(error) === 403) return []
      throw error
    }
  }
}

/** Later states of a variable are greater. Its deletion comes after its last change, and may bear that one's time. */
const orderOf = ({ updateTime, state }: wire.Variable) => `${updateTime}${state === 'DELETED' ? '~' : ''}`

/** Whose change it is, and when it was: later ones are greater. */
function momentOf(change: Change): readonly [name: string, order: string] {
  if ('variable' in change) return [change.variable.name, orderOf(change.variable)]
  return [change.waiter.name, change.waiter.createTime]
}

const keyOf = (change: Change) => momentOf(change).join(' ')
