/** `npm run check:package`: packs the package and says what is wrong with it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clientSize, lintFaults, MAX_CLIENT_SIZE, pack, ROOT, typeFaults } from './inspect.ts'

const folder = mkdtempSync(join(tmpdir(), 'rollcall-package-'))
try {
  const tarball = pack(folder)
  const faults = [...(await lintFaults(tarball)), ...(await typeFaults(tarball))]
  const size = await clientSize(join(ROOT, 'dist/client/index.js'))
  if (size >= MAX_CLIENT_SIZE) faults.push(`the client weighs ${size} bytes, ${MAX_CLIENT_SIZE} are too many`)
  for (const fault of faults) process.stderr.write(`${fault}\n`)
  process.stdout.write(`The client weighs ${size} bytes, bundled, minified and compressed.\n`)
  process.exitCode = faults.length === 0 ? 0 : 1
} finally {
  rmSync(folder, { recursive: true })
}
