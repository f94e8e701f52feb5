/** What gcloud's list commands can be asked for: `--filter`, `--sort-by`, `--limit` and `--page-size`. */
import type { Command } from 'commander'
import { UsageError } from './exit.ts'
import { valueAt, type Item } from './output.ts'
import { countOption } from './values.ts'

export interface ListOptions {
  readonly filter?: (item: Item) => boolean
  readonly sortBy?: (a: Item, b: Item) => number
  readonly limit?: number
  readonly pageSize?: number
}

/** As gcloud has it without `--page-size`. */
export const PAGE_SIZE = 100

/** Adds the options of lists to a command. */
export function addListOptions(command: Command): Command {
  return command
    .option(
      '--filter <expression>',
      'list only what matches: terms such as name=a, name!=a, name~REGEX, name:a* (AND)',
      readFilter,
    )
    .option('--sort-by <keys>', 'sort by these keys, such as name,~updateTime; ~ is downwards', readOrder)
    .option('--limit <count>', 'list at most so many', countOption('--limit'))
    .option('--page-size <count>', 'how many the server is asked for at a time', countOption('--page-size'))
}

/** The items that were asked for: sorted, then filtered, then cut, as gcloud does it. */
export async function listed(items: AsyncIterable<Item>, { filter, sortBy, limit }: ListOptions): Promise<Item[]> {
  const chosen: Item[] = []
  for await (const item of items) {
    if (filter && !filter(item)) continue
    chosen.push(item)
    if (!sortBy && chosen.length === limit) break
  }
  return (sortBy ? chosen.sort(sortBy) : chosen).slice(0, limit)
}

function readOrder(text: string): (a: Item, b: Item) => number {
  const keys = text.split(',').map((key) => {
    const [, down, name] = /^(~?)([A-Za-z][\w.-]*)$/.exec(key.trim()) ?? []
    if (name === undefined)
      throw new UsageError(`--sort-by knows keys such as name or ~updateTime, this is ${quoted(key)}.`)
    return { name, sign: down ? -1 : 1 }
  })
  return (a, b) => {
    for (const { name, sign } of keys) {
      const order = compare(valueAt(a, name), valueAt(b, name))
      if (order) return sign * order
    }
    return 0
  }
}

/** What is not there comes first. */
function compare(a: unknown, b: unknown): number {
  if (a === b) return 0
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return String(a) < String(b) ? -1 : 1
}

const TERM = /^\s*([A-Za-z][\w.-]*)\s*(!=|=|!~|~|:)\s*("[^"]*"|'[^']*'|[^\s"'()]+)(?=\s|$)/

/**
 * Reads a filter: terms, all of which must hold. As gcloud has it, texts are compared without regard to upper and
 * lower case, except by a regular expression. What else gcloud's filters know is refused, for a filter that is half
 * understood lists what was not asked for. Throws {@link UsageError}.
 */
function readFilter(text: string): (item: Item) => boolean {
  const tests: ((item: Item) => boolean)[] = []
  let rest = text
  while (rest.trim()) {
    if (tests.length) rest = rest.replace(/^\s+AND(?=\s)/, '')
    const match = TERM.exec(rest)
    const [whole, key, operator, operand] = match ?? []
    if (!whole || !key || !operator || !operand || /^(?:OR|NOT)$/.test(key)) {
      throw new UsageError(
        `--filter knows terms such as name=a, name!=a, name~REGEX, name!~REGEX and name:a*, with AND between them; not ${quoted(rest.trim())}.`,
      )
    }
    tests.push(termOf(key, operator, operand.replace(/^(["'])(.*)\1$/s, '$2')))
    rest = rest.slice(whole.length)
  }
  return (item) => tests.every((test) => test(item))
}

function termOf(key: string, operator: string, operand: string): (item: Item) => boolean {
  const textAt = (item: Item) => {
    const value = valueAt(item, key)
    return value === undefined ? undefined : String(value)
  }
  const lower = operand.toLowerCase()
  if (operator === ':') {
    // Without the star gcloud itself warns that its meaning will change.
    if (!/^[^*]*\*$/.test(operand))
      throw new UsageError(`--filter knows ":" with a star at the end alone, as in name:a*.`)
    return (item) => textAt(item)?.toLowerCase().startsWith(lower.slice(0, -1)) ?? false
  }
  if (operator === '=') return (item) => textAt(item)?.toLowerCase() === lower
  if (operator === '!=') return (item) => textAt(item)?.toLowerCase() !== lower
  const pattern = patternOf(operand)
  return (item) => pattern.test(textAt(item) ?? '') === (operator === '~')
}

function patternOf(text: string): RegExp {
  try {
    return new RegExp(text)
  } catch {
    throw new UsageError(`--filter: ${quoted(text)} is no regular expression.`)
  }
}

const quoted = (text: string) => JSON.stringify(text)
