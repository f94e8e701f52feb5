/** How far a waiter has come: in a line on the terminal, and in what is told of its end. */
import { onAbort } from '../client/backoff.ts'
import type { Client, Waiter } from '../client/index.ts'
import type { Tally } from '../core/wire.ts'
import type { Io } from './io.ts'
import { MAX_TOLD, shortName, someOf } from './names.ts'

/** How often the line is written anew, and the waiter is looked at, in milliseconds. */
const TICK_MS = 1000
const ERASE_LINE = '\r\u001b[K'

/** Shows the line, until the function that is answered is called; that takes the line away. */
export function showProgress(io: Io, client: Client, waiter: Waiter, signal: AbortSignal): () => void {
  const started = performance.now()
  const end = new AbortController()
  const off = onAbort(signal, () => end.abort())
  let seen = waiter
  let looking = false
  const show = () => {
    if (!end.signal.aborted) io.err(`${ERASE_LINE}${lineOf(seen, performance.now() - started, io.columns)}`)
  }
  const look = async () => {
    if (looking) return
    looking = true
    try {
      seen = (await client.waiters.get(waiter.name, { signal: end.signal, retry: false })).data
      show()
    } catch {
      // Whether the waiter can be seen is for the wait to tell; what was seen last stays.
    } finally {
      looking = false
    }
  }
  const timer = setInterval(() => {
    show()
    void look()
  }, TICK_MS)
  show()
  return () => {
    clearInterval(timer)
    off()
    end.abort()
    io.err(ERASE_LINE)
  }
}

/** One line of fewer than `columns` characters, for the last column may begin the next line. */
function lineOf({ name, timeout, progress }: Waiter, elapsedMs: number, columns: number): string {
  const facts = [
    progress && tell(progress.success),
    progress?.failure && `failure ${tell(progress.failure)}`,
    `${Math.floor(elapsedMs / 1000)} s of ${timeout.replace(/s$/, ' s')}`,
  ]
  const line = `${shortName(name)}: ${facts.filter(Boolean).join(', ')}`
  const missing = progress?.missing ?? []
  const label = ', missing '
  const room = columns - 1 - line.length - label.length
  return (missing.length ? `${line}${label}${someOf(missing, room)}` : line).slice(0, columns - 1)
}

/** What to tell of a waiter that did not succeed: what the service says, and what decided or was missing. */
export function failureOf({ name, error, progress }: Waiter): string {
  const told = `Waiter ${shortName(name)} ended without success: ${error?.message ?? 'no reason given'}`
  if (!progress) return told
  const { success, missing = [], reason } = progress
  if (!reason) {
    const who = missing.length ? `; missing: ${someOf(missing, MAX_TOLD)}` : ''
    return `${told} It had ${tell(success)}${who}.`
  }
  const when = reason.variable === undefined ? 'when it was made' : `by ${shortName(reason.variable)}`
  return `${told} Decided ${when}: ${reason.condition}.`
}

const tell = ({ have, need }: Tally) => `${have} of ${need}`
