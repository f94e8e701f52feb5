/** Runs a script in a page of a real browser. */
import { startChromium, type Chromium } from '../support/chromium.ts'
import type { Ending, Script } from './hosts.ts'
import { readReport } from './report.ts'

/** Loads the page; the run is over when the script says so. */
export async function browse({ page: url }: Script, hear: (line: string) => void, limitMs: number): Promise<Ending> {
  let printed = ''
  let chromium: Chromium | undefined
  let timer: NodeJS.Timeout | undefined
  try {
    chromium = await startChromium()
    const page = await chromium.browser.newPage()
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
    await chromium?.close()
  }
}
