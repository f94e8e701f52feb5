/** A step of a workflow, run as GitHub's runner runs it: the defaults of action.yml, inputs in the environment, files. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

const FOLDER = fileURLToPath(new URL('../../src/action/', import.meta.url))

/** What action.yml says. */
export interface Metadata {
  readonly name: string
  readonly description: string
  readonly inputs: Readonly<Record<string, { description: string; required: boolean; default?: string }>>
  readonly outputs: Readonly<Record<string, { description: string }>>
  readonly runs: { readonly using: string; readonly main: string }
  readonly branding: { readonly icon: string; readonly color: string }
}

export const METADATA = parse(readFileSync(join(FOLDER, 'action.yml'), 'utf8')) as Metadata

export interface Surroundings {
  /** More of the environment, such as where the runner gives OIDC tokens. */
  readonly env?: Readonly<Record<string, string>>
  readonly runId?: string
  readonly jobStatus?: string
  /** The folder of the action, where it is another one. */
  readonly folder?: string
}

/** A step that runs, or has run. */
export class Step {
  out = ''
  err = ''
  readonly #files = mkdtempSync(join(tmpdir(), 'rollcall-step-'))
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>
  #stirred: (() => void)[] = []

  constructor(inputs: Readonly<Record<string, string>>, surroundings: Surroundings = {}) {
    const { env = {}, folder = FOLDER } = surroundings
    for (const file of ['output', 'summary']) writeFileSync(join(this.#files, file), '')
    this.#child = spawn(process.execPath, [join(folder, METADATA.runs.main)], {
      cwd: this.#files,
      env: {
        PATH: process.env.PATH,
        ...environmentOf(inputs, surroundings),
        GITHUB_OUTPUT: join(this.#files, 'output'),
        GITHUB_STEP_SUMMARY: join(this.#files, 'summary'),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const stir = () => this.#stirred.splice(0).forEach((wake) => wake())
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.out += chunk.toString()))
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.err += chunk.toString()))
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.on('data', stir)
    this.#closed = once(this.#child, 'close').then(stir)
  }

  /** Waits until it has printed this. */
  async printed(text: string): Promise<void> {
    while (!this.out.includes(text)) {
      if (this.#child.exitCode !== null) throw new Error(`it ended: ${this.out}${this.err}`)
      await new Promise<void>((resolve) => this.#stirred.push(resolve))
    }
  }

  /** Cancels it, as the runner does. */
  cancel(): void {
    this.#child.kill('SIGINT')
  }

  /** What it has come to. */
  async end(): Promise<{
    code: number | null
    out: string
    err: string
    outputs: Record<string, string>
    summary: string
  }> {
    await this.#closed
    const read = (file: string) => readFileSync(join(this.#files, file), 'utf8')
    const result = { outputs: outputsIn(read('output')), summary: read('summary') }
    rmSync(this.#files, { recursive: true })
    return { code: this.#child.exitCode, out: this.out, err: this.err, ...result }
  }
}

/** Runs a step to its end. */
export const runStep = (inputs: Readonly<Record<string, string>>, surroundings?: Surroundings) =>
  new Step(inputs, surroundings).end()

/** Inputs as the runner hands them over: all that are declared, with the expressions of their defaults evaluated. */
function environmentOf(inputs: Readonly<Record<string, string>>, { runId = '1', jobStatus = 'success' }: Surroundings) {
  const contexts: Readonly<Record<string, string>> = { 'github.run_id': runId, 'job.status': jobStatus }
  const evaluate = (text: string) =>
    text.replace(/\$\{\{ ([\w.]+) \}\}/g, (_, name: string) => contexts[name] as string)
  return Object.fromEntries(
    Object.entries(METADATA.inputs).map(([name, input]) => [
      `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`,
      inputs[name] ?? evaluate(input.default ?? ''),
    ]),
  )
}

/** The outputs in the file, by name. */
function outputsIn(text: string): Record<string, string> {
  const outputs: Record<string, string> = {}
  const lines = text.split('\n')
  for (let line = lines.shift(); line; line = lines.shift()) {
    const [name = '', delimiter = ''] = line.split('<<')
    outputs[name] = lines.splice(0, lines.indexOf(delimiter)).join('\n')
    lines.shift()
  }
  return outputs
}
