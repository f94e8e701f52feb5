/** The Worker: the edge, and the two kinds of Durable Object behind it. */
import { app } from './http/app.ts'
import { readFrames } from './http/frame.ts'
import { RuntimeConfig as RuntimeConfigObject } from './object/runtime-config.ts'

export type { Env } from './http/env.ts'
export { Project } from './object/project.ts'
export default app

/** The object with what it takes to read frames, which are worded at the edge. */
export class RuntimeConfig extends RuntimeConfigObject {
  protected override readonly readFrames = readFrames
}
