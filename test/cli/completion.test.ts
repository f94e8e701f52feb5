import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from './command.ts'

const BASH = spawnSync('bash', ['--version']).status === 0

const CONDITIONS_OF_FAILURE = ['--failure', '--failure-cardinality-path', '--failure-cardinality-number']

/** What bash would offer for each of these command lines, whose last word is the one that is being written. */
function offered(script: string, lines: readonly (readonly string[])[], cwd: string): string[][] {
  const driver = `${script}
while IFS=$'\\t' read -r -a COMP_WORDS; do
  COMP_WORDS[\${#COMP_WORDS[@]}-1]=\${COMP_WORDS[\${#COMP_WORDS[@]}-1]%.}
  COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); COMPREPLY=(); _rollcall
  printf '%s\\t' "\${COMPREPLY[@]}"; echo
done`
  // An empty last word would be lost.
  const input = lines.map((words) => `rollcall\t${words.join('\t')}.\n`).join('')
  const { stdout, stderr } = spawnSync('bash', ['-c', driver], { input, encoding: 'utf8', cwd })
  expect(stderr).toBe('')
  return stdout.split('\n').map((line) => line.split('\t').filter(Boolean))
}

describe.skipIf(!BASH)('completion for bash', () => {
  let script: string
  let folder: string

  beforeAll(async () => {
    script = (await run(['completion', 'bash'])).out
    folder = mkdtempSync(join(tmpdir(), 'rollcall-completion-'))
    writeFileSync(join(folder, 'my file'), '')
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('offers what can stand at the cursor', () => {
    const cases: [string[], string[]][] = [
      [['wa'], ['wait', 'watch', 'waiters']],
      [
        ['configs', 'de'],
        ['describe', 'delete'],
      ],
      [['configs', 'waiters', 'w'], ['wait']],
      [
        ['variables', 'set', 'name', '--fail-if'],
        ['--fail-if-present', '--fail-if-absent'],
      ],
      [['--project', 'configs', 'check'], ['check-in']],
      [
        ['wait', '--config-name', 'c', '--to'],
        ['--token-file', '--token'],
      ],
      [
        ['wait', '--format', ''],
        ['json', 'yaml', 'table'],
      ],
      [['wait', '--format', '=', 't'], ['table']],
      [['wait', '--config-name', ''], []],
      [
        ['completion', ''],
        ['bash', 'zsh', 'fish'],
      ],
      [['serve', '--access', 'my'], ['my file']],
      [['configs', 'commit', 'c', '--file', 'my'], ['my file']],
      [['variables', 're'], ['renew']],
      [['waiters', 'create', 'w', '--success', '{}', '--fail'], CONDITIONS_OF_FAILURE],
      [['serve', '--fo'], []],
      [['run', '--check-in', 'n', '--', 'cat', 'my'], ['my file']],
      [['run', '--check-in', 'n', '--', 'cat', '--pro'], []],
    ]
    const answers = offered(
      script,
      cases.map(([words]) => words),
      folder,
    )
    const sorted = (list: readonly string[] | undefined) => [...(list ?? [])].sort()
    expect(cases.map(([words], index) => [words, sorted(answers[index])])).toEqual(
      cases.map(([words, expected]) => [words, sorted(expected)]),
    )
  })

  it('offers every command and flag that the help tells of', { timeout: 60_000 }, async () => {
    const seen: string[] = []
    for (const words of await commandsBeneath([])) {
      const { commands, flags } = readHelp((await run([...words, '--help'])).out)
      const [names, dashes] = offered(
        script,
        [
          [...words, ''],
          [...words, '-'],
        ],
        folder,
      )
      if (commands.length) expect([words, [...(names ?? [])].sort()]).toEqual([words, commands.sort()])
      expect([words, [...(dashes ?? [])].sort()]).toEqual([words, flags.sort()])
      seen.push(words.join(' '))
    }
    expect(seen).toContain('configs waiters create')
    expect(seen.length).toBeGreaterThan(35)
  })
})

async function commandsBeneath(words: readonly string[]): Promise<string[][]> {
  if (words.length > 3) throw new Error(`No command is as deep as ${words.join(' ')}.`)
  const { commands } = readHelp((await run([...words, '--help'])).out)
  const beneath = await Promise.all(commands.map((name) => commandsBeneath([...words, name])))
  return [[...words], ...beneath.flat()]
}

/** The names of commands and the long flags in a help text, each under its heading. */
function readHelp(text: string): { commands: string[]; flags: string[] } {
  const commands: string[] = []
  const flags: string[] = []
  let heading = ''
  for (const line of text.split('\n')) {
    heading = /^\w.*:$/.test(line) ? line : heading
    const [, flag, command] = /^ {2}(?:(?:-\w, )?(--[a-z-]+)|([a-z][a-z-]*)) /.exec(line) ?? []
    if (flag && heading.endsWith('Options:')) flags.push(flag)
    if (command && !/Arguments:|Options:|Exit codes:/.test(heading)) commands.push(command)
  }
  return { commands, flags }
}

it.each(['zsh', 'fish'])(
  'there is a script for %s, too, with every command and the values of --format',
  async (shell) => {
    const { code, out } = await run(['completion', shell])
    expect(code).toBe(0)
    for (const words of await commandsBeneath([])) if (words.length) expect(out).toContain(`' ${words.join(' ')}'`)
    expect(out).toContain('yaml')
  },
)
