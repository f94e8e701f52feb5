/** A config as it moves: its variables and waiters, and what happens to them, from one stream over lost connections. */
import { changes, type Change } from '../../client/changes.ts'
import { isTransient, type Client, type Variable, type Waiter } from '../../client/index.ts'
import { Signal } from './signal.ts'
import { Variables } from './variables.ts'

/** Something that happened. */
export interface Event {
  /** Its number: that of the first is 0. */
  readonly number: number
  readonly change: Change
  /** When it happened, once that is known: which a change itself does not tell of a deletion. */
  stamp?: string
}

/** Whether what is shown is what there is. */
export type Link =
  /** What there is has yet to come. */
  | { readonly state: 'loading' }
  | { readonly state: 'live' }
  /** The connection was lost, and is being made again. */
  | { readonly state: 'lost'; readonly error: unknown }
  /** It is not there any more, may not be read, or cannot be read for another reason. */
  | { readonly state: 'over'; readonly error: unknown }

/** What the browser does for it, and tests do otherwise. */
export interface Surroundings {
  /** Calls back at the next frame, or soon where none is drawn. */
  readonly frame: (callback: () => void) => void
  /** Milliseconds, from any beginning. */
  readonly now: () => number
}

/** As many events are remembered. */
export const MOST_EVENTS = 5000
const PAGE = { pageSize: 1000 }
/** Beginnings of waiters are told by no stream: so often they are looked for, in milliseconds. */
const WAITERS_MS = 5000
/** After so long all is read once more where it could not be, in milliseconds. */
const AGAIN_MS = 2000

export class LiveConfig extends Signal {
  readonly name: string
  readonly variables = new Variables()
  readonly waiters = new Map<string, Waiter>()
  /** What happened since the page listens, the oldest first; the first of them may have been forgotten. */
  readonly events: Event[] = []
  link: Link = { state: 'loading' }
  /** What the waiters could not be listed for, which not everyone may who may see variables. */
  waitersError: unknown
  /** Changes with everything that is shown. */
  version = 0
  readonly #client: Client
  readonly #surroundings: Surroundings
  readonly #controller = new AbortController()
  /** What was told and is not shown yet, and what of all that was told has no moment yet. */
  #heard: Event[] = []
  #undated: Event[] = []
  #happened = 0
  #framed = false
  /** Whether the stream stands. */
  #listening = false
  /** Whether all that was there when the stream began has been read; what is told before waits for it. */
  #listed = false
  #listing = false
  #timer: ReturnType<typeof setInterval> | undefined
  readonly #looking = new Set<string>()

  constructor(client: Client, name: string, surroundings: Surroundings) {
    super()
    this.#client = client
    this.name = name
    this.#surroundings = surroundings
  }

  /** Whether it has been stopped. */
  get over(): boolean {
    return this.#controller.signal.aborted
  }

  /** Begins to listen; to be called once. */
  start(): void {
    void this.#run()
    this.#timer = setInterval(() => void this.lookForWaiters(), WAITERS_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#controller.abort()
  }

  /** The path of a variable of this config, by its full name. */
  pathOf(name: string): string {
    return name.slice(`${this.name}/variables/`.length)
  }

  /** Takes notice of what a call has answered, before the stream tells it. */
  know(change: Change): void {
    this.#absorb(change)
    this.#changed()
  }

  /** Takes notice of a waiter that is gone, of which no stream tells. */
  forgetWaiter(id: string): void {
    this.waiters.delete(id)
    this.#changed()
  }

  /** Looks at a variable that should have expired: a renewal, which puts that off, is told by no stream. Never rejects. */
  async lookAt(path: string): Promise<void> {
    const { signal } = this.#controller
    if (this.#looking.has(path) || this.link.state !== 'live') return
    this.#looking.add(path)
    try {
      const { data } = await this.#client.variables.get(`${this.name}/variables/${path}`, { signal, retry: false })
      this.variables.put(path, { ...this.variables.get(path)?.variable, ...data })
      this.#changed()
    } catch {
      // That it is gone is told by the stream; of what cannot be read now the next look may know.
    } finally {
      setTimeout(() => this.#looking.delete(path), AGAIN_MS)
    }
  }

  /** Looks for waiters that have begun, or are gone. Never rejects. */
  async lookForWaiters(): Promise<void> {
    const { signal } = this.#controller
    if (this.link.state !== 'live') return
    try {
      const found = new Map<string, Waiter>()
      for await (const waiter of this.#client.waiters.listAll(this.name, { ...PAGE, signal })) {
        found.set(idOf(waiter), waiter)
      }
      if (signal.aborted) return
      for (const [id, waiter] of found) if (!this.waiters.get(id)?.done || waiter.done) this.waiters.set(id, waiter)
      for (const id of this.waiters.keys()) if (!found.has(id)) this.waiters.delete(id)
      this.waitersError = undefined
    } catch (error) {
      if (signal.aborted) return
      this.waitersError = error
    }
    this.#changed()
  }

  async #run(): Promise<void> {
    const { signal } = this.#controller
    try {
      const stream = changes(this.#client, this.name, {
        signal,
        onListening: () => this.#listen(),
        onLost: (error) => {
          this.#listening = false
          this.#linked({ state: 'lost', error })
        },
        onReset: () => {
          this.#listed = false
          void this.#list()
        },
        onBookmark: (stamp) => {
          for (const event of this.#undated.splice(0)) event.stamp = stamp
        },
      })
      for await (const change of stream) {
        const event: Event = { number: this.#happened++, change }
        this.#heard.push(event)
        this.#undated.push(event)
        this.#changed()
      }
    } catch (error) {
      if (!signal.aborted) this.#linked({ state: 'over', error })
    }
  }

  #listen(): void {
    this.#listening = true
    if (!this.#listed) return void this.#list()
    this.#linked({ state: 'live' })
    void this.lookForWaiters()
  }

  /** Reads all that is there. Never rejects. */
  async #list(): Promise<void> {
    if (this.#listing) return
    this.#listing = true
    const { signal } = this.#controller
    try {
      await this.#readAll(signal)
    } catch (error) {
      if (signal.aborted) return
      if (!isTransient(error)) {
        this.#controller.abort()
        return this.#linked({ state: 'over', error })
      }
      this.#linked({ state: 'lost', error })
      setTimeout(() => !signal.aborted && void this.#list(), AGAIN_MS)
      return
    } finally {
      this.#listing = false
    }
    if (this.#listening) this.#listen()
  }

  async #readAll(signal: AbortSignal): Promise<void> {
    const began = this.#surroundings.now()
    const found = new Set<string>()
    for await (const variable of this.#client.variables.listAll(this.name, { ...PAGE, returnValues: true, signal })) {
      const path = this.pathOf(variable.name)
      found.add(path)
      this.variables.put(path, variable)
    }
    this.variables.keepOnly(found, began)
    this.#listed = true
  }

  #linked(link: Link): void {
    this.link = link
    this.#changed()
  }

  /** All that comes until the next frame is shown by it, however much that is. */
  #changed(): void {
    if (this.#framed) return
    this.#framed = true
    this.#surroundings.frame(() => {
      this.#framed = false
      for (const event of this.#listed ? this.#heard.splice(0) : []) {
        this.#absorb(event.change)
        this.events.push(event)
      }
      if (this.events.length > MOST_EVENTS) this.events.splice(0, this.events.length - MOST_EVENTS)
      this.version += 1
      this.emit()
    })
  }

  #absorb(change: Change): void {
    if ('waiter' in change) return void this.waiters.set(idOf(change.waiter), change.waiter)
    const { state, ...variable }: Variable = change.variable
    const path = this.pathOf(variable.name)
    if (state === 'DELETED') this.variables.delete(path, variable.updateTime)
    else this.variables.put(path, variable, this.#surroundings.now())
  }
}

/** The id of a waiter, or of a config. */
export const idOf = ({ name }: { readonly name: string }): string => name.slice(name.lastIndexOf('/') + 1)
