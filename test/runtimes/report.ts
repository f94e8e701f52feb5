/** What a run tells of itself: lines on the console, for that is the one way out that all runtimes share. */

/** What stands before each line that is meant for the test. */
const MARK = '@rollcall '

export type Report =
  | { readonly kind: 'begin'; readonly agent: string; readonly webSocket: boolean }
  | { readonly kind: 'case'; readonly id: string; readonly error?: string }
  | { readonly kind: 'end' }

export function tell(report: Report): void {
  console.log(MARK + JSON.stringify(report))
}

/** Reads a line of the console; undefined if it is no report. */
export function readReport(line: string): Report | undefined {
  return line.startsWith(MARK) ? (JSON.parse(line.slice(MARK.length)) as Report) : undefined
}
