/** What gcloud was seen to do. */

/**
 * What stands behind `gcloud beta runtime-config`, the exit code, the standard output, and what stood on the standard
 * input. Points of time are written `(time)`, and the project is `demo`. Output of several lines begins on a line of
 * its own.
 */
export type Measured = readonly [command: string, code: number, out: string, input?: string]

/** The words of a command, as a shell would split them. */
export function wordsOf(command: string): string[] {
  return [...command.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word.replaceAll(/["']/g, ''))
}
