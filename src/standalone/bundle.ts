/** Makes the one file that workerd runs out of the Worker's sources. */
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** The Worker's entry in this checkout. */
export const ENTRY = fileURLToPath(new URL('../index.ts', import.meta.url))

/** Bundles `entry` into the file `outfile`. */
export async function bundleWorker(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    sourcemap: 'inline',
    logLevel: 'error',
  })
}
