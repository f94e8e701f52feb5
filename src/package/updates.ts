/** `npm run updates`: says which packages are outdated, and which are known to be vulnerable, wherever there is a lock file. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FOLDERS = ['.', 'test/clients', 'test/runtimes']

/** What is worse than what one can live with until the next update. */
const GRAVE = ['high', 'critical']

/** What npm says of a package that is not the latest. */
interface Outdated {
  readonly current?: string
  readonly wanted?: string
  readonly latest?: string
}

/** The lines for what `npm outdated --json` prints: of what is older than its latest version. */
export function outdatedLines(json: string): string[] {
  const told = JSON.parse(json || '{}') as Record<string, Outdated | Outdated[]> & { error?: { summary?: string } }
  if (told.error?.summary !== undefined) return [`what is outdated cannot be told: ${told.error.summary}`]
  const packages = Object.entries(told as Record<string, Outdated | Outdated[]>)
  return packages.flatMap(([name, one]) => {
    const { current, wanted, latest = '' } = [one].flat()[0] ?? {}
    const has = current ?? wanted ?? ''
    // Where a preview is pinned, the latest release is the older one.
    return isNewer(latest, has) ? [`${name} ${has}: there is ${latest}`] : []
  })
}

function isNewer(one: string, other: string): boolean {
  const numbers = (version: string) => version.split(/[.+-]/).slice(0, 3).map(Number)
  const [left, right] = [numbers(one), numbers(other)]
  const index = left.findIndex((number, at) => number !== right[at])
  return index !== -1 && (left[index] as number) > (right[index] ?? 0)
}

/** What an audit came to: undefined where the registry knows nothing of audits. */
export interface Audit {
  readonly lines: readonly string[]
  readonly grave: boolean
}

/** Reads what `npm audit --json` prints. */
export function readAudit(json: string): Audit | undefined {
  let report: { vulnerabilities?: Record<string, { severity: string; range: string }> }
  try {
    report = JSON.parse(json) as typeof report
  } catch {
    return undefined
  }
  if (!report.vulnerabilities) return undefined
  const found = Object.entries(report.vulnerabilities)
  return {
    lines: found.map(([name, { severity, range }]) => `${name} ${range}: ${severity}`),
    grave: found.some(([, { severity }]) => GRAVE.includes(severity)),
  }
}

/** What npm prints as JSON; it exits with 1 when it finds something. */
function ask(folder: string, ...args: string[]): string {
  const { stdout, error } = spawnSync('npm', [...args, '--json'], { cwd: join(ROOT, folder), encoding: 'utf8' })
  if (error) throw error
  return stdout
}

function main(): number {
  let grave = false
  for (const folder of FOLDERS) {
    process.stdout.write(`${folder}\n`)
    const print = (lines: readonly string[]) => lines.forEach((line) => process.stdout.write(`  ${line}\n`))
    // Without node_modules npm compares what the lock file wants.
    const outdated = outdatedLines(ask(folder, 'outdated'))
    print(outdated.length ? outdated : ['nothing is outdated'])
    const audit = readAudit(ask(folder, 'audit'))
    if (!audit) print(['the audit is skipped: the registry does not answer it'])
    else print(audit.lines.length ? audit.lines : ['nothing is known to be vulnerable'])
    grave ||= audit?.grave ?? false
  }
  return grave ? 1 : 0
}

if (import.meta.main) process.exitCode = main()
