import type { Project } from '../object/project.ts'
import type { RuntimeConfig } from '../object/runtime-config.ts'

/** The bindings of the Worker, as wrangler.toml and the standalone server give them. */
export interface Env {
  /** One object per config, named by its full name. */
  readonly RUNTIME_CONFIG: DurableObjectNamespace<RuntimeConfig>
  /** One object per project, named by its id. */
  readonly PROJECT: DurableObjectNamespace<Project>
  /** How long `:watch` waits for a change, in seconds; 55 when it is absent. */
  readonly ROLLCALL_WATCH_SECONDS?: string
}
