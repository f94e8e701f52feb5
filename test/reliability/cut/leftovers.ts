/** What keeps the process alive: timers and connections that nobody took away. */
import { Violation } from '../suite.ts'

const KINDS = ['Timeout', 'TCPSocketWrap', 'Immediate'] as const
/** Connections that are kept for the next request end by themselves after a few seconds. */
const PATIENCE_MS = 15_000

export type Held = Readonly<Record<(typeof KINDS)[number], number>>

export function held(): Held {
  const all = process.getActiveResourcesInfo()
  const count = (kind: string) => all.filter((one) => one === kind).length
  return { Timeout: count('Timeout'), TCPSocketWrap: count('TCPSocketWrap'), Immediate: count('Immediate') }
}

/** Resolves when no more is held than there was. Throws if that does not come. */
export async function nothingLeft(before: Held): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  for (;;) {
    // The timer of this pause is gone when it is over.
    await new Promise((resolve) => setTimeout(resolve, 50))
    const now = held()
    if (KINDS.every((kind) => now[kind] <= before[kind])) return
    if (performance.now() > end) throw new Violation('a client leaves no timer and no connection', { before, now })
  }
}
