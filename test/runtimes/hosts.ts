/** The runtimes, and how each of them runs a script. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { browse } from './browser.ts'

/** What a run leaves behind. */
export interface Ending {
  /** Whether it ended by itself in time, and without complaint. */
  readonly well: boolean
  /** What it printed and what became of it, for whoever wonders why. */
  readonly story: string
}

export interface Script {
  /** Path of the script, an ECMAScript module; nothing else is in its folder. */
  readonly file: string
  /** A page that loads the same script. */
  readonly page: string
}

export interface Host {
  readonly name: string
  /** How it calls itself. */
  readonly agent: RegExp
  /** Whether it has WebSockets of its own. */
  readonly webSocket: boolean
  /** Whether the script has an end on it, other than that somebody closes the page. */
  readonly ends: boolean
  /** Runs the script once; `hear` is told each line of its console. A run that takes longer than `limitMs` is ended. */
  run(script: Script, hear: (line: string) => void, limitMs: number): Promise<Ending>
}

const bin = (name: string) => join(import.meta.dirname, 'node_modules', '.bin', name)
const node24 = createRequire(import.meta.url).resolve('node/bin/node', {
  paths: [join(import.meta.dirname, '..', '..')],
})

export const HOSTS: readonly Host[] = [
  program('Node.js 20', /^Node\.js\/v20\./, [bin('node')], false),
  program('Node.js 24', /^Node\.js\/24$/, [node24], true),
  program('Deno', /^Deno\//, [bin('deno'), 'run', '--quiet', '--no-config', '--no-lock', '--allow-net'], true),
  program('Bun', /^Bun\//, [bin('bun'), 'run'], true),
  { name: 'Chromium', agent: /HeadlessChrome\//, webSocket: true, ends: false, run: browse },
]

function program(name: string, agent: RegExp, command: readonly string[], webSocket: boolean): Host {
  return { name, agent, webSocket, ends: true, run: (script, hear, limitMs) => execute(command, script, hear, limitMs) }
}

async function execute(
  [path = '', ...options]: readonly string[],
  { file }: Script,
  hear: (line: string) => void,
  limitMs: number,
): Promise<Ending> {
  const child = spawn(path, [...options, file], {
    cwd: join(file, '..'),
    // What they keep between runs is of no use here, and asking for news of themselves is none either.
    env: { ...process.env, DENO_DIR: join(file, '..'), DENO_NO_UPDATE_CHECK: '1', NODE_OPTIONS: '', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  createInterface(child.stdout).on('line', hear)
  let late = false
  const timer = setTimeout(() => {
    late = true
    child.kill('SIGKILL')
  }, limitMs)
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
    const how = late ? `did not end within ${limitMs / 1000} s` : `ended with ${signal ?? `exit code ${code}`}`
    return { well: code === 0, story: `it ${how}\n${printed}` }
  } catch (error) {
    return { well: false, story: `it did not start: ${(error as Error).message}` }
  } finally {
    clearTimeout(timer)
  }
}
