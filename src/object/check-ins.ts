/**
 * Checking in: sockets whose frames the object takes itself. Unlike subscriptions they do not hibernate: a hibernating
 * socket hands its messages over one by one, at twice the price. So such a socket keeps the object awake, and is closed
 * when nothing has come on it for a while.
 */
import type { Access, Caller } from '../core/access.ts'
import type { Command, Outcome } from '../core/command.ts'
import { refuse, TOO_MANY, type Result } from '../core/fault.ts'
import type { ResourceName } from '../core/name.ts'
import { log } from '../telemetry/log.ts'
import type { Commits } from './commits.ts'
import { CLOSE_NORMAL, PING } from './sockets.ts'

/** Who checks in, and where. */
export interface Party {
  readonly name: Extract<ResourceName, { kind: 'config' }>
  /** Absent where everyone may do everything. */
  readonly caller?: Caller | undefined
  /** By what the request that opened the socket is found in the log. */
  readonly request?: Readonly<Record<string, string>> | undefined
}

/** What a socket is opened for that checks in. */
export interface CheckingIn {
  readonly party: Party
  /** By what its frames are counted where the platform limits how many a caller may send. */
  readonly rateKey: string
  /** What whoever opens it must be allowed; absent where that is settled already. */
  readonly access?: Access | undefined
}

/** A frame: the commit that it asks for, and how its outcome is answered. */
export interface Frame {
  readonly commit: Result<{ readonly command: Command & { type: 'commit' }; readonly access: Access | undefined }>
  answer(outcome: Outcome): string
}

/** Reads what a party says. */
export type FrameReader = (party: Party) => (message: string) => Frame

/** How those are received who check in: the words and the limits are the edge's to know. */
export interface Reception {
  readonly read: (message: string) => Frame
  /** Whether one more frame is within the caller's rate limit now; absent where nobody counts. Never rejects. */
  readonly admit?: (() => Promise<boolean>) | undefined
}

/** The most frames of a socket that wait for their answers. */
export const MAX_FRAMES = 1024

/** The answer to {@link PING}. */
export const PONG = 'pong'

/** How often is looked for sockets on which nothing has come since the last look, in milliseconds. */
const IDLE_MS = 30_000

/** A socket, and what is known of it. */
interface Line {
  readonly socket: WebSocket
  readonly reception: Reception
  /** Settled when all frames so far were admitted or refused. */
  admitted: Promise<void>
  /** How many of its frames wait for their answers. */
  waiting: number
  /** Whether nothing but pings has come since the last look. */
  idle: boolean
  over: boolean
}

export class CheckIns {
  readonly #commits: Pick<Commits, 'submit'>
  readonly #changed: () => void
  readonly #lines = new Set<Line>()
  #timer: ReturnType<typeof setInterval> | null = null

  /** `changed` is called when there are more or fewer of them. */
  constructor(commits: Pick<Commits, 'submit'>, changed: () => void = () => {}) {
    this.#commits = commits
    this.#changed = changed
  }

  /** How many sockets there are. */
  get size(): number {
    return this.#lines.size
  }

  /** Answers the response that upgrades a connection. */
  attach(reception: Reception): Response {
    const { 0: client, 1: socket } = new WebSocketPair()
    const line: Line = { socket, reception, admitted: Promise.resolve(), waiting: 0, idle: false, over: false }
    socket.addEventListener('message', ({ data }) => this.#hear(line, data))
    socket.addEventListener('close', () => this.#forget(line))
    socket.accept()
    this.#lines.add(line)
    this.#changed()
    this.#timer ??= setInterval(() => this.#closeIdle(), IDLE_MS)
    return new Response(null, { status: 101, webSocket: client })
  }

  #hear(line: Line, data: unknown): void {
    // What comes behind the close could not be answered.
    if (line.over) return
    if (data === PING) return say(line, PONG)
    line.idle = false
    const { commit, answer } = line.reception.read(typeof data === 'string' ? data : '')
    if (!commit.ok) return say(line, answer(commit))
    if (line.waiting >= MAX_FRAMES) return say(line, answer(refuse(TOO_MANY)))
    line.waiting += 1
    const settle = (outcome: Outcome) => {
      line.waiting -= 1
      say(line, answer(outcome))
    }
    const submit = () => {
      this.#commits.submit(commit.value.command, commit.value.access).then(settle, (error: unknown) => {
        // Nobody knows whether it was done; a requestId lets the caller try again.
        log('error', 'check-in.failed', { message: 'a commit of a socket failed', error })
        settle(refuse({ kind: 'unavailable' }))
      })
    }
    const admission = line.reception.admit?.()
    if (!admission) return submit()
    // However long it is asked for each of them, frames are done in their order.
    line.admitted = line.admitted.then(async () => ((await admission) ? submit() : settle(refuse(TOO_MANY))))
  }

  #closeIdle(): void {
    for (const line of this.#lines) {
      if (line.idle && !line.waiting) {
        line.socket.close(CLOSE_NORMAL, 'nothing has come for a while')
        this.#forget(line)
      }
      line.idle = true
    }
  }

  #forget(line: Line): void {
    line.over = true
    if (this.#lines.delete(line)) this.#changed()
    if (this.#lines.size) return
    clearInterval(this.#timer)
    this.#timer = null
  }
}

/** Sends, unless the other side is closing already: then nobody is there for the message. */
function say({ socket }: Line, text: string): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(text)
}
