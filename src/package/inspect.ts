/** What can be said of the package before anyone installs it: its faults, and how much the client weighs. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { checkPackage, createPackageFromTarballData, type Problem } from '@arethetypeswrong/core'
import { build } from 'esbuild'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

/** The folder of package.json. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The most that the client may weigh as a browser loads it: bundled, minified and compressed, in bytes. */
export const MAX_CLIENT_SIZE = 15_000

/** Builds the package and packs it into `folder`; answers the path of the tarball. */
export function pack(folder: string): string {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const name = readdirSync(folder).find((file) => file.endsWith('.tgz'))
  if (name === undefined) throw new Error(`npm packed nothing into ${folder}`)
  return join(folder, name)
}

/** What publint finds in a tarball, suggestions included, a sentence each. */
export async function lintFaults(tarball: string): Promise<string[]> {
  const { buffer } = new Uint8Array(readFileSync(tarball))
  const { messages, pkg = {} } = await publint({ pack: { tarball: buffer }, strict: true })
  return messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code)
}

/** Where types and code of a tarball disagree for those who resolve modules as Node.js or a bundler does, a line each. */
export async function typeFaults(tarball: string): Promise<string[]> {
  const result = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(tarball))))
  if (!result.types) return ['the package has no types']
  return result.problems.filter(isFault).map((problem) => JSON.stringify(problem, leaveOutTraces))
}

/** The package is for modules alone, and for resolutions that know `exports`. */
function isFault(problem: Problem): boolean {
  return !('resolutionKind' in problem) || !['node10', 'node16-cjs'].includes(problem.resolutionKind)
}

function leaveOutTraces(key: string, value: unknown): unknown {
  return key === 'trace' ? undefined : value
}

/** How many bytes a browser loads for the client at `entry`, with all that it imports. */
export async function clientSize(entry: string): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'error',
  })
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length
}
