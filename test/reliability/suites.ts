/** All suites, by name. */
import type { Suite } from './suite.ts'

export const SUITES: ReadonlyMap<string, Suite> = new Map([])
