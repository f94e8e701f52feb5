/** `npm run bench:peers`: Rollcall beside etcd, ZooKeeper and Redis, each doing the same jobs on this machine. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { measureBarriers, type Shape } from './barrier.ts'
import { etcd } from './etcd.ts'
import { measureFanOut } from './fan-out.ts'
import type { Candidate } from './passes.ts'
import { residentOf } from './program.ts'
import { redis } from './redis.ts'
import { report, type Figure } from './report.ts'
import { rollcall } from './rollcall.ts'
import { measureSize, type Level } from './size.ts'
import type { Server, Service } from './system.ts'
import { judge } from './targets.ts'
import { measureWrites } from './writes.ts'
import { zookeeper } from './zookeeper.ts'

const SERVICES: readonly Service[] = [rollcall, etcd, zookeeper, redis]
const JOBS = ['writes', 'barrier', 'fan-out', 'size'] as const
type Job = (typeof JOBS)[number]

const USAGE = `Usage: npm run bench:peers -- [options]

  --quick         fewer passes and smaller sizes: rough figures in a few minutes
  --only JOBS     of ${JOBS.join(',')}
  --systems IDS   of ${SERVICES.map(({ id }) => id).join(',')}
  --json FILE     writes the figures of each pass as lines of JSON too; "-" is stdout, the tables then go to stderr
  --data DIR      folder under which all data is kept while it runs (default: the system's temporary one)
  --help          this text
`

const FULL = {
  writes: { connections: [1, 8, 64], passes: 5, roundMs: 1000 },
  barrier: {
    shapes: [
      { nodes: 10, waiters: 10, repetitions: 10 },
      { nodes: 100, waiters: 100, repetitions: 3 },
      { nodes: 1000, waiters: 10, repetitions: 3 },
      { nodes: 10, waiters: 500, repetitions: 3 },
    ] as readonly Shape[],
    passes: 5,
  },
  fanOut: { watchers: [1, 100, 1000], passes: 5, repetitions: 10 },
  size: {
    levels: [
      { keys: 100, waiting: 10 },
      { keys: 1000, waiting: 100 },
      { keys: 10_000, waiting: 1000 },
      { keys: 100_000, waiting: 10_000 },
    ] as readonly Level[],
    connections: [1, 64],
    passes: 7,
    roundMs: 500,
    warmUpMs: 3000,
  },
}

const QUICK: typeof FULL = {
  writes: { ...FULL.writes, passes: 2, roundMs: 200 },
  barrier: { passes: 2, shapes: FULL.barrier.shapes.map((shape) => ({ ...shape, repetitions: 1 })) },
  fanOut: { ...FULL.fanOut, passes: 2, repetitions: 3 },
  size: {
    ...FULL.size,
    levels: FULL.size.levels.filter(({ keys }) => keys === 100 || keys === 10_000),
    connections: [64],
    passes: 3,
    roundMs: 200,
    warmUpMs: 1000,
  },
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: JOBS.join() },
      systems: { type: 'string', default: SERVICES.map(({ id }) => id).join() },
      json: { type: 'string' },
      data: { type: 'string', default: tmpdir() },
      help: { type: 'boolean' },
    },
  })
  if (values.help) return void process.stdout.write(USAGE)
  const jobs = choose(values.only, JOBS, (job) => job)
  const services = choose(values.systems, SERVICES, ({ id }) => id)
  const folder = mkdtempSync(join(values.data, 'rollcall-peers-'))
  // Ended by a signal, it leaves neither servers nor data behind: the servers end with the process.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))
  const measured = await measure(services, jobs, folder, values.quick)
  const figures = [...measured, ...judge(measured)]
  const lines = figures.map((figure) => `${JSON.stringify(figure)}\n`).join('')
  const toStdout = values.json === '-'
  if (toStdout) process.stdout.write(lines)
  else if (values.json) writeFileSync(values.json, lines)
  ;(toStdout ? process.stderr : process.stdout).write(report(figures))
}

/** Those of a list that are named in a text, in the order of the list. Throws if one is named that is not there. */
function choose<Choice>(text: string, choices: readonly Choice[], nameOf: (choice: Choice) => string): Choice[] {
  const names = new Set(text.split(','))
  const chosen = choices.filter((choice) => names.delete(nameOf(choice)))
  if (names.size) throw new Error(`There is no ${[...names].join()}: choose of ${choices.map(nameOf).join()}.`)
  return chosen
}

async function measure(services: readonly Service[], jobs: readonly Job[], folder: string, quick: boolean) {
  const plan = quick ? QUICK : FULL
  const machine = {
    measure: 'machine' as const,
    processors: availableParallelism(),
    processor: cpus()[0]?.model ?? 'unknown',
    node: process.versions.node,
    quick,
  }
  const installed = services.filter((service) => service.version() !== undefined)
  const figures: Figure[] = [machine]
  const missing = services.filter((service) => !installed.includes(service))
  figures.push(...missing.map(({ name }) => ({ measure: 'missing' as const, service: name })))
  if (jobs.some((job) => job !== 'size')) figures.push(...(await measureJobs(installed, jobs, folder, plan)))
  if (!jobs.includes('size')) return figures
  for (const service of installed) {
    say(`sizes of ${service.name} ...`)
    figures.push(...(await measureSize(service, join(folder, 'size'), plan.size)))
  }
  return figures
}

/** The jobs in which all servers run beside each other, one of them at a time. */
async function measureJobs(services: readonly Service[], jobs: readonly Job[], folder: string, plan: typeof FULL) {
  const figures: Figure[] = []
  const servers: Server[] = []
  const remember = (when: 'fresh' | 'after') => {
    for (const [index, { pid }] of servers.entries()) {
      figures.push({ measure: 'memory', service: (services[index] as Service).name, when, residentMb: residentOf(pid) })
    }
  }
  try {
    for (const service of services) {
      const data = join(folder, service.id)
      mkdirSync(data)
      const server = await service.start(data)
      servers.push(server)
      const [durable, version] = [await server.checkDurable(), service.version() as string]
      figures.push({ measure: 'service', service: service.name, version, durable })
    }
    remember('fresh')
    const candidates = servers.flatMap(({ pid, systems }) => systems.map((system) => ({ system, pid })))
    const having = (what: 'writes' | 'barriers' | 'feeds') => candidates.filter(({ system }: Candidate) => system[what])
    // Before the others, as thousands of writes warm everyone up.
    if (jobs.includes('writes')) {
      say('writes ...')
      figures.push(...(await measureWrites(having('writes'), folder, plan.writes)))
    }
    if (jobs.includes('barrier')) {
      say('barriers ...')
      figures.push(...(await measureBarriers(having('barriers'), plan.barrier)))
    }
    if (jobs.includes('fan-out')) {
      say('fan-out ...')
      figures.push(...(await measureFanOut(having('feeds'), plan.fanOut)))
    }
    remember('after')
  } finally {
    for (const server of servers) await server.stop()
  }
  return figures
}

function say(line: string): void {
  process.stderr.write(`${(performance.now() / 1000).toFixed(0)} s: ${line}\n`)
}

await main()
