/**
 * The table of API methods (spec: section 2): where each stands, what it takes, and which command or query it comes to.
 * Everything that is known of a method stands in its entry.
 */
import type { Method } from './method.ts'
import { COMMIT_METHODS } from './methods/commit.ts'
import { CONFIG_METHODS } from './methods/configs.ts'
import { PROJECT_METHODS } from './methods/projects.ts'
import { VARIABLE_METHODS } from './methods/variables.ts'
import { WAITER_METHODS } from './methods/waiters.ts'

export const METHODS: readonly Method[] = [
  ...PROJECT_METHODS,
  ...CONFIG_METHODS,
  ...COMMIT_METHODS,
  ...VARIABLE_METHODS,
  ...WAITER_METHODS,
]
