/** The power cut: many small worlds, in each of which the power fails again and again, and nothing may be lost that counts. */
import { createHash } from 'node:crypto'
import type { Random } from '../random.ts'
import type { Figures, Plan } from '../suite.ts'
import { World } from './world.ts'

/** How much is simulated: worlds, and steps in each. */
const EXTENT = { short: { worlds: 50, steps: 600 }, long: { worlds: 1000, steps: 1000 } }

/** After so many worlds a word is said about them. */
const WORD = 100

export async function power({ random, form, say }: Plan): Promise<Figures> {
  const { figures, digest } = await simulate(random, EXTENT[form].worlds, EXTENT[form].steps, say)
  say(`digest ${digest}`)
  return figures
}

/** Runs that many worlds. Answers what happened in them, and what all of it comes to: the same from the same seed. */
export async function simulate(random: Random, worlds: number, steps: number, say: (line: string) => void = () => {}) {
  const hash = createHash('sha256')
  const total: Record<string, number> = { worlds }
  for (let number = 1; number <= worlds; number++) {
    const world = new World(random.branch(number), steps, (line) => hash.update(line))
    await world.run(steps)
    for (const [kind, count] of world.counts) total[`${kind}s`] = (total[`${kind}s`] ?? 0) + count
    if (number % WORD === 0) say(`${number} worlds`)
  }
  return { figures: total, digest: hash.digest('hex').slice(0, 16) }
}
