/** The log: a line of JSON for each thing that is worth one, on whichever stream the platform gives its level. */

export type Fields = Readonly<Record<string, unknown>>

/**
 * Writes a line. `event` names for programs what happened; `about` tells of it, as with a sentence under `message`. No
 * line holds a token, a header or a value.
 */
export function log(level: 'info' | 'warn' | 'error', event: string, { error, ...about }: Fields): void {
  const told =
    error === undefined ? {} : { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  console[level](JSON.stringify({ time: new Date().toISOString(), event, ...about, ...told }))
}
