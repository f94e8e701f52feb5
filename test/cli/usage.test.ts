import { describe, expect, it } from 'vitest'
import { run } from './command.ts'

const C = ['--config-name', 'c']
const env = { ROLLCALL_PROJECT: 'p', ROLLCALL_URL: 'http://127.0.0.1:9' }

describe('wrong usage', () => {
  it.each([
    ['of an unknown command', ['toString'], 'toString'],
    ['without a waiter', ['wait', ...C], 'waiter'],
    ['without a config', ['wait', 'w'], '--config-name'],
    ['with a config that is none', ['wait', 'w', '--config-name', 'a b'], 'a b'],
    ['with a name of another kind', ['wait', 'projects/p/configs/c/variables/v'], 'variable'],
    ['with a span that is none', ['wait', 'w', ...C, '--timeout', 'soon'], '--timeout'],
    ['of watch with a stamp that is none', ['watch', ...C, '--after', 'yesterday'], '--after'],
    ['with an unknown option', ['check-in', 'n', ...C, '--fast'], '--fast'],
    ['with a life that is no span', ['check-in', 'n', ...C, '--ttl', 'short'], '--ttl'],
    ['with a path for a full name', ['check-in', 'projects/p/configs/c/variables/v', ...C], 'full name'],
    ['with one path for both reports', ['check-in', 'n', ...C, '--failure-path', 'ready/'], '--failure-path'],
    ['of run without a command', ['run', '--check-in', 'n', ...C], 'command'],
    ['of run with a format', ['run', '--check-in', 'n', ...C, '--format', 'json', '--', 'true'], '--format'],
    ['of run with a name that is none', ['run', '--check-in', 'a b', ...C, '--', 'false'], 'a b'],
    ['with a format that is none', ['check-in', 'n', ...C, '--format', 'xml'], 'xml'],
    ['of serve with a project', ['--project', 'p', 'serve'], '--project'],
    ['of serve with a port that is none', ['serve', '--port', 'x'], 'port'],
    ['of serve with a value for a flag', ['serve', '--insecure-open=1'], '--insecure-open'],
    ['of an unknown shell', ['completion', 'tcsh'], 'tcsh'],
    ['with two tokens', ['wait', 'w', ...C, '--token', 't', '--token-file', 'f'], '--token-file'],
    ['with a token file that is not there', ['wait', 'w', ...C, '--token-file', '/nowhere/token'], '/nowhere/token'],
    ['with a URL that is none', ['wait', 'w', ...C, '--url', 'example'], 'example'],
    ['of export with a config that is none', ['export', '--configs', 'a b'], 'a b'],
    ['of export with nothing between commas', ['export', '--configs', 'a,,b'], '--configs'],
    ['of export of all and of one project', ['export', '--all-projects', '--project', 'q'], '--project'],
    ['of export of all and of some configs', ['export', '--all-projects', '--configs', 'a'], '--configs'],
    ['of export with a project that is none', ['export', '--project', 'a/b'], '--project'],
    ['of export with a format for what goes to the standard output', ['export', '--format', 'json'], '--format'],
    ['of import from nowhere', ['import'], '--from'],
    ['of import from two places', ['import', '--from', 'google', '--file', 'f'], '--from'],
    ['of import from what is no URL', ['import', '--from', 'example'], '--from'],
    ['of import from a URL with a query', ['import', '--from', 'http://127.0.0.1:9?a=b'], '--from'],
    [
      'of import from a project that is none',
      ['import', '--from', 'google', '--from-project', 'a/b'],
      '--from-project',
    ],
    ['of import from a file that is not there', ['import', '--file', '/nowhere/file'], '/nowhere/file'],
    ['of import from a file with a token', ['import', '--file', 'f', '--from-token', 't'], '--from-token'],
    [
      'of import with two tokens',
      ['import', '--from', 'google', '--from-token', 't', '--from-token-file', 'f'],
      '--from-token',
    ],
  ])('%s ends with 64 and one line on the standard error', async (_, args, named) => {
    const { code, out, err } = await run(args, { env })
    expect({ code, out }).toEqual({ code: 64, out: '' })
    expect(err).toContain(named)
    expect(err.trimEnd().split('\n')).toHaveLength(1)
  })

  it('without a project ends with 64, and with 1 where gcloud does', async () => {
    expect(await run(['wait', 'w', ...C])).toMatchObject({ code: 64, err: expect.stringContaining('ROLLCALL_PROJECT') })
    expect(await run(['configs', 'list'])).toMatchObject({ code: 1, err: expect.stringContaining('ROLLCALL_PROJECT') })
  })

  it.each([
    ['configs', 'list', '--uri'],
    ['variables', 'list', ...C, '--filter', 'name=a OR name=b'],
    ['variables', 'list', ...C, '--filter', '(name=a)'],
    ['variables', 'list', ...C, '--filter', 'name:a'],
    ['variables', 'list', ...C, '--filter', 'name~('],
    ['variables', 'list', ...C, '--sort-by', '-name'],
    ['configs', 'list', '--flatten', 'name'],
  ])('of a list, such as %s %s %s %s %s, ends with 2 where gcloud would understand what we do not', async (...args) => {
    const { code, out, err } = await run(args, { env })
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err.trimEnd().split('\n')).toHaveLength(1)
  })

  it.each([
    ['an etag of nothing', ['variables', 'set', 'v', 'x', ...C, '--if-match', ''], '--if-match'],
    ['an etag that is none', ['variables', 'unset', 'v', ...C, '--if-match', 'a b'], '--if-match'],
    ['an etag of nothing', ['configs', 'update', 'c', '--description', 'd', '--if-match', ''], '--if-match'],
    ['an etag of nothing', ['configs', 'delete', 'c', '--if-match', ''], '--if-match'],
    [
      'an etag for what is not to be there',
      ['variables', 'set', 'v', 'x', ...C, '--if-match', 'e', '--fail-if-present'],
      '--if-match',
    ],
    ['a life of no time', ['variables', 'set', 'v', 'x', ...C, '--ttl', '0'], '--ttl'],
    ['a life of centuries', ['variables', 'set', 'v', 'x', ...C, '--ttl', '3155760000'], '--ttl'],
  ])(
    'of what gcloud does not have, with %s, ends with 2 and one line on the standard error',
    async (_, args, named) => {
      const { code, out, err } = await run(args, { env })
      expect({ code, out }).toEqual({ code: 2, out: '' })
      expect(err).toContain(named)
      expect(err.trimEnd().split('\n')).toHaveLength(1)
    },
  )

  it('asks nobody: the service is not there', async () => {
    const { code, err } = await run(['variables', 'set', 'a b', 'x', ...C], { env })
    expect(code).toBe(1)
    expect(err).toContain('"a b"')
  })
})

describe('help', () => {
  it('is what a bare rollcall prints, with all commands', async () => {
    const bare = await run([])
    expect(bare).toMatchObject({ code: 0, err: '' })
    for (const name of [
      'wait',
      'check-in',
      'watch',
      'run',
      'serve',
      'access',
      'export',
      'import',
      'configs',
      'variables',
      'waiters',
    ]) {
      expect(bare.out).toMatch(new RegExp(`^  ${name} `, 'm'))
    }
    expect(await run(['--help'])).toEqual(bare)
  })

  it.each(['wait', 'check-in', 'watch', 'run', 'serve', 'access', 'export', 'import'])(
    'of %s tells our exit codes',
    async (name) => {
      const { code, out } = await run([name, '--help'])
      expect(code).toBe(0)
      for (const exit of ['0', '1', '64', '69', '77', '124', '130'])
        expect(out).toMatch(new RegExp(`^ +${exit} +\\w`, 'm'))
    },
  )

  it.each([
    ['configs', 'list'],
    ['configs', 'variables', 'set'],
    ['variables', 'watch'],
    ['waiters', 'create'],
  ])("of %s %s %s tells gcloud's exit codes", async (...words) => {
    const { code, out } = await run([...words.filter(Boolean), '--help'])
    expect(code).toBe(0)
    expect(out).toMatch(/^ +2 +wrong usage; a waiter/m)
    expect(out).not.toMatch(/^ +124/m)
  })

  it('tells a command those shared options alone that it takes', async () => {
    expect((await run(['serve', '--help'])).out).not.toMatch(/--(url|token|project|format)/)
    expect((await run(['run', '--help'])).out).not.toContain('--format')
    expect((await run(['wait', '--help'])).out).toMatch(/--token-file[^]*ROLLCALL_TOKEN[^]*--format/)
  })

  it('of a group without a command goes to the standard error, as with gcloud', async () => {
    const { code, out, err } = await run(['configs', 'variables'])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain('get-value')
  })
})
