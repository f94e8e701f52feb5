/**
 * Paths into a value: `status.phase`, `items[0].name`, `items[*].state`, `labels["app.name"]`. A small part of what
 * JMESPath and JSONPath have in common; what lies beyond it is refused where it is written, not where it is met.
 */
import { InvalidArgumentError } from './errors.ts'

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

const TOKEN = /\.?([A-Za-z_][A-Za-z0-9_-]*|@type)|\[(\d+)\]|\[(\*?)\]|\[?("(?:[^"\\]|\\.)*")\]?/y

/** Reads a path. `argument` is named in the refusal, with the position of what cannot be read. */
export function readPath(text: unknown, argument: string): Path {
  if (typeof text !== 'string' || text === '') {
    throw new InvalidArgumentError(argument, 'must be a path such as "status.phase" or "items[*].state"')
  }
  const steps: Step[] = []
  for (let at = text.startsWith('$.') || text.startsWith('@.') ? 1 : 0; at < text.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at
    const match = TOKEN.exec(text)
    if (!match || (at > 0 && !/[.["]/.test(text[at] as string))) {
      const found = JSON.stringify(text.slice(at, at + 1))
      throw new InvalidArgumentError(argument, `cannot be read at position ${at}, at ${found}, in ${show(text)}`)
    }
    const [, name, index, , quoted] = match
    steps.push(name ?? (index !== undefined ? Number(index) : quoted !== undefined ? JSON.parse(quoted) : EACH))
  }
  return { text, many: steps.includes(EACH), read: (value) => read([value], steps) }
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

const show = (text: string) => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text)
