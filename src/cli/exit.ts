/** Exit codes, and which of them any error comes to. */
import { constants } from 'node:os'
import { CommanderError } from 'commander'
import { ConnectionError, InvalidArgumentError, isTransient, ServiceError, WaitError } from '../client/index.ts'

/** The exit codes of our own commands. */
export const EXIT = {
  ok: 0,
  /** What was waited for has failed. */
  failed: 1,
  usage: 64,
  /** No answer, or none but that the service cannot answer now. */
  unavailable: 69,
  /** A defect of this program. */
  defect: 70,
  /** The service said no: not allowed, not there, there already, not valid. */
  refused: 77,
  timeout: 124,
} as const

/** The exit codes of the commands that gcloud has too: gcloud's, as they were measured. */
export const GCLOUD_EXIT = { ok: 0, error: 1, usage: 2, failed: 2 } as const

/** Whose exit codes a command has: those of gcloud, or our own. */
export type Manner = 'gcloud' | 'own'

/** What the help of a command tells about its exit codes. */
export const EXIT_HELP: Readonly<Record<Manner, string>> = {
  gcloud: `
Exit codes, as gcloud has them:
  0    done
  1    refused, no answer, or not within --max-wait
  2    wrong usage; a waiter that failed or timed out
  130  interrupted`,
  own: `
Exit codes:
  0    done
  1    failed
  64   wrong usage
  69   the service does not answer
  77   the service refused: not allowed, not found, not valid
  124  timed out
  130  interrupted`,
}

/**
 * Something the person at the command line should change; the message is a sentence for them. `gcloud` is the exit code
 * that gcloud has for it.
 */
export class UsageError extends Error {
  readonly gcloud: number

  constructor(message: string, gcloud: number = GCLOUD_EXIT.usage) {
    super(message)
    this.gcloud = gcloud
  }
}

/** The end of a command with an exit code of its own choice; the message is told first. */
export class Ended extends Error {
  readonly exit: number

  constructor(exit: number, message: string) {
    super(message)
    this.exit = exit
  }
}

/** A signal asked the command to end. */
export class Interrupted extends Error {
  readonly signal: NodeJS.Signals

  constructor(signal: NodeJS.Signals) {
    super(signal)
    this.signal = signal
  }
}

/** The exit code of a process that a signal ended, as shells have it. */
export function exitOfSignal(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal]
}

/** The exit code of an error, and what to tell of it: one line, or nothing where all was told. */
export function exitOf(error: unknown, manner: Manner): { code: number; message?: string } {
  const either = (own: number, gcloud: number) => (manner === 'own' ? own : gcloud)
  if (error instanceof Ended) return { code: error.exit, message: error.message }
  if (error instanceof Interrupted) return { code: exitOfSignal(error.signal) }
  if (error instanceof CommanderError) {
    return { code: error.exitCode === 0 ? EXIT.ok : either(EXIT.usage, GCLOUD_EXIT.usage) }
  }
  if (error instanceof UsageError) return { code: either(EXIT.usage, error.gcloud), message: error.message }
  if (error instanceof InvalidArgumentError) {
    return { code: either(EXIT.usage, GCLOUD_EXIT.error), message: error.message }
  }
  if (error instanceof ServiceError) {
    // A conflict may pass for who only reads; to a change it is a no.
    const own = isTransient(error) && error.status !== 409 ? EXIT.unavailable : EXIT.refused
    return { code: either(own, GCLOUD_EXIT.error), message: `${error.code}: ${error.message}` }
  }
  if (error instanceof ConnectionError) {
    return { code: either(EXIT.unavailable, GCLOUD_EXIT.error), message: error.message }
  }
  if (error instanceof WaitError) {
    const own = error.code === 'NOT_FOUND' ? EXIT.refused : error.code === 'TIMEOUT' ? EXIT.timeout : EXIT.failed
    return { code: either(own, GCLOUD_EXIT.error), message: error.message }
  }
  return { code: EXIT.defect, message: `defect: ${error instanceof Error ? error.stack : String(error)}` }
}
