/** Runs the bundled Worker on the embedded workerd. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { StartError } from './options.ts'

/** As in wrangler.toml, so that the Worker runs by the same rules everywhere. */
export const COMPATIBILITY_DATE = '2026-10-01'
export const COMPATIBILITY_FLAGS = ['enable_request_signal']

/** What workerd is to run. */
export interface Setup {
  /** Folder with the bundle, `worker.js`; the configuration is written beside it. */
  readonly run: string
  /** Folder for the objects' databases. */
  readonly objects: string
  readonly host: string
  /** 0 is any port that is free. */
  readonly port: number
  /** Variables of the Worker's environment. */
  readonly variables: Readonly<Record<string, string>>
  /** Blocks of addresses that the Worker may reach through its binding ISSUERS, beside the public ones. */
  readonly issuers: readonly string[]
  /** The same for its binding COLLECTOR. */
  readonly collector: readonly string[]
  /** Where all callbacks go, whatever their host; without it, to their hosts at public addresses. */
  readonly callbacks?: CallbackServer | undefined
}

/** A server that stands for all hosts, for tests: `address` is a host and a port. */
export interface CallbackServer {
  readonly address: string
  /** PEM of the certificate that is trusted, and the name that it is for. */
  readonly certificate: string
  readonly certificateHost: string
}

export interface Workerd {
  readonly process: ChildProcess
  /** The port that it listens on. */
  readonly port: number
}

/** Starts workerd; resolves when it listens. Rejects with what it printed if it ends before that. */
export async function startWorkerd(setup: Setup): Promise<Workerd> {
  const { run, host, port } = setup
  const config = resolve(run, 'workerd.capnp')
  writeFileSync(config, configuration(setup))
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const child = spawn(findWorkerd(), ['serve', config, '--socket-addr', `http=${address}`, '--control-fd=3'], {
    stdio: ['ignore', 'inherit', 'pipe', 'pipe'],
    // A signal to the terminal's group is the launcher's to pass on, in order.
    detached: true,
  })
  let printed = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    printed = (printed + chunk.toString()).slice(-10_000)
    process.stderr.write(chunk)
  })
  const ended = once(child, 'exit').then(() => {
    throw new Error(`workerd ended at its start: ${printed.trim()}`)
  })
  const listening = portOf(child.stdio[3] as Readable)
  return { process: child, port: await Promise.race([listening, ended]) }
}

/** workerd tells on its control pipe, a line of JSON each, which sockets it listens on. */
async function portOf(control: Readable): Promise<number> {
  for await (const line of createInterface(control)) {
    const message = JSON.parse(line) as { event: string; port: number }
    if (message.event === 'listen') return message.port
  }
  return new Promise<never>(() => {})
}

function configuration({ objects, variables, issuers, collector, callbacks }: Setup): string {
  const texts = Object.entries(variables).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)}),`)
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .rollcall),
    (name = "objects", disk = (path = ${text(objects)}, writable = true)),
    # The Worker's own fetch reaches public addresses alone.
    ${networkService('issuers', issuers)}
    ${networkService('collector', collector)}
    ${callbacks ? callbackService(callbacks) : ''}
  ],
  # A proxy in front, which ends TLS, says by which scheme it was asked.
  sockets = [(name = "http", http = (forwardedProtoHeader = "X-Forwarded-Proto"), service = "main")],
);

const rollcall :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "${COMPATIBILITY_DATE}",
  compatibilityFlags = [${COMPATIBILITY_FLAGS.map(text).join(', ')}],
  durableObjectNamespaces = [
    (className = "RuntimeConfig", uniqueKey = "rollcall-RuntimeConfig", enableSql = true),
    (className = "Project", uniqueKey = "rollcall-Project", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "objects"),
  bindings = [
    (name = "RUNTIME_CONFIG", durableObjectNamespace = "RuntimeConfig"),
    (name = "PROJECT", durableObjectNamespace = "Project"),
    (name = "ISSUERS", service = "issuers"),
    (name = "COLLECTOR", service = "collector"),
    ${callbacks ? '(name = "CALLBACKS", service = "callbacks"),' : ''}
    ${texts.join('\n    ')}
  ],
);
`
}

/** The public network, and these blocks of addresses. */
function networkService(name: string, blocks: readonly string[]): string {
  const allow = ['public', ...blocks].map(text).join(', ')
  return `(name = ${text(name)}, network = (allow = [${allow}], tlsOptions = (trustBrowserCas = true))),`
}

function callbackService({ address, certificate, certificateHost }: CallbackServer): string {
  const tls = `tlsOptions = (trustedCertificates = [${text(certificate)}])`
  const https = `(options = (), certificateHost = ${text(certificateHost)}, ${tls})`
  return `(name = "callbacks", external = (address = ${text(address)}, https = ${https})),`
}

/** A text in Cap'n Proto's notation, which knows no \\u. */
function text(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`
}

/** Where workerd lies. It is an optional dependency: whoever needs the client alone can do without. */
function findWorkerd(): string {
  try {
    // The package is CommonJS without types: its default export is the path of the program.
    return (createRequire(import.meta.url)('workerd') as { default: string }).default
  } catch {
    throw new StartError('The server runs on workerd, which is not installed: npm install workerd.')
  }
}
