import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { useServer } from '../../conformance/server.ts'
import { Run, run } from '../command.ts'
import { CONFIGS } from './measured-configs.ts'
import { VARIABLES } from './measured-variables.ts'
import { WAITERS } from './measured-waiters.ts'
import { wordsOf } from './measured.ts'

const server = useServer()

/** What a command prints, with what differs from one run to the next taken out. */
async function answer(command: string, project: string, input: string | undefined) {
  const surroundings = {
    env: { ROLLCALL_URL: server.base, ROLLCALL_PROJECT: project },
    ...(input !== undefined && { input: Buffer.from(input, 'latin1') }),
  }
  const { code, out, err } = await run(wordsOf(command), surroundings)
  const plain = out.replaceAll(project, 'demo').replaceAll(/20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+Z)?/g, '(time)')
  return { code, out: withoutAdditions(plain), err }
}

/** What Google's service would have answered: etags, progress and the details of errors are this service's own. */
function withoutAdditions(out: string): string {
  const kept: string[] = []
  let block: number | undefined
  for (const line of out.split('\n')) {
    const indent = line.search(/\S/)
    if (block !== undefined) {
      // A block ends with its bracket in JSON, and before what is no part of it in YAML, whose lists are not indented.
      const ends = /^\s*[\]}],?$/.test(line)
      if (indent > block || (indent === block && (ends || line.trim().startsWith('- ')))) continue
      block = undefined
    }
    if (/^\s*"?(?:progress|details)"?:(?: [[{])?$/.test(line)) block = indent
    else if (!/^\s*"?etag"?: /.test(line)) kept.push(line)
  }
  return kept.join('\n')
}

describe.each([
  ['configs', CONFIGS],
  ['variables', VARIABLES],
  ['waiters', WAITERS],
] as const)('prints what gcloud prints, and ends as it does, about %s', (_, cases) => {
  const project = `cli-${randomUUID()}`

  it.for(cases)('%s', async ([command, code, out, input]) => {
    const { err, ...seen } = await answer(command, project, input)
    expect(seen, err).toEqual({ code, out: out.replace(/^\n/, '') })
    // Nothing is wrong without a word about it.
    if (code) expect(err).not.toBe('')
  })
})

describe('where gcloud crashes, or does not do what it says', () => {
  beforeAll(async () => expect(await answer('configs create fleet', project, undefined)).toMatchObject({ code: 0 }))

  const project = `cli-${randomUUID()}`
  const at = (command: string, input?: string) => answer(`${command} --config-name fleet`, project, input)

  it('keeps bytes that are no text, and gives back each of them', async () => {
    const bytes = '\xff\xfe\x00+/\r\n'
    expect(await at('variables set bytes', bytes)).toMatchObject({ code: 0 })
    const get = new Run(wordsOf('variables get-value bytes --config-name fleet'), {
      env: { ROLLCALL_URL: server.base, ROLLCALL_PROJECT: project },
    })
    expect(await get.ended).toBe(0)
    expect(Buffer.concat(get.bytes).toString('latin1')).toBe(bytes)
    expect((await at('variables describe bytes --format json')).out).toContain(JSON.stringify(bytes).slice(1, -1))
    expect(await at('variables list --values')).toMatchObject({ code: 0, out: expect.stringContaining('bytes') })
  })

  it('waits no longer than --max-wait, which gcloud does not pass on, and ends with 2 as it says it would', async () => {
    await at('variables set still x')
    const { code, out, err } = await at('variables watch still --max-wait 1')
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain('variables/still did not change in time')
  })

  it('sorts and filters before it cuts, as gcloud documents', async () => {
    for (const name of ['a', 'b', 'c']) await at(`variables set order/${name} x`)
    const list = async (flags: string) => (await at(`variables list ${flags} --format value(name)`)).out
    expect(await list('--filter name:order/* --sort-by ~name --limit 2')).toBe('order/c\norder/b\n')
    expect(await list('--filter name=order/c --limit 1 --page-size 1')).toBe('order/c\n')
  })

  it('prints nothing for a value of nothing', async () => {
    await at('variables set empty', '')
    expect(await at('variables get-value empty')).toMatchObject({ code: 0, out: '' })
  })
})

it('has the same nouns without the word configs', async () => {
  const project = `cli-${randomUUID()}`
  await answer('configs create fleet', project, undefined)
  await answer('variables set a b --config-name fleet', project, undefined)
  const long = await answer('configs variables describe a --config-name fleet', project, undefined)
  expect(await answer('variables describe a --config-name fleet', project, undefined)).toEqual(long)
  expect(long.out).toContain('value: b')
})

it('takes full names of what lies in another project', async () => {
  const [here, there] = [`cli-${randomUUID()}`, `cli-${randomUUID()}`]
  const config = `projects/${there}/configs/fleet`
  await answer(`configs create ${config}`, here, undefined)
  await answer(`variables set a/b text --config-name ${config} --is-text`, here, undefined)
  const full = await answer(`variables get-value ${config}/variables/a/b --config-name other`, here, undefined)
  expect(full).toMatchObject({ code: 0, out: 'text' })
})
