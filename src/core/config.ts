/** Configs: what is stored of one, and what a client sees of it. */
import type { Policy } from './policy.ts'
import type * as wire from './wire.ts'

/** The config itself, as it is stored. */
export interface Config {
  /** Full name: projects/P/configs/C. */
  readonly name: string
  readonly description: string
  readonly policy: Policy
}

/** The resource that clients see. */
export function configResource({ name, description }: Pick<Config, 'name' | 'description'>): wire.RuntimeConfig {
  return { name, ...(description && { description }) }
}
