/** Waiters of all kinds on what the writers of a fleet write. */
import type * as wire from '../../../src/core/wire.ts'
import type { Random } from '../random.ts'
import type { Made } from './replay.ts'
import { LEAVES, ROOTS, WORDS } from './writer.ts'

/** What a waiter waits for, among what these writers write, and for how long. */
export function drawWaiter(random: Random, writers: readonly string[]): Made['spec'] {
  const success = drawCondition(random, writers)
  // Met by one commit now and then, or at the same moment always: then it must fail.
  const failure = random.chance(0.2) ? success : drawCondition(random, writers)
  return {
    timeout: random.pick(['0.1s', '0.3s', '0.8s', '600s', '600s', '600s']),
    success,
    ...(random.chance(0.5) && { failure }),
    ...(random.chance(0.3) && { sticky: true as const }),
  }
}

function drawCondition(random: Random, writers: readonly string[], deep = false): wire.EndCondition {
  const condition = () => drawCondition(random, writers, true)
  const kind = random.integer(0, deep ? 4 : 6)
  if (kind === 5) return { all: [condition(), condition()] }
  if (kind === 6) return { any: [condition(), { not: condition() }] }
  const folder = `${random.pick(ROOTS)}/${random.pick(writers)}`
  const match = random.chance(0.5) && { match: { prefix: random.pick(WORDS) } }
  if (kind === 3) {
    const number = random.integer(1, LEAVES.length)
    return { cardinality: { path: `/${folder}`, members: [...LEAVES], number, ...match } }
  }
  if (kind === 4) return { variable: { name: `${folder}/${random.pick(LEAVES)}`, ...match } }
  return { cardinality: { path: `/${random.pick(ROOTS)}`, number: random.integer(2, 7), ...match } }
}
