/** A real browser: the Chromium that comes in a package from npm, which ../runtimes/install.ts installs. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'

/** What is used of @sparticuz/chromium. */
interface Packed {
  executablePath(): Promise<string>
}

export interface Chromium {
  readonly browser: Browser
  /** Ends it, and leaves nothing behind. */
  close(): Promise<void>
}

/** Unpacks the browser into a folder of its own and starts it. */
export async function startChromium(): Promise<Chromium> {
  const packed = createRequire(join(import.meta.dirname, '../runtimes/package.json'))('@sparticuz/chromium') as Packed
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-chromium-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  // It unpacks into the folder for temporary files, and takes what lies there for whole, even if it was interrupted.
  const { TMPDIR } = process.env
  process.env.TMPDIR = folder
  let executablePath: string
  try {
    executablePath = await packed.executablePath()
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = TMPDIR
  }
  try {
    // Of the package's own arguments some turn off what a browser forbids a page, which here is part of what is tried.
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
    return { browser, close: () => browser.close().finally(remove) }
  } catch (error) {
    remove()
    throw error
  }
}
