/** Configs: what is stored of one, and what a client sees of it. */
import type { Policy } from './policy.ts'
import { etagOf, type Stamp } from './time.ts'
import type * as wire from './wire.ts'

/** The config itself, as it is stored. */
export interface Config {
  /** Full name: projects/P/configs/C. */
  readonly name: string
  readonly description: string
  readonly policy: Policy
  readonly created: Stamp
  /** When the config itself last changed; its policy has a stamp of its own. */
  readonly updated: Stamp
}

/** The resource that clients see. */
export function configResource(config: Pick<Config, 'name' | 'description' | 'updated'>): wire.RuntimeConfig {
  const { name, description, updated } = config
  return { name, ...(description && { description }), etag: etagOf(updated) }
}
