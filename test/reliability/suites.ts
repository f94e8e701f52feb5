/** All suites, by name. */
import { clock } from './clock/suite.ts'
import { crash } from './crash/suite.ts'
import { cut } from './cut/suite.ts'
import { linearizable } from './linearizable/suite.ts'
import { load } from './load/suite.ts'
import { nonsense } from './nonsense/suite.ts'
import { power } from './power/suite.ts'
import { streams } from './streams/suite.ts'
import type { Suite } from './suite.ts'

export const SUITES: ReadonlyMap<string, Suite> = new Map([
  ['crash', crash],
  ['streams', streams],
  ['linearizable', linearizable],
  ['power', power],
  ['cut', cut],
  ['nonsense', nonsense],
  ['clock', clock],
  ['load', load],
])
