/** Where the hosts are that the server may reach though their addresses are private. */
import { lookup } from 'node:dns/promises'

/**
 * The addresses of the hosts of these URLs, as blocks such as `127.0.0.1/32`. Workers may not reach private addresses,
 * and these are the exceptions: looked up once, so that a name that is pointed elsewhere later opens nothing. `what` is
 * what one of them is called, where it is not found.
 */
export async function addressesOf(urls: readonly string[], what: string): Promise<string[]> {
  const hosts = [...new Set(urls.map((url) => new URL(url).hostname.replace(/^\[(.*)\]$/, '$1')))]
  const found = await Promise.all(hosts.map((host) => resolve(host, what)))
  return [...new Set(found.flat())]
}

async function resolve(host: string, what: string): Promise<string[]> {
  try {
    const addresses = await lookup(host, { all: true })
    return addresses.map(({ address, family }) => `${address}/${family === 4 ? 32 : 128}`)
  } catch {
    process.stderr.write(
      `The ${what} ${host} is not found for now: if its address is private, start again when it is.\n`,
    )
    return []
  }
}
