/** The Worker: the edge, and the two kinds of Durable Object behind it. */
import { app } from './http/app.ts'
import { receive } from './http/frame.ts'
import type { CheckingIn } from './object/check-ins.ts'
import { RuntimeConfig as RuntimeConfigObject } from './object/runtime-config.ts'

export type { Env } from './http/env.ts'
export { Project } from './object/project.ts'
export default app

/** The object, and how it receives those who check in: as the edge does. */
export class RuntimeConfig extends RuntimeConfigObject {
  protected override receive(opening: CheckingIn) {
    return receive(opening, this.env)
  }
}
