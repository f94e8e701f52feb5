/**
 * A request as the Standard Webhooks specification (1.0.0) has it: `webhook-id`, `webhook-timestamp` and
 * `webhook-signature`, by which its recipient knows who sent it, when, and that it has seen it before.
 */

/** How long an answer may take, in milliseconds. */
export const ANSWER_MS = 15_000

/** The options of a POST that tells `body` (JSON) at `now` (milliseconds since 1970), signed with each of the secrets. */
export async function webhook(
  { id, body, trace }: { readonly id: string; readonly body: string; readonly trace?: string | undefined },
  secrets: readonly Uint8Array<ArrayBuffer>[],
  now: number,
) {
  const timestamp = Math.floor(now / 1000)
  const signed = `${id}.${timestamp}.${body}`
  const signatures = await Promise.all(secrets.map((secret) => sign(secret, signed)))
  const headers = {
    'Content-Type': 'application/json',
    'User-Agent': 'Rollcall',
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
    ...(trace && { traceparent: trace }),
  }
  // A redirection could lead where the deployment allows no callbacks.
  return { method: 'POST', redirect: 'manual', headers, body, signal: AbortSignal.timeout(ANSWER_MS) } as const
}

async function sign(secret: Uint8Array<ArrayBuffer>, signed: string): Promise<string> {
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const signature = new Uint8Array(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(signed)))
  return `v1,${btoa(String.fromCharCode(...signature))}`
}
