/** Runs a script in a page of a real browser. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Ending, Script } from './hosts.ts'
import { readReport } from './report.ts'

/** What is used of playwright-core, which is not there before the runtimes are installed. */
interface Page {
  on(event: 'console', listen: (message: { text(): string }) => void): void
  on(event: 'pageerror', listen: (error: Error) => void): void
  on(event: 'crash', listen: () => void): void
  goto(url: string): Promise<unknown>
}
interface Browser {
  newPage(): Promise<Page>
  close(): Promise<void>
}
interface Playwright {
  readonly chromium: { launch(options: { executablePath: string; args: string[] }): Promise<Browser> }
}
/** What is used of @sparticuz/chromium. */
interface Chromium {
  executablePath(): Promise<string>
}

/** Loads the page; the run is over when the script says so. */
export async function browse({ page: url }: Script, hear: (line: string) => void, limitMs: number): Promise<Ending> {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-chromium-'))
  let printed = ''
  let browser: Browser | undefined
  let timer: NodeJS.Timeout | undefined
  try {
    browser = await launch(folder)
    const page = await browser.newPage()
    const over = new Promise<Ending>((resolve) => {
      const end = (well: boolean, how: string) => resolve({ well, story: `${how}\n${printed}` })
      page.on('console', (message) => {
        const line = message.text()
        const report = readReport(line)
        if (!report) printed += `${line}\n`
        hear(line)
        if (report?.kind === 'end') end(true, 'it came to its end')
      })
      page.on('pageerror', (error) => end(false, `the page threw ${error.stack ?? error.message}`))
      page.on('crash', () => end(false, 'the page crashed'))
      timer = setTimeout(() => end(false, `it did not end within ${limitMs / 1000} s`), limitMs)
    })
    await page.goto(url)
    return await over
  } catch (error) {
    return { well: false, story: `it did not start: ${(error as Error).message}\n${printed}` }
  } finally {
    clearTimeout(timer)
    await browser?.close()
    rmSync(folder, { recursive: true })
  }
}

/** Unpacks the browser into `folder` and starts it. */
async function launch(folder: string): Promise<Browser> {
  const require = createRequire(import.meta.url)
  const { chromium } = require('playwright-core') as Playwright
  const packed = require('@sparticuz/chromium') as Chromium
  // It unpacks into the folder for temporary files, and takes what lies there for whole, even if it was interrupted.
  const { TMPDIR } = process.env
  process.env.TMPDIR = folder
  try {
    const executablePath = await packed.executablePath()
    // Of the package's own arguments some turn off what a browser forbids a page, which here is part of what is tried.
    return await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = TMPDIR
  }
}
