/**
 * Makes page.js: the console as one page, in a module that any bundler of the Worker takes up. It is made before the
 * Worker is bundled, wherever that is: by Wrangler (see wrangler.toml), by the standalone server, and for the tests.
 */
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const at = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const PAGE = at('page.js')

/** Makes the module, unless it is there as it would be. Rejects with what esbuild says of a source with errors. */
export async function buildConsole(): Promise<void> {
  const html = fill(readFileSync(at('views/page.html'), 'utf8'), {
    style: await bundle('views/style.css'),
    script: await bundle('views/main.tsx'),
  })
  const module = [
    `export const html = ${JSON.stringify(html)}`,
    `export const policy = ${JSON.stringify(policyOf(html))}`,
    `export const etag = ${JSON.stringify(`"${digestOf(html).slice(0, 22)}"`)}`,
    '',
  ].join('\n')
  if (existsSync(PAGE) && readFileSync(PAGE, 'utf8') === module) return
  // Others may be making or reading it at the same moment.
  const own = `${PAGE}.${randomUUID()}`
  writeFileSync(own, module)
  renameSync(own, PAGE)
}

async function bundle(source: string): Promise<string> {
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    entryPoints: [at(source)],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    charset: 'utf8',
    legalComments: 'none',
    write: false,
    logLevel: 'error',
  })
  return outputFiles[0]?.text.trim() ?? ''
}

/** Puts texts in the place of comments of their names, and of the white space around these. */
function fill(template: string, texts: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\s*\/\*(\w+)\*\/\s*/g, (_, name: string) => {
    // Within an element its end must not be said, nor a comment begun; in a text of a script this means the same.
    return (texts[name] as string).replaceAll(/<(?=\/(?:script|style)|!--)/gi, '\\x3c')
  })
}

/** What the page may do: what is in it, and to talk to where it came from. */
function policyOf(html: string): string {
  const digest = (element: string) => {
    const [, text = ''] = new RegExp(`<${element}[^>]*>([^]*?)</${element}>`).exec(html) ?? []
    return `'sha256-${digestOf(text)}'`
  }
  return [
    "default-src 'none'",
    `script-src ${digest('script')}`,
    `style-src ${digest('style')}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')
}

const digestOf = (text: string) => createHash('sha256').update(text).digest('base64')

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildConsole()
