/** Servers as processes: started on ports of their own, watched in what they use, and ended. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'

const START_MS = 30_000
/** ZooKeeper may accept a connection while it starts, and never answer on it. */
const ATTEMPT_MS = 2_000
const PAUSE_MS = 50
/** How long a server may take to end by itself before it is killed. */
const STOP_MS = 5_000

/** A program that runs, and what was opened to see whether it answers. */
export interface Program<Opened> {
  readonly pid: number
  readonly opened: Opened
  stop(): Promise<void>
}

/**
 * Starts a program and opens something to it, as often as it takes until it answers. Throws with what it printed if it
 * ends before that, or does not answer in time.
 */
export async function startProgram<Opened>(
  command: string,
  args: readonly string[],
  open: () => Promise<Opened>,
): Promise<Program<Opened>> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (printed = (printed + chunk.toString()).slice(-10_000)))
  }
  const ended = once(child, 'close')
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const stop = async () => {
    child.kill('SIGTERM')
    const timer = setTimeout(kill, STOP_MS)
    await ended
    clearTimeout(timer)
    process.removeListener('exit', kill)
  }
  const deadline = performance.now() + START_MS
  for (;;) {
    const opened = await within(ATTEMPT_MS, open())
    if (opened) return { pid: child.pid as number, opened, stop }
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop()
      throw new Error(`${command} does not answer:\n${printed}`)
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}

/** What comes in time; undefined if nothing does, or it fails. */
async function within<Value>(ms: number, value: Promise<Value>): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, ms, undefined)))
  const made = await Promise.race([value.catch(() => undefined), late])
  clearTimeout(timer)
  return made
}

/** What a program prints, or undefined if it is not installed. */
export function outputOf(command: string, ...args: readonly string[]): string | undefined {
  const { error, stdout } = spawnSync(command, args, { encoding: 'utf8' })
  return error ? undefined : stdout
}

/** Ports on loopback that are free at this moment, each another one. */
export async function freePorts(count: number): Promise<number[]> {
  const probes = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(probes.map((probe) => once(probe, 'listening')))
  const ports = probes.map((probe) => (probe.address() as AddressInfo).port)
  await Promise.all(probes.map((probe) => once(probe.close(), 'close')))
  return ports
}

/** How long Linux's clock of processes ticks, in milliseconds. */
const TICK_MS = 10

/** The processor time that a process has used so far, in milliseconds. */
export function cpuOf(pid: number): number {
  // The name of the program stands in brackets, and may hold anything.
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const figures = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(figures[11]) + Number(figures[12])) * TICK_MS
}

/** The memory of a process that is resident, in MiB. */
export function residentOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
  return Number(kilobytes) / 1024
}
