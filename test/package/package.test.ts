/** The package as it is published: what is in it, and that it works for those who install it. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clientSize, lintFaults, MAX_CLIENT_SIZE, ROOT, typeFaults } from '../../src/package/inspect.ts'
import { startServer, type Server } from '../../src/standalone/server.ts'
import install from '../runtimes/install.ts'
import { installInto, link, MANIFEST, type Project } from './project.ts'

const run = promisify(execFile)

/** The oldest Node.js that the client and most commands are for; there once the runtimes are installed. */
const NODE_20 = join(ROOT, 'test', 'runtimes', 'node_modules', '.bin', 'node')

let folder: string
let project: Project

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-package-'))
  project = installInto(folder)
})

afterAll(() => rmSync(folder, { recursive: true }))

/** Paths of the files in the package, from its folder. */
function files(): string[] {
  const entries = readdirSync(project.installed, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(project.installed.length + 1))
}

describe('what is in it', () => {
  it('has nothing but what was built, and what a reader needs', () => {
    const others = files().filter((file) => !/^dist\/.*\.(js|d\.ts)$/.test(file))
    expect(others.sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'])
  })

  it('imports no package but those that it depends on, and depends on no other', () => {
    const scripts = files().filter((file) => file.endsWith('.js') && file !== 'dist/worker.js')
    const packages = scripts.flatMap((file) => packagesIn(readFileSync(join(project.installed, file), 'utf8')))
    // Only for an entry of the Worker other than the one that comes bundled.
    const imported = new Set(packages.filter((name) => name !== 'esbuild'))
    const wanted = Object.keys({ ...MANIFEST.dependencies, ...MANIFEST.optionalDependencies })
    expect([...imported].sort()).toEqual(wanted.sort())
  })

  it('leaves publint nothing to say', async () => {
    expect(await lintFaults(project.tarball)).toEqual([])
  })

  it('has types that agree with its code wherever modules are resolved as Node.js or a bundler does', async () => {
    expect(await typeFaults(project.tarball)).toEqual([])
  })

  it('weighs little in a browser', async () => {
    expect(await clientSize(join(project.installed, 'dist/client/index.js'))).toBeLessThan(MAX_CLIENT_SIZE)
  })
})

/** The packages that a module imports, platforms' own ones apart. */
function packagesIn(code: string): string[] {
  const specifiers = code.matchAll(/(?:\bfrom|\bimport|\brequire\w*|\.url\))\s*\(?\s*(['"])([\w@][^'"]*)\1/g)
  const names = [...specifiers].map(([, , specifier = '']) => specifier).filter((name) => !name.startsWith('node:'))
  return names.map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/'))
}

describe('the types', () => {
  const OPTIONS = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--exactOptionalPropertyTypes', '--ignoreConfig']
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')

  /** What the compiler has to say about the program with these options. */
  async function complaints(...options: string[]): Promise<string> {
    try {
      const { stdout } = await run(process.execPath, [tsc, ...OPTIONS, ...options, 'types.ts'], { cwd: folder })
      return stdout
    } catch (error) {
      return (error as { stdout: string }).stdout
    }
  }

  it.each([
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])('are found by module %s with resolution %s, in a browser', async (module, moduleResolution) => {
    const options = ['--module', module, '--moduleResolution', moduleResolution]
    expect(await complaints(...options, '--target', 'es2022', '--lib', 'es2022,dom')).toBe('')
  })

  it('are enough for Node.js, which has no DOM', async () => {
    link(project, '@types/node')
    const options = ['--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022', '--types', 'node']
    expect(await complaints(...options)).toBe('')
  })
})

describe('the command', () => {
  let running: ChildProcess | undefined
  const command = () => join(folder, 'node_modules', '.bin', 'rollcall')

  afterAll(async () => {
    if (!running || running.exitCode !== null) return
    running.kill('SIGTERM')
    await once(running, 'exit')
  })

  it('is there under its name', async () => {
    const { stdout } = await run('npx', ['--no-install', 'rollcall', '--help'], { cwd: folder })
    expect(stdout).toMatch(/^Usage: rollcall /)
  })

  it('tells its version', async () => {
    const { stdout } = await run(process.execPath, [command(), '--version'])
    expect(stdout).toBe(`${MANIFEST.version}\n`)
  })

  it('runs on Node.js 20', async () => {
    await install()
    const { stdout } = await run(NODE_20, [command(), '--help'])
    expect(stdout).toMatch(/^Usage: rollcall /)
  })

  it('says what is missing where there is no workerd to serve with', async () => {
    const { code, stderr } = await refusal(process.execPath)
    expect(code).toBeGreaterThan(0)
    expect(stderr).toMatch(/^rollcall: [^\n]*workerd[^\n]*\n$/)
    expect(stderr).not.toMatch('defect')
  })

  it('says which Node.js it takes to serve, on one that is too old for it', async () => {
    await install()
    const { code, stderr } = await refusal(NODE_20)
    expect(code).toBeGreaterThan(0)
    expect(stderr).toMatch(/^rollcall: [^\n]*Node\.js 22[^\n]*\n$/)
    expect(stderr).not.toMatch('defect')
  })

  /** How `rollcall serve` ends where it cannot serve. */
  async function refusal(program: string): Promise<{ code: number; stderr: string }> {
    try {
      await run(program, [command(), 'serve', '--port', '0', '--data', join(folder, 'none')], { timeout: 20_000 })
    } catch (error) {
      return error as { code: number; stderr: string }
    }
    throw new Error('it served')
  }

  it('serves, from what was installed alone, and the client of the package calls there, also on Node.js 20', async () => {
    for (const name of Object.keys(MANIFEST.optionalDependencies)) link(project, name)
    running = spawn(process.execPath, [command(), 'serve', '--port', '0', '--data', join(folder, 'data')], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const url = await urlOf(running)
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' })

    await install()
    for (const [program, fleet] of [
      [process.execPath, 'a'],
      [NODE_20, 'b'],
    ] as const) {
      const { stdout } = await run(program, ['check-in.js', url, fleet], { cwd: folder })
      expect(JSON.parse(stdout)).toEqual({ label: 'SUCCEEDED', done: true })
    }
  })
})

describe('the examples with which the README begins', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  let server: Server

  beforeAll(async () => {
    server = await startServer({ port: 0, host: '127.0.0.1', data: join(folder, 'readme') })
  })

  afterAll(() => server.stop())

  /** The first two blocks of a section: a program, and what it prints. */
  function example(title: string): readonly [program: string, output: string] {
    const section = readme.slice(readme.indexOf(`\n## ${title}\n`))
    const blocks = [...section.matchAll(/^```\w*\n(.*?)^```$/gms)].map(([, text = '']) => text)
    return [blocks[0] as string, blocks[1] as string]
  }

  const env = () => ({ ...process.env, ROLLCALL_URL: server.url })

  it('on the client does what it says', async () => {
    const [program, output] = example('The client')
    writeFileSync(join(folder, 'example.ts'), program)
    const { stdout } = await run(process.execPath, ['example.ts'], { cwd: folder, env: env() })
    expect(stdout).toBe(output)
  })

  it('on the command line does what it says', async () => {
    const [program, output] = example('The command line')
    const { stdout } = await run('sh', ['-ec', program], { cwd: ROOT, env: env() })
    expect(stdout).toContain(output.trim())
  })
})

describe('in the checkout', () => {
  it.each(['client', 'client/composite', 'client/changes', 'client/check-in'])(
    'rollcall/%s is there once it is built',
    async (entry) => {
      const script = `console.log(Object.keys(await import('rollcall/${entry}')).length > 0)`
      const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], { cwd: ROOT })
      expect(stdout).toBe('true\n')
    },
  )
})

/** Where a server answers, from what it prints. */
async function urlOf(child: ChildProcess): Promise<string> {
  let printed = ''
  child.stderr?.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  for await (const line of createInterface(child.stdout as NodeJS.ReadableStream)) {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0]
    if (url) return url
    printed += `${line}\n`
  }
  throw new Error(`it ended before it answered: ${printed}`)
}
