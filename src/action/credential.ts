/** Who the step is, to the service: the job itself, by the OIDC token that its runner gets for it. */
import { fullJitter, sleep } from '../client/backoff.ts'
import { isTransient } from '../client/errors.ts'
import type { Token } from '../client/index.ts'
import type { Inputs } from './inputs.ts'
import type { Runner } from './runner.ts'

/** How often the runner's service is asked for one token, for how long each time, and the pauses in between. */
const ATTEMPTS = 4
const ATTEMPT_MS = 10_000
const PAUSES = { min: 500, max: 5000 }

/** Something the author of the workflow should change; the message is a sentence for them. */
export class WorkflowError extends Error {}

/**
 * The token to call with; undefined for an open server. The job's own is asked for when it is first needed, and again
 * when the service refuses it, as it does when it has expired. Throws {@link WorkflowError}.
 */
export function credentialOf({ url, token, audience }: Inputs, runner: Runner): Token | undefined {
  if (token === 'none') return undefined
  // On the way it would be there for everyone to read.
  if (!isPrivate(url)) throw new WorkflowError(`url must be https where a token is sent, this is ${url}.`)
  if (token !== undefined) {
    runner.mask(token)
    return token
  }
  const { ACTIONS_ID_TOKEN_REQUEST_URL: asked, ACTIONS_ID_TOKEN_REQUEST_TOKEN: by } = runner.env
  if (!asked || !by) {
    throw new WorkflowError(
      'The job may not ask for an OIDC token. Give it "permissions: { id-token: write }"; a workflow that a fork has ' +
        'triggered cannot have that. For an open server give the input token: none.',
    )
  }
  const request = new URL(asked)
  request.searchParams.set('audience', audience)
  return async () => {
    const given = await askFor(request, by)
    runner.mask(given)
    return given
  }
}

function isPrivate(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' || /^(?:localhost|\[::1\]|127(?:\.\d+){3})$/.test(hostname)
}

async function askFor(url: URL, by: string): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await askOnce(url, by)
    } catch (error) {
      const passing = isTransient(error) || (error as Error).name === 'TimeoutError'
      if (attempt === ATTEMPTS || !passing) {
        throw new WorkflowError(`The runner gave no OIDC token: ${(error as Error).message}.`, { cause: error })
      }
      await sleep(fullJitter(attempt, PAUSES))
    }
  }
}

async function askOnce(url: URL, by: string): Promise<string> {
  const headers = { authorization: `Bearer ${by}`, accept: 'application/json' }
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(ATTEMPT_MS) })
  const text = await response.text()
  if (!response.ok) throw Object.assign(new Error(`HTTP ${response.status}`), { status: response.status })
  const { value } = JSON.parse(text) as { value?: unknown }
  if (typeof value === 'string' && value) return value
  throw new Error('its answer has no value')
}
