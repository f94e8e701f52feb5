/** `--format`: what it can say. */
import { GCLOUD_EXIT, UsageError } from './exit.ts'

export type Format =
  | { readonly kind: 'json' | 'yaml' | 'none' }
  /** Without keys: the columns that the command itself has. */
  | { readonly kind: 'table'; readonly keys?: readonly string[]; readonly heading: boolean }
  | { readonly kind: 'value'; readonly keys: readonly string[] }

/** What a completion offers for `--format`. */
export const FORMATS = ['json', 'yaml', 'table']

/** How `--format` is explained. */
export const FORMAT_HELP =
  'json, yaml, table, table(KEY,...), value(KEY,...) or none; KEY is such as name or error.code'

const SHAPE = /^([a-z]+)(\[no-heading\])?(?:\(([^()]*)\))?$/
const KEY = /^[A-Za-z][\w-]*(?:\.[A-Za-z][\w-]*)*$/

/** Reads a format. Throws {@link UsageError}: gcloud, too, ends with 1 for one that it does not know. */
export function readFormat(text: string): Format {
  const [, kind, bare, inner] = SHAPE.exec(text.trim()) ?? []
  const keys = inner === undefined ? undefined : inner.split(',').map((key) => key.trim())
  const plain = bare === undefined && keys === undefined
  const bad = keys?.find((key) => !KEY.test(key))
  if (bad !== undefined) throw refusal(`${JSON.stringify(bad)} is no key such as name or error.code`)
  if ((kind === 'json' || kind === 'yaml' || kind === 'none') && plain) return { kind }
  if (kind === 'table') return { kind, heading: bare === undefined, ...(keys && { keys }) }
  if ((kind === 'value' || kind === 'get') && bare === undefined && keys) return { kind: 'value', keys }
  throw refusal(`this is ${JSON.stringify(text)}`)
}

function refusal(problem: string): UsageError {
  return new UsageError(`--format must be ${FORMAT_HELP}: ${problem}.`, GCLOUD_EXIT.error)
}
