/**
 * `npm run build`: makes dist/, what the package brings: the client with its declarations, the command, and the Worker
 * that `rollcall serve` runs, as one file, so that who installs the package needs neither a compiler nor a bundler.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleWorker, ENTRY } from '../standalone/bundle.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const dist = join(root, 'dist')

rmSync(dist, { recursive: true, force: true })
compile('client.json')
compile('command.json')
for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
  if (file.endsWith('.d.ts')) nameScripts(join(dist, file))
}
// So that a checkout can link it, too; npm does the same to what it installs.
chmodSync(join(dist, 'cli', 'main.js'), 0o755)
await bundleWorker(ENTRY, join(dist, 'worker.js'), { sourcemap: false })

/** Compiles what a configuration beside this file names into dist/. Ends this process if it has errors. */
function compile(configuration: string): void {
  const home = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))
  const project = fileURLToPath(new URL(configuration, import.meta.url))
  try {
    execFileSync(process.execPath, [join(home, 'bin', 'tsc'), '-p', project], { stdio: 'inherit' })
  } catch {
    process.exit(1)
  }
}

/** Names the scripts that lie in dist/ in a declaration, where the compiler leaves the names of the sources. */
function nameScripts(file: string): void {
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replaceAll(/((?:from|import\()\s*['"]\.[^'"]*)\.ts(?=['"])/g, '$1.js'))
}
