/** All mutants. */
import { crash } from './crash.ts'
import { edges } from './edges.ts'
import { histories } from './histories.ts'
import type { Mutant } from './mutant.ts'
import { power } from './power.ts'
import { streams } from './streams.ts'

export const MUTANTS: readonly Mutant[] = [...power, ...histories, ...crash, ...streams, ...edges]
