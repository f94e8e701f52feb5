/** What a step has come to, as the outputs and the summary of the job tell it. */
import type { End } from './roll-call.ts'

/** How a step ended: as its wait did, or because of an error before or during it. */
export type Result = End | { readonly status: 'error'; readonly reason: string }

/** The outputs, by the names that action.yml declares. */
export function outputsOf(result: Result): Record<'status' | 'present' | 'missing' | 'reason', string> {
  const { present, missing } = { present: [], missing: [], ...result }
  const { status, reason } = result
  return { status, present: JSON.stringify(present), missing: JSON.stringify(missing), reason }
}

const HEADINGS = {
  success: 'Everyone is in',
  failure: 'The roll call has failed',
  timeout: 'The roll call timed out',
  error: 'The roll call could not be held',
} as const

/** The summary, in Markdown. */
export function summaryOf(result: Result): string {
  const { present, missing } = { present: [], missing: [], ...result }
  const rows = [
    [result.reason, '', 'reason'],
    [namesIn(missing), String(missing.length), 'missing'],
    [namesIn(present), String(present.length), 'present'],
  ].flatMap(([text = '', count = '', label = '']) => (text ? [`| ${label} | ${count} | ${cell(text)} |`] : []))
  const table = rows.length ? ['| | | |', '| --- | ---: | --- |', ...rows, ''] : []
  return [`### Rollcall: ${HEADINGS[result.status]}`, '', ...table, ''].join('\n')
}

const namesIn = (names: readonly string[]) => names.join(', ')

/** A text in a cell of a table: no markup of its own, and no cell or row of its own either. */
function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[&<>|`*_[\]\\~]/g, (character) => `&#${character.charCodeAt(0)};`)
}
