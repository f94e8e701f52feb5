/**
 * A Dockerfile, read, and its stages made without Docker: each in a folder, by the very commands that its lines give. It
 * knows what ours uses and no more; what it does not know it refuses.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

export interface Instruction {
  readonly name: string
  /** What stands behind the name, in one line. */
  readonly text: string
}

export interface Stage {
  /** What it begins with, such as `node:24-slim`. */
  readonly base: string
  readonly name: string | undefined
  readonly instructions: readonly Instruction[]
}

/** The instructions of a Dockerfile, by stages. */
export function readDockerfile(file: string): Stage[] {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => !/^\s*(#|$)/.test(line))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
  const stages: (Stage & { instructions: Instruction[] })[] = []
  for (const line of lines) {
    const [, name = '', text = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? []
    if (name === 'FROM') {
      const [, base = '', , stage] = /^(\S+)( AS (\S+))?$/.exec(text) ?? []
      stages.push({ base, name: stage, instructions: [] })
    } else stages.at(-1)?.instructions.push({ name, text })
  }
  return stages
}

/** What a stage says by instructions of a name. */
export const textsOf = (stage: Stage, name: string) =>
  stage.instructions.filter((one) => one.name === name).map(({ text }) => text)

/** What a command in exec form is made of: `["node", "main.js"]`. */
export const execForm = (text: string) => JSON.parse(text.replace(/^.*?(?=\[)/, '')) as string[]

/** Variables that a stage sets. */
export function environmentOf(stage: Stage): Record<string, string> {
  const pairs = textsOf(stage, 'ENV').flatMap((text) => text.split(/\s+/))
  return Object.fromEntries(pairs.map((pair) => pair.split('=', 2) as [string, string]))
}

/** Whether a path of the context is left out by the lines of a .dockerignore, of which the last that matches decides. */
export function isIgnored(lines: readonly string[], path: string): boolean {
  const parts = path.split('/')
  const paths = parts.map((_, index) => parts.slice(0, index + 1).join('/'))
  let ignored = false
  for (const line of lines) {
    const pattern = line.replace(/^!/, '')
    if (pattern === '*' || paths.includes(pattern)) ignored = !line.startsWith('!')
  }
  return ignored
}

/** The lines of a .dockerignore that say something. */
export const readIgnore = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))

/** Where the stages are made. */
export interface Making {
  /** The context, and what of it is left out. */
  readonly context: string
  readonly ignored: (path: string) => boolean
  /** Holds a folder for each stage. */
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  /** Commands that need to be those of the image, and are left to it. */
  readonly left: RegExp
}

/** Makes a stage; answers its working folder. */
export function makeStage(stages: readonly Stage[], index: number, making: Making): string {
  const { context, ignored, folder, env, left } = making
  const root = (number: number) => join(folder, String(number))
  let work = root(index)
  for (const { name, text } of (stages[index] as Stage).instructions) {
    if (name === 'WORKDIR') {
      work = join(root(index), text)
      mkdirSync(work, { recursive: true })
    } else if (name === 'COPY') {
      const [, , from, rest = ''] = /^(--from=(\S+) )?(.*)$/.exec(text) ?? []
      const words = rest.split(/\s+/)
      const to = join(work, words.at(-1) as string)
      const home = from === undefined ? context : root(stages.findIndex((stage) => stage.name === from))
      for (const source of words.slice(0, -1)) {
        const path = join(home, source)
        if (!existsSync(path)) throw new Error(`COPY ${text}: there is no ${source}`)
        const filter = (file: string) => from !== undefined || !ignored(file.slice(context.length).replace(/^\/+/, ''))
        // A folder is copied as what is in it, a file under its name.
        const target = rest.endsWith('/') ? join(to, basename(source)) : to
        mkdirSync(dirname(target), { recursive: true })
        cpSync(path, target, { recursive: true, filter, verbatimSymlinks: true })
      }
    } else if (name === 'RUN' && !left.test(text)) {
      execFileSync('sh', ['-c', text], { cwd: work, env, stdio: 'pipe' })
    }
  }
  return work
}
