/** `npm run bench`: what the standalone server does on this machine, measured from another process. */
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startServer } from '../../src/standalone/server.ts'
import { measureAccess } from './access.ts'
import { measureBarriers, measureCheckIns } from './check-in.ts'
import { measureConsole } from './console.ts'
import { median } from './load.ts'
import { measurePush } from './push.ts'
import { judge, report, type Figure, type Machine } from './report.ts'
import { measureSize } from './size.ts'
import { measureWaits } from './waits.ts'
import { measureWrites } from './writes.ts'

const USAGE = `Usage: npm run bench -- [options]

  --quick       shorter rounds and smaller sizes: rough figures within a minute
  --json FILE   writes the figures as lines of JSON too; "-" is stdout, the table then goes to stderr
  --data DIR    folder under which the data is kept while it runs (default: the system's temporary one)
  --help        this text
`

const ENTRY = fileURLToPath(new URL('worker.ts', import.meta.url))

const SMALL = { variables: 100, waiters: 10 }

const FULL = {
  writes: { connections: [1, 8, 64], rounds: 15, roundMs: 500 },
  push: { subscribers: [1, 100, 1000], repetitions: 10 },
  checkIns: {
    sockets: 8,
    inFlight: 64,
    perFrame: [1, 16],
    connections: 64,
    rounds: 15,
    roundMs: 500,
    barriers: [
      [1000, 10],
      [100, 100],
      [10, 500],
    ] as (readonly [number, number])[],
    repetitions: 5,
  },
  waits: { waiters: [1, 100, 1000], repetitions: 10, pollRepetitions: 3, pollMs: [4000, 10_000] as const },
  access: { connections: 64, rounds: 100, roundMs: 150 },
  console: { variables: 10_000, waiters: 1000, eventsPerSecond: 1000, seconds: 5 },
  size: {
    small: SMALL,
    large: { variables: 100_000, waiters: 10_000 },
    connections: [1, 64],
    rounds: 15,
    roundMs: 500,
  },
}

const QUICK: typeof FULL = {
  writes: { ...FULL.writes, rounds: 3, roundMs: 400 },
  push: { ...FULL.push, repetitions: 3 },
  checkIns: { ...FULL.checkIns, rounds: 3, repetitions: 2 },
  waits: { ...FULL.waits, waiters: [1, 100], repetitions: 3, pollRepetitions: 2 },
  access: { ...FULL.access, rounds: 20 },
  console: { ...FULL.console, seconds: 2 },
  size: { ...FULL.size, large: { variables: 10_000, waiters: 1_000 }, rounds: 3, roundMs: 400 },
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      data: { type: 'string', default: tmpdir() },
      help: { type: 'boolean' },
    },
  })
  if (values.help) return void process.stdout.write(USAGE)
  const figures = await measure(mkdtempSync(join(values.data, 'rollcall-bench-')), values.quick)
  const lines = figures.map((figure) => `${JSON.stringify(figure)}\n`).join('')
  const toStdout = values.json === '-'
  if (toStdout) process.stdout.write(lines)
  else if (values.json) writeFileSync(values.json, lines)
  ;(toStdout ? process.stderr : process.stdout).write(report(figures))
}

async function measure(data: string, quick: boolean): Promise<Figure[]> {
  const plan = quick ? QUICK : FULL
  // Ended by a signal, it leaves neither workerd nor the data behind: the server ends with the process.
  process.once('exit', () => rmSync(data, { recursive: true, force: true }))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))
  const figures: Figure[] = [describe(data, quick)]
  const server = await startServer({ port: 0, host: '127.0.0.1', data, entry: ENTRY })
  try {
    say('writes ...')
    figures.push(...(await measureWrites(server.url, plan.writes)))
    say('pushes ...')
    figures.push(...(await measurePush(server.url, plan.push)))
    say('check-ins ...')
    figures.push(...(await measureCheckIns(server.url, plan.checkIns)))
    figures.push(...(await measureBarriers(server.url, plan.checkIns)))
    say('waits ...')
    figures.push(...(await measureWaits(server.url, plan.waits)))
    say('access ...')
    figures.push(...(await measureAccess(server.url, join(data, 'guarded'), plan.access)))
    say('the console ...')
    figures.push(...(await measureConsole(server.url, plan.console)))
    say('sizes, which takes a while to fill ...')
    figures.push(...(await measureSize(server.url, plan.size)))
  } finally {
    await server.stop()
  }
  return [...figures, ...judge(figures)]
}

function describe(data: string, quick: boolean): Machine {
  const { version } = createRequire(import.meta.url)('workerd/package.json') as { version: string }
  return {
    measure: 'machine',
    processors: availableParallelism(),
    processor: cpus()[0]?.model ?? 'unknown',
    node: process.versions.node,
    workerd: version,
    fsyncMs: measureFsync(data),
    quick,
  }
}

function measureFsync(folder: string): number {
  const file = openSync(join(folder, 'fsync'), 'w')
  const block = Buffer.alloc(4096)
  const times = Array.from({ length: 50 }, () => {
    const started = performance.now()
    writeSync(file, block)
    fsyncSync(file)
    return performance.now() - started
  })
  closeSync(file)
  return median(times)
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

await main()
