/** Waits that go on in another process. */
import type { Until } from './acceptors.ts'
import type { Client } from './client.ts'
import { checkOptions } from './duration.ts'
import { InvalidArgumentError } from './errors.ts'
import type { Target } from './observation.ts'
import { targetOf } from './targets.ts'
import { readToken } from './token.ts'
import { wait } from './wait.ts'
import type { Wait } from './wait-run.ts'
import { WAIT_OPTIONS, type WaitOptions } from './wait-options.ts'

/** How long the one look may take that a wait is given whose deadline has passed, in milliseconds. */
const LATE_LOOK_MS = 1000

export interface ResumeOptions<T> extends Omit<WaitOptions<T>, 'timeout' | 'since' | 'identity'> {
  /** What is waited for, where the token cannot hold it because it is a function. */
  readonly until?: Until<T> | undefined
}

const FROM_TOKEN = ['timeout', 'since', 'identity']
const OPTIONS = ['until', ...WAIT_OPTIONS.filter((option) => !FROM_TOKEN.includes(option))]

/**
 * Goes on with a wait whose `token()` was kept, with the time that it has left. `from` is the client, or the target if
 * it was one of your own. After its deadline it takes one look. Throws {@link InvalidArgumentError} for a token that
 * cannot be read.
 */
export function resumeWait<T>(token: string, from: Client | Target<T>, options: ResumeOptions<T> = {}): Wait<T> {
  checkOptions(options, OPTIONS, 'resumeWait')
  const { key, deadline, rev, identity, until } = readToken(token)
  const target = 'read' in from ? from : (targetOf(from, key) as unknown as Target<T> | undefined)
  if (!target) throw new InvalidArgumentError('token', `is of ${key}: give that target, no client`)
  if (target.key !== key) throw new InvalidArgumentError('token', `is of ${key}, not of ${target.key}`)
  const wanted = options.until ?? (until as Until<T> | undefined) ?? (target.until as Until<T> | undefined)
  if (wanted === undefined) {
    throw new InvalidArgumentError('until', 'is required again, as it has functions')
  }
  const { until: _, ...rest } = options
  const left = deadline - Date.now()
  const time = left > 0 ? { timeout: left } : { timeout: LATE_LOOK_MS, maxAttempts: 1, transport: 'poll' as const }
  return wait(target, wanted, { ...rest, since: rev, identity, ...time })
}
