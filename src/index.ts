/** The Worker: the edge, and the two kinds of Durable Object behind it. */
import { app } from './http/app.ts'

export type { Env } from './http/env.ts'
export { Project } from './object/project.ts'
export { RuntimeConfig } from './object/runtime-config.ts'
export default app
