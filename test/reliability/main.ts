/**
 * `npm run soak`: the long form of the suites. `npm run soak -- crash cut` runs these alone, `--seed` repeats a run, `--short`
 * runs the form that each change is tested with, `--json FILE` writes the figures down.
 */
import { appendFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Random } from './random.ts'
import { SUITES } from './suites.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, short: { type: 'boolean' }, json: { type: 'string' } },
})

const unknown = positionals.filter((name) => !SUITES.has(name))
if (unknown.length) throw new Error(`there is no suite ${unknown.join(', ')}, only ${[...SUITES.keys()].join(', ')}`)
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(values.seed)
if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) throw new Error('--seed is a whole number of 32 bits')

// The servers end with the process, and the process ends with its signals.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))

for (const [name, suite] of SUITES) {
  if (positionals.length && !positionals.includes(name)) continue
  const started = performance.now()
  console.log(`${name}, seed ${seed}`)
  const plan = { random: new Random(seed).branch(name), form: values.short ? 'short' : 'long' } as const
  try {
    const done = await suite({ ...plan, say: (line) => console.log(`  ${line}`) })
    const figures = { ...done, seconds: Math.round((performance.now() - started) / 1000) }
    const words = Object.entries(figures).map(([what, figure]) => `${what} ${figure}`)
    console.log(`  ${words.join(', ')}`)
    if (values.json) appendFileSync(values.json, `${JSON.stringify({ suite: name, seed, ...figures })}\n`)
  } catch (error) {
    console.error(error)
    console.error(`${name} failed; npm run soak -- ${name} --seed ${seed}${values.short ? ' --short' : ''} repeats it`)
    process.exitCode = 1
  }
}
// What a broken build leaves open must not keep the run from ending.
process.exit()
