import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ExportFile, writeFile } from '../../../src/cli/transfer/file.ts'
import { configLines, headerLine, lastLine } from '../../../src/cli/transfer/lines.ts'
import { barOf } from '../../../src/cli/transfer/bar.ts'
import { NAME, stateOf, text } from './states.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-transfer-'))
  file = join(folder, 'export.jsonl')
})
afterEach(() => rmSync(folder, { recursive: true }))

async function read(): Promise<string[]> {
  const opened = await ExportFile.open(file)
  try {
    const names: string[] = []
    for await (const { name } of opened.configs()) names.push(name)
    return names
  } finally {
    await opened.close()
  }
}

describe('a file', () => {
  it('is there when it is whole, and for its owner alone', async () => {
    await writeFile(file, async (sink) => {
      await sink('one\n')
      expect(existsSync(file)).toBe(false)
      await sink('two\n')
    })
    expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder)).toEqual(['export.jsonl'])
  })

  it('stays as it was when its writing is given up, and leaves nothing beside it', async () => {
    writeFileSync(file, 'before')
    const writing = writeFile(file, async (sink) => {
      await sink('half')
      throw new Error('given up')
    })
    await expect(writing).rejects.toThrow('given up')
    expect(readFileSync(file, 'utf8')).toBe('before')
    expect(readdirSync(folder)).toEqual(['export.jsonl'])
  })

  it('that cannot be written is told, and nothing is left beside it', async () => {
    const nowhere = join(folder, 'nowhere', 'x')
    await expect(writeFile(nowhere, async () => {})).rejects.toThrow(`The file ${nowhere} cannot be written`)
    mkdirSync(file)
    await expect(writeFile(file, async () => {})).rejects.toThrow(`The file ${file} cannot be written`)
    expect(readdirSync(folder)).toEqual(['export.jsonl'])
  })

  it('of many lines is written and read in pieces', async () => {
    const variables = Object.fromEntries(
      Array.from({ length: 3000 }, (_, index) => [`v/${index}`, text('😀'.repeat(30))]),
    )
    const lines = [headerLine(), ...configLines(stateOf(variables)), lastLine(1)]
    await writeFile(file, async (sink) => {
      for (const line of lines) await sink(line)
    })
    expect(readFileSync(file, 'utf8')).toBe(lines.join(''))
    const opened = await ExportFile.open(file)
    // Twice, as an import does.
    for (let time = 0; time < 2; time += 1) {
      for await (const state of opened.configs()) expect(state.variables.size).toBe(3000)
    }
    await opened.close()
  })

  it('is read without a line feed at its end, too', async () => {
    writeFileSync(file, [headerLine(), ...configLines(stateOf()), lastLine(1).trimEnd()].join(''))
    expect(await read()).toEqual([NAME])
  })

  it.each([
    ['of nothing', '', /at line 1: there is nothing/],
    ['that is cut off within a line', `${headerLine()}{"config":{"na`, /at line 2: a JSON object/],
    ['that is cut off behind one', headerLine(), /at line 2: the file ends here/],
    [
      'that is no UTF-8',
      Buffer.concat([Buffer.from(headerLine()), Buffer.from([0x22, 0xff, 0x22])]),
      /at line 2: .*UTF-8/,
    ],
    ['with a line without end', `${headerLine()}${' '.repeat(2 ** 21)}`, /at line 2: it has more than 1048576 bytes/],
  ])('%s is refused by the line', async (_, contents, message) => {
    writeFileSync(file, contents)
    await expect(read()).rejects.toThrow(message)
  })

  it('that is none is refused', async () => {
    await expect(ExportFile.open(join(folder, 'nowhere'))).rejects.toThrow('cannot be read')
    await expect(ExportFile.open(folder)).rejects.toThrow('must be a regular file')
  })
})

describe('the bar', () => {
  const step = { config: 'projects/p/configs/c', number: 2, of: 3, does: 'writing', done: 50 } as const

  it('fills as variables are written', () => {
    const told = 'config 2 of 3, c: writing,'
    expect(barOf({ ...step, done: 0, total: 100 })).toBe(`[....................] ${told} 0 of 100 variables`)
    expect(barOf({ ...step, total: 100 })).toBe(`[##########..........] ${told} 50 of 100 variables`)
    expect(barOf({ ...step, done: 0, total: 0 })).toBe(`[####################] ${told} 0 of 0 variables`)
  })

  it('counts where it is not known how many there are', () => {
    expect(barOf({ ...step, of: undefined, does: 'reading' })).toBe('config 2, c: reading, 50 variables')
  })
})
