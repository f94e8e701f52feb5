/** `rollcall/client/check-in`: commits over one socket, for whoever makes many of them. */
import type { Status } from '../core/fault.ts'
import type * as wire from '../core/wire.ts'
import type { ApiRequest } from './api.ts'
import { ENDED, newId, onAbort, sleep } from './backoff.ts'
import type { Client } from './client.ts'
import { checkOptions } from './duration.ts'
import { ConnectionError, isTransient, refusal, ServiceError } from './errors.ts'
import { checkName } from './names.ts'
import type { WriteInput } from './resources.ts'
import { NotOpened } from './sockets.ts'
import { readSignal } from './wait-options.ts'

export interface CheckInsOptions {
  /** Closes the line: what is under way rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

export interface LineCommitOptions {
  /** By which it is made once however often it is sent; one is made up where none is given. At most 64 characters. */
  readonly requestId?: string | undefined
  /** Ends the waiting for the answer: the commit may be made all the same. */
  readonly signal?: AbortSignal | undefined
}

export type { CheckIns }

/** The most commits on a socket that wait for their answers: the service takes no more. */
const MAX_UNANSWERED = 1024
/** The longest message that the service takes, in characters. */
const MAX_MESSAGE_LENGTH = 262_144
/** The most requests at a time where no socket gets through. */
const MAX_REQUESTS = 16
/** The longest pause before a lost socket is replaced, in milliseconds: those who lost it together must not come together. */
const RECONNECT_MS = 200

/** A commit on its way. */
interface Pending {
  readonly id: number
  readonly message: string
  /** The same as a request. */
  readonly request: ApiRequest
  /** Ends the request, where it is one. */
  cut?: () => void
  resolve(response: wire.CommitResponse): void
  reject(error: unknown): void
}

type Reply = { readonly id: number } & (wire.CommitResponse | { readonly error: Status })

/**
 * A line to a config, by which many commits go over one WebSocket. That is opened for the first of them, and again for
 * the next where the service has closed it because nothing came. `config` is the config's full name. Throws
 * `InvalidArgumentError` for what cannot be meant.
 */
export function checkIns(client: Client, config: string, options: CheckInsOptions = {}): CheckIns {
  checkOptions(options, ['signal'], 'checkIns')
  return new CheckIns(client, checkName(config, 'config', 'config').full, readSignal(options.signal))
}

class CheckIns {
  readonly #client: Client
  readonly #config: string
  /** Aborted when the line is closed. */
  readonly #end = new AbortController()
  /** All that have not ended. What has ended may still stand in the others. */
  readonly #pending = new Set<Pending>()
  /** What waits for a socket, and on it for the answer, by id. */
  #waiting: Pending[] = []
  readonly #sent = new Map<number, Pending>()
  #latest = 0
  /** Whether there is a socket, or one is being opened; and how to speak on it when it is open. */
  #listening = false
  #send: ((message: string) => void) | undefined
  /** What goes by requests, and how many there are at this time. */
  readonly #requests: Pending[] = []
  #requested = 0
  /** Whether the latest socket did not open, as long as it is not known whether the service is there. */
  #refused = false

  /** @internal Use {@link checkIns}. */
  constructor(client: Client, config: string, signal: AbortSignal | undefined) {
    this.#client = client
    this.#config = config
    const off = onAbort(signal, () => this.#end.abort(signal?.reason))
    onAbort(this.#end.signal, () => {
      off()
      for (const one of this.#pending) one.reject(this.#end.signal.reason)
    })
  }

  /**
   * Makes all these changes in their order at one moment, or none of them. Many may be under way; of these any may be
   * made first. A commit whose answer is lost is sent again, and made once. Where no socket gets through it is a
   * request. Rejects with `ServiceError` for a refusal, `ConnectionError` if no answer came or the line was closed, and
   * the signal's reason.
   */
  async commit(writes: readonly WriteInput[], options: LineCommitOptions = {}): Promise<wire.CommitResponse> {
    checkOptions(options, ['requestId', 'signal'], 'commit')
    const { requestId = newId() } = options
    const signal = readSignal(options.signal)
    this.#end.signal.throwIfAborted()
    signal?.throwIfAborted()
    const id = (this.#latest += 1)
    const commit = { writes }
    const message = JSON.stringify({ id, commit, requestId })
    const request = { method: 'POST', url: `${this.#url}?${new URLSearchParams({ requestId })}`, body: commit }
    return new Promise((resolve, reject) => {
      const end = () => {
        this.#pending.delete(one)
        one.cut?.()
        off()
      }
      const one: Pending = {
        id,
        message,
        request,
        resolve: (response) => (end(), resolve(response)),
        reject: (error) => (end(), reject(error)),
      }
      const off = onAbort(signal, () => one.reject(signal?.reason))
      this.#pending.add(one)
      if (message.length > MAX_MESSAGE_LENGTH) return this.#request([one])
      this.#waiting.push(one)
      this.#pump()
    })
  }

  /** Closes the socket. What is under way rejects with `ConnectionError`, and may be made all the same. */
  close(): void {
    this.#end.abort(new ConnectionError({ method: 'POST', url: this.#url }, 'the line was closed'))
  }

  get #url(): string {
    return `${this.#client.base}/v1beta1/${this.#config}:commit`
  }

  /** Sends what waits, as far as it can be now. */
  #pump(): void {
    if (this.#send) {
      while (this.#waiting.length && this.#sent.size < MAX_UNANSWERED) {
        const one = this.#waiting.shift() as Pending
        if (!this.#pending.has(one)) continue
        this.#sent.set(one.id, one)
        this.#send(one.message)
      }
    } else if (this.#waiting.length && !this.#listening) {
      if (this.#client.sockets.usable) void this.#listen()
      else this.#request(this.#waiting.splice(0))
    }
  }

  /** Opens a socket, and hears the answers as long as it lasts. */
  async #listen(): Promise<void> {
    const { signal } = this.#end
    let answered = false
    this.#listening = true
    try {
      const path = `${this.#config}:subscribe?quiet=1&direct=1`
      for await (const message of this.#client.sockets.listen(path, signal, (send) => (this.#send = send))) {
        answered = this.#hear(message as Reply | 'open') || answered
        this.#pump()
      }
    } catch (error) {
      this.#refused = error instanceof NotOpened
    }
    this.#send = undefined
    const unanswered = [...this.#sent.values(), ...this.#waiting].filter((one) => this.#pending.has(one))
    this.#sent.clear()
    // A socket that has answered nothing is as good as none.
    this.#waiting = answered ? unanswered : []
    if (!answered) this.#request(unanswered)
    else await sleep(Math.random() * RECONNECT_MS, signal).catch(() => {})
    this.#listening = false
    this.#pump()
  }

  /** Takes a message. Answers whether it is the answer to a commit. */
  #hear(message: Reply | 'open'): boolean {
    if (message === 'open') return false
    const { id, ...answer } = message
    const one = this.#sent.get(id)
    if (!one) return false
    this.#sent.delete(id)
    if (!('error' in answer)) one.resolve(answer)
    else {
      const error = refusal(answer.error, one.request)
      // What may pass is tried again as requests are.
      if (isTransient(error) && error.status !== 409) this.#request([one])
      else one.reject(error)
    }
    return true
  }

  /** Sends commits as requests, a few at a time. */
  #request(more: readonly Pending[]): void {
    for (const one of more) this.#requests.push(one)
    while (this.#requests.length && this.#requested < MAX_REQUESTS) {
      const one = this.#requests.shift() as Pending
      if (this.#pending.has(one)) void this.#sendRequest(one)
    }
  }

  async #sendRequest(one: Pending): Promise<void> {
    const cut = new AbortController()
    one.cut = () => cut.abort(ENDED)
    this.#requested += 1
    let isThere = true
    try {
      const { data } = await this.#client.send<wire.CommitResponse>(one.request, { safe: true, signal: cut.signal })
      one.resolve(data)
    } catch (error) {
      isThere = error instanceof ServiceError
      one.reject(error)
    }
    this.#requested -= 1
    const refused = this.#refused
    this.#refused = false
    // The service is there, so it was the socket that did not get through.
    if (refused && isThere) await this.#client.sockets.blocked().catch(() => {})
    this.#request([])
  }
}
