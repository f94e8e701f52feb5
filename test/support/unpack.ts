/**
 * What a stream's message tells, each change as a message of its own: for tests that look at what happened, and not at
 * what happened together. A bookmark tells nothing.
 */
export function unpack(text: string): string[] {
  if (!text.startsWith('{"stamp"')) return [text]
  const { changes } = JSON.parse(text) as { changes: object[] }
  return changes.map((change) => JSON.stringify(change))
}
