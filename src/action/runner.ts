/** The runner's side of a step: the lines that it reads as commands, and the files that it takes results from. */
import { randomUUID } from 'node:crypto'
import { appendFileSync } from 'node:fs'

/** A command line of the runner's, such as `::error::It failed`. What could end it, or begin another one, is escaped. */
export function commandLine(command: 'error' | 'notice' | 'warning' | 'add-mask', message: string): string {
  const escapes: Readonly<Record<string, string>> = { '%': '%25', '\r': '%0D', '\n': '%0A' }
  return `::${command}::${message.replace(/[%\r\n]/g, (character) => escapes[character] as string)}`
}

/**
 * A line of plain text. The runner would take one that begins with `::` for a command of ours, whoever worded it: it may
 * be the answer of a service.
 */
export function plainLine(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/^ ?(?=::|##)/, '> ')
}

/** Outputs as their file takes them, between delimiters that no value can hold. */
export function outputLines(outputs: Readonly<Record<string, string>>, delimiter = `end-${randomUUID()}`): string {
  return Object.entries(outputs)
    .map(([name, value]) => `${name}<<${delimiter}\n${value}\n${delimiter}\n`)
    .join('')
}

/** Where a step tells what it does and has come to. */
export interface Runner {
  readonly env: NodeJS.ProcessEnv
  /** A line in the log. */
  say(text: string): void
  /** A line in the log that stands at the top of the run, too. */
  tell(kind: 'error' | 'notice' | 'warning', message: string): void
  /** Has the runner blot out a secret in all that is printed from now on. */
  mask(secret: string): void
  setOutputs(outputs: Readonly<Record<string, string>>): void
  /** Adds Markdown to the summary of the job. */
  summarize(markdown: string): void
}

/** The runner that has started this process. Where it gave no file for something, that is left out. */
export function processRunner(env: NodeJS.ProcessEnv): Runner {
  const print = (line: string) => process.stdout.write(`${line}\n`)
  const append = (file: string | undefined, text: string) => file && appendFileSync(file, text)
  return {
    env,
    say: (text) => print(plainLine(text)),
    tell: (kind, message) => print(commandLine(kind, message)),
    mask: (secret) => print(commandLine('add-mask', secret)),
    setOutputs: (outputs) => append(env.GITHUB_OUTPUT, outputLines(outputs)),
    summarize: (markdown) => append(env.GITHUB_STEP_SUMMARY, markdown),
  }
}
