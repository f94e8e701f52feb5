/** Whether what a client was told, over connections that were cut, is what the server did. */
import type * as wire from '../../../src/core/wire.ts'
import type { WaitOutcome } from '../../../src/client/index.ts'
import { Violation } from '../suite.ts'

/** Something that happened, from the server's stream, which was not cut. */
export interface Fact {
  readonly stamp: string
  /** Full name of the variable or waiter. */
  readonly name: string
  /** What tells one write from all others; '' of a waiter and a deletion. */
  readonly text: string
}

export function factOf(change: wire.Change): Fact {
  if ('waiter' in change) {
    return { stamp: change.waiter.progress?.updateTime ?? '', name: change.waiter.name, text: '' }
  }
  const { name, updateTime, text = '' } = change.variable
  return { stamp: updateTime, name, text }
}

/** A write as its caller saw it: each has a text of its own. */
export interface Write {
  readonly name: string
  readonly text: string
  /** The moment that the answer told; undefined where none came, or a refusal that leaves it open. */
  readonly stamp?: string | undefined
}

/** Throws unless what was told as done was done then, once, and nothing was done twice. */
export function checkWrites(writes: readonly Write[], facts: readonly Fact[]): void {
  const byText = Map.groupBy(facts, ({ text }) => text)
  for (const write of writes) {
    const done = byText.get(write.text) ?? []
    if (done.length > 1) throw new Violation('a write is made once', { write, done })
    if (write.stamp === undefined) continue
    if (!done.length) throw new Violation('what was told as done was done', write)
    if (done[0]?.stamp !== write.stamp || done[0].name !== write.name) {
      throw new Violation('a write is answered with its own moment', { write, done })
    }
  }
}

/** Throws unless a stream that was cut told facts alone, in order, none twice, and of each name the last. */
export function checkTold(told: readonly Fact[], facts: readonly Fact[]): void {
  const key = ({ stamp, name, text }: Fact) => `${stamp} ${name} ${text}`
  const known = new Set(facts.map(key))
  const heard = new Set<string>()
  let before = ''
  for (const fact of told) {
    if (!known.has(key(fact))) throw new Violation('a stream tells what happened', fact)
    if (heard.has(key(fact))) throw new Violation('a stream tells nothing twice', fact)
    if (fact.stamp < before) throw new Violation('a stream tells in order', { before, fact })
    heard.add(key(fact))
    before = fact.stamp
  }
  for (const last of new Map(facts.map((fact) => [fact.name, fact])).values()) {
    if (!heard.has(key(last))) throw new Violation('a stream tells the last change of each name', last)
  }
}

/** A wait as its caller saw it. */
export interface Waited {
  readonly waiter: string
  readonly timeoutMs: number
  readonly elapsedMs: number
  readonly outcome: WaitOutcome<wire.Waiter>
  /** Whether the connections were let through for long enough before its deadline. */
  readonly patient: boolean
}

/** How much later than its deadline a wait may end, on a machine that is busy. */
const MARGIN_MS = 1500
/** How much before it a wait may give up: the last look is taken then. */
const EARLY_MS = 300

/** Throws unless a wait has ended in time, and as the waiter did; undefined is a waiter that never was. */
export function checkWait(
  { waiter, timeoutMs, elapsedMs, outcome, patient }: Waited,
  final: wire.Waiter | undefined,
): void {
  const { status } = outcome
  const evidence = {
    waiter,
    timeoutMs,
    elapsedMs,
    status,
    final,
    error: 'error' in outcome ? String(outcome.error) : '',
  }
  const ended = final === undefined ? 'notFound' : !final.done ? 'timeout' : final.error ? 'failure' : 'success'
  if (elapsedMs > timeoutMs + MARGIN_MS) throw new Violation('a wait ends by its deadline', evidence)
  if (status === 'timeout' && elapsedMs < timeoutMs - EARLY_MS) throw new Violation('a wait does not give up', evidence)
  if (status !== 'timeout' && status !== ended) throw new Violation('a wait ends as its waiter did', evidence)
  if (patient && status !== ended) throw new Violation('a wait that has time learns of the end', evidence)
}
