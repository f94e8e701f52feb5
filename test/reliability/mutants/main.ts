/**
 * `npm run mutants`: breaks a copy of the code, each time in one place, and looks whether a suite notices. Words behind it
 * choose mutants whose names have one of them, or all that a suite catches; `--seed` repeats a run.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { mutate, type Mutant } from './mutant.ts'
import { MUTANTS } from './mutants.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
const COPIED = ['src', 'test', 'package.json', 'tsconfig.json', 'wrangler.toml']
/** A mutant may hang what it breaks; no short form takes as long as this. */
const PATIENCE_MS = 240_000

const { values, positionals } = parseArgs({ allowPositionals: true, options: { seed: { type: 'string' } } })
const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 32))
const chosen = MUTANTS.filter(
  ({ name, caughtBy }) =>
    !positionals.length || positionals.some((word) => name.includes(word) || caughtBy[0] === word),
)
const copy = mkdtempSync(join(tmpdir(), 'rollcall-mutants-'))
process.once('exit', () => rmSync(copy, { recursive: true, force: true }))
for (const part of COPIED) {
  cpSync(resolve(ROOT, part), resolve(copy, part), {
    recursive: true,
    filter: (path) => !path.includes('node_modules'),
  })
}
symlinkSync(resolve(ROOT, 'node_modules'), resolve(copy, 'node_modules'))

console.log(`${chosen.length} mutants, seed ${seed}`)
const survivors = chosen.filter((mutant) => !isCaught(mutant))
console.log(`${chosen.length - survivors.length} caught, ${survivors.length} not`)
process.exitCode = survivors.length ? 1 : 0

/** Whether one of its suites finds the promise that it breaks. */
function isCaught(mutant: Mutant): boolean {
  const path = resolve(copy, mutant.file)
  const source = readFileSync(path, 'utf8')
  writeFileSync(path, mutate(source, mutant))
  try {
    return mutant.caughtBy.some((suite) => catches(suite, mutant.name))
  } finally {
    writeFileSync(path, source)
  }
}

function catches(suite: string, name: string): boolean {
  const started = performance.now()
  const command = [resolve(copy, 'test/reliability/main.ts'), suite, '--short', '--seed', seed]
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: copy,
    encoding: 'utf8',
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
    maxBuffer: 2 ** 28,
  })
  const promise = /(?:Violation: )+(.+?)(?:: [[{"\d]|$)/m.exec(stdout + stderr)?.[1]
  const verdict = promise ?? (status === 0 ? 'NOT CAUGHT' : `FAILED WITHOUT A VIOLATION\n${stderr.slice(-2000)}`)
  console.log(`${name} (${suite}, ${((performance.now() - started) / 1000).toFixed(0)} s): ${verdict}`)
  return promise !== undefined
}
