/** Runs cases on whatever runtime this is bundled for, and tells of each. */
import type { Case, Context } from './case.ts'
import { tell } from './report.ts'

/** A case, and how the test calls it. */
export interface Entry {
  readonly id: string
  readonly one: Case
}

/** How long one case may take, in milliseconds, before it has failed and the next one begins. */
const CASE_MS = 30_000

/** Runs the cases one after another; what is left of one that took too long is not waited for. */
export async function run(entries: readonly Entry[], places: Omit<Context, 'unique'>): Promise<void> {
  const { navigator, process, WebSocket } = globalThis as {
    navigator?: { userAgent: string }
    process?: { version: string }
    WebSocket?: unknown
  }
  const agent = navigator?.userAgent ?? `Node.js/${process?.version}`
  tell({ kind: 'begin', agent, webSocket: WebSocket !== undefined })
  for (const { id, one } of entries) {
    const error = await failureOf(one, { ...places, unique: () => `case-${crypto.randomUUID()}` })
    tell({ kind: 'case', id, ...(error !== undefined && { error }) })
  }
  tell({ kind: 'end' })
}

async function failureOf(one: Case, context: Context): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the case took more than ${CASE_MS / 1000} s`)), CASE_MS)
  })
  try {
    await Promise.race([one.run(context), late])
    return undefined
  } catch (error) {
    if (!(error instanceof Error)) return `it threw ${String(error)}, which is no error`
    // Some runtimes put the message into the stack, others do not.
    const { message, stack = '' } = error
    return stack.includes(message) ? stack : `${message}\n${stack}`
  } finally {
    clearTimeout(timer)
  }
}
