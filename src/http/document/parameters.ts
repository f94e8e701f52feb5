/** What the query parameters of the API are for. */
import type { Parameter, Parameters } from '../request.ts'

/** A query parameter. */
export interface QueryParameter {
  readonly about: string
  readonly type: 'string' | 'bool' | 'int32'
  /** What it can be, and what each of these means. */
  readonly values?: Readonly<Record<string, string>>
  /** What it is when it is absent. */
  readonly absent?: string
}

/** Each parameter of the table, whichever method takes it. */
const ABOUT: Readonly<Record<string, string>> = {
  requestId: 'Makes the call safe to repeat: with the same id, of at most 64 characters, it answers the same again.',
  pageSize: 'The most entries of a page; all of them, if it is absent.',
  pageToken: 'The `nextPageToken` of the page before.',
  filter: 'A name or path, which stands for itself and all beneath it; or a pattern for the whole path, with `*`.',
  returnValues: 'Whether the variables are shown with what they hold.',
  recursive: 'Whether all beneath the path of the variable goes with it.',
  'options.requestedPolicyVersion': 'The version of policies that the caller understands: 0, 1 or 3.',
  path: 'Root of the subtree that is listened to; the whole config, if it is absent.',
  after: 'The `stamp` behind which the stream goes on.',
  state: 'Whether the stream begins with all that is there.',
  quiet: 'Opens a WebSocket that tells nothing, and takes commits.',
  direct: "Hands on the object's own WebSocket, for fleets that listen by the thousand. The caller must close it.",
}

const TYPES: Record<Parameter, QueryParameter['type']> = {
  string: 'string',
  bool: 'bool',
  pageSize: 'int32',
  int32: 'int32',
}

/** The query parameters of a method, by their names. Throws for one that {@link ABOUT} does not know. */
export function queryOf({
  id,
  query = {},
}: {
  readonly id: string
  readonly query?: Parameters
}): [name: string, QueryParameter][] {
  return Object.entries(query).map(([name, type]) => {
    const about = ABOUT[name]
    if (about === undefined) throw new Error(`${id}: the query parameter ${name} is described nowhere`)
    return [name, { about, type: TYPES[type] }]
  })
}

const IGNORED = 'Taken, and left alone.'
const text = (about: string): QueryParameter => ({ about, type: 'string' })

/** Google's parameters, which every method takes. */
export const COMMON: Readonly<Record<string, QueryParameter>> = {
  fields: text('Which fields of the answer to show, such as `variables(name,text),nextPageToken`.'),
  prettyPrint: { about: 'Whether the answer is indented.', type: 'bool', absent: 'true' },
  access_token: text('The token of the caller, where it cannot stand in a header.'),
  key: text('The same.'),
  alt: {
    about: 'The form of the answer, which is JSON whatever it says.',
    type: 'string',
    values: { json: 'JSON.', media: IGNORED, proto: IGNORED },
    absent: 'json',
  },
  '$.xgafv': { about: 'The form of errors.', type: 'string', values: { 1: IGNORED, 2: IGNORED } },
  callback: text(IGNORED),
  oauth_token: text(IGNORED),
  quotaUser: text(IGNORED),
  uploadType: text(IGNORED),
  upload_protocol: text(IGNORED),
}
