/**
 * Installs the runtimes, unless what is installed is what the lock file asks for. They are a package of their own, as
 * two versions of Node.js have no room in one.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const HERE = import.meta.dirname
/** Says for which lock file the folder was filled. It goes with the folder whenever npm makes it anew. */
const STAMP = join(HERE, 'node_modules', '.installed')

/** For the projects of tests that need them: see globalSetup in ../vitest.config.ts. */
export default async function install(): Promise<void> {
  const wanted = createHash('sha256')
    .update(readFileSync(join(HERE, 'package-lock.json')))
    .digest('hex')
  if (installed() === wanted) return
  process.stdout.write('Installing the runtimes that the client is tried on, which takes a moment.\n')
  const npm = spawn('npm', ['ci', '--prefix', HERE], { stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  for (const stream of [npm.stdout, npm.stderr]) stream.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  const [code] = (await once(npm, 'close')) as [number | null]
  if (code !== 0) throw new Error(`npm ci --prefix ${HERE} failed:\n${printed}`)
  writeFileSync(STAMP, wanted)
}

function installed(): string | undefined {
  try {
    return readFileSync(STAMP, 'utf8')
  } catch {
    return undefined
  }
}
