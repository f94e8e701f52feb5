/**
 * Paths into a value: `status.phase`, `items[0].name`, `items[*].state`, `labels["app.name"]`. A small part of what
 * JMESPath and JSONPath have in common; what lies beyond it is refused where it is written, not where it is met.
 */
import { show, InvalidArgumentError } from './errors.ts'

type Step = string | number | typeof EACH
const EACH = Symbol('each')

export interface Path {
  readonly text: string
  /**
   * What lies there in `value`: nothing where a part of the way is missing. With `[*]` in it there may be many, and they
   * are a list of their own.
   */
  read(value: unknown): readonly unknown[]
  /** Whether it has a `[*]`, so that what it reads is a list. */
  readonly many: boolean
}

const STEP = /\.?([A-Za-z_@][\w-]*)|\[(\d+)\]|\[\*?\]|\[("(?:[^"\\]|\\.)*")\]/y

/** Reads a path. `argument` is named in the refusal, with the position of what cannot be read. */
export function readPath(text: unknown, argument: string): Path {
  if (typeof text !== 'string' || !text)
    throw new InvalidArgumentError(argument, 'must be a path such as "items[*].state"')
  const steps: Step[] = []
  for (let at = /^[$@]\./.test(text) ? 1 : 0; at < text.length; at = STEP.lastIndex) {
    STEP.lastIndex = at
    const match = STEP.exec(text)
    // Names are parted by dots.
    const step = match && (at === 0 || /[.[]/.test(text[at] as string)) ? readStep(match) : undefined
    if (step === undefined) {
      throw new InvalidArgumentError(
        argument,
        `cannot be read at position ${at}, at ${show(text[at])}, in ${show(text)}`,
      )
    }
    steps.push(step)
  }
  return { text, many: steps.includes(EACH), read: (value) => read([value], steps) }
}

function readStep([, name, index, quoted]: RegExpExecArray): Step | undefined {
  if (name !== undefined) return name
  if (index !== undefined) return Number(index)
  if (quoted === undefined) return EACH
  try {
    return JSON.parse(quoted) as string
  } catch {
    return undefined
  }
}

function read(values: readonly unknown[], steps: readonly Step[]): readonly unknown[] {
  let found = values
  for (const step of steps) {
    found = found.flatMap((value) => {
      if (step === EACH) return Array.isArray(value) ? value : []
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return []
      return [(value as Record<string | number, unknown>)[step]]
    })
  }
  return found.filter((value) => value !== undefined && value !== null)
}
