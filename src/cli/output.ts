/** Data on the standard output, in the format that was asked for. */
import { stringify } from 'yaml'
import type { Format } from './format.ts'
import type { Io } from './io.ts'

/** Something to print. Its keys are printed in the order of the alphabet, as gcloud does. */
export type Item = { readonly [key: string]: unknown }

/** A column of a table. */
export interface Column {
  readonly key: string
  readonly label?: string
  /** What to show instead of the value under the key. */
  readonly show?: (item: Item) => string
  /** Whether the column is left out where no item has a value. */
  readonly optional?: boolean
}

/** Prints one item: by default as YAML, as gcloud describes things. */
export function printItem(io: Io, item: Item, format: Format = { kind: 'yaml' }, columns?: readonly Column[]): void {
  if (format.kind === 'json') io.out(`${json(item)}\n`)
  else if (format.kind === 'yaml') io.out(yaml(item))
  else printRows(io, [item], format, columns ?? Object.keys(sorted(item)).map((key) => ({ key })))
}

/** Prints a list of items: by default as a table of `columns`. */
export function printItems(
  io: Io,
  items: readonly Item[],
  columns: readonly Column[],
  format: Format = { kind: 'table', heading: true },
): void {
  if (format.kind === 'json') io.out(`${json(items)}\n`)
  else if (format.kind === 'yaml') io.out(items.map((item) => `---\n${yaml(item)}`).join(''))
  else printRows(io, items, format, columns)
}

/**
 * Makes a printer of items that come one by one, each of them at once: JSON takes a line for each, and the columns of a
 * table, `widths` wide, cannot grow.
 */
export function streamPrinter(
  io: Io,
  columns: readonly Column[],
  widths: readonly number[],
  format: Format = { kind: 'table', heading: true },
): (item: Item) => void {
  if (format.kind === 'json') return (item) => io.out(`${JSON.stringify(sorted(item))}\n`)
  if (format.kind === 'yaml') return (item) => io.out(`---\n${yaml(item)}`)
  if (format.kind !== 'table') return (item) => printRows(io, [item], format, columns)
  const chosen = columnsOf(format, columns)
  const line = (cells: readonly string[]) => io.out(`${padded(cells.map(oneLine), format.keys ? [] : widths)}\n`)
  if (format.heading) line(chosen.map(labelOf))
  return (item) => line(chosen.map((column) => cellOf(item, column)))
}

function printRows(io: Io, items: readonly Item[], format: Format, columns: readonly Column[]): void {
  if (format.kind === 'value') {
    const rows = items.map((item) => format.keys.map((key) => cellOf(item, { key })).join('\t'))
    io.out(rows.map((row) => `${row}\n`).join(''))
  }
  // gcloud prints no heading above nothing.
  if (format.kind !== 'table' || !items.length) return
  const chosen = columnsOf(format, columns).filter(
    (column) => !column.optional || items.some((item) => valueAt(item, column.key) !== undefined),
  )
  const rows = items.map((item) => chosen.map((column) => oneLine(cellOf(item, column))))
  const table = format.heading ? [chosen.map(labelOf), ...rows] : rows
  const widths = chosen.map((_, index) => Math.max(...table.map((row) => [...(row[index] as string)].length)))
  io.out(table.map((row) => `${padded(row, widths)}\n`).join(''))
}

function columnsOf(format: Format, columns: readonly Column[]): readonly Column[] {
  return format.kind === 'table' && format.keys ? format.keys.map((key) => ({ key })) : columns
}

/** Cells in columns that lie two spaces apart, with nothing behind the last. */
function padded(cells: readonly string[], widths: readonly number[]): string {
  const pad = (cell: string, index: number) => cell + ' '.repeat(Math.max(0, (widths[index] ?? 0) - [...cell].length))
  return cells.map(pad).join('  ').trimEnd()
}

/** `updateTime` is headed `UPDATE_TIME`, `error.message` is headed `MESSAGE`. */
function labelOf({ key, label }: Column): string {
  const last = key.split('.').at(-1) as string
  return label ?? last.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toUpperCase()
}

function cellOf(item: Item, { key, show }: Column): string {
  if (show) return show(item)
  const value = valueAt(item, key)
  if (value === undefined || value === null) return ''
  // Scripts that were made for gcloud look for Python's words.
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return typeof value === 'object' ? JSON.stringify(sorted(value)) : String(value)
}

/** A cell is one line, whatever it holds, so that each line of a table is one item. */
function oneLine(cell: string): string {
  return cell.trimEnd().replace(/[\n\r\t]/g, ' ')
}

/** What stands under a key such as `error.code`. */
export function valueAt(item: Item, key: string): unknown {
  let value: unknown = item
  for (const part of key.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Item)[part]
  }
  return value
}

/** The same with its keys in the order of the alphabet, all the way down. */
function sorted(value: unknown): Item
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const keys = Object.keys(value).sort()
  return Object.fromEntries(keys.map((key) => [key, sorted((value as Item)[key])]))
}

function json(value: unknown): string {
  return JSON.stringify(sorted(value), null, 2)
}

/** What looks like a number or a time but is a text is put into quotes, as gcloud does. */
function yaml(item: Item): string {
  return stringify(sorted(item), { singleQuote: true, lineWidth: 0, blockQuote: 'literal', customTags: ['timestamp'] })
}
