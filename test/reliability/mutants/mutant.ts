/** A change of the code that breaks a promise, and the suites that must notice. */
export interface Mutant {
  /** What is wrong then. */
  readonly name: string
  /** From the root of the repository. */
  readonly file: string
  /** A text that stands in the file once, and what stands in its place. */
  readonly text: string
  readonly by: string
  /** The suites whose short form catches it, each by itself. */
  readonly caughtBy: readonly string[]
}

/** The file's source with the mutant in it. Throws where the text does not stand there once. */
export function mutate(source: string, { name, file, text, by }: Mutant): string {
  const parts = source.split(text)
  if (parts.length !== 2) throw new Error(`"${name}": ${file} has its text ${parts.length - 1} times`)
  return parts.join(by)
}
