/** Makes the one file that workerd runs out of the Worker's sources. */
import { copyFileSync, existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The Worker's entry in this checkout. */
export const ENTRY = fileURLToPath(new URL('../index.ts', import.meta.url))

/** The Worker as the package brings it, bundled when the package was made. A checkout has none here. */
const READY = fileURLToPath(new URL('../worker.js', import.meta.url))

/**
 * Bundles `entry` into the file `outfile`, with the sources' lines for stack traces unless `sourcemap` is false. Where
 * the Worker comes ready-made, its own entry is not bundled but copied, and no bundler is needed.
 */
export async function bundleWorker(entry: string, outfile: string, { sourcemap = true } = {}): Promise<void> {
  if (entry === ENTRY && existsSync(READY)) return copyFileSync(READY, outfile)
  const [{ build }, { buildConsole }] = await Promise.all([import('esbuild'), import('../console/build.ts')])
  await buildConsole()
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    sourcemap: sourcemap && 'inline',
    logLevel: 'error',
  })
}
