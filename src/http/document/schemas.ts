/**
 * What the resources, requests and answers of the API hold, field by field. The types of wire.ts say which fields there
 * are: the compiler refuses one that is missing here, or too many.
 */
import type * as wire from '../../core/wire.ts'
import type { Status as HttpStatus } from '../../core/fault.ts'
import {
  any,
  bool,
  bytes,
  double,
  duration,
  int32,
  list,
  of,
  oneOf,
  ours,
  readOnly,
  string,
  timestamp,
  type Fields,
  type Schema,
} from './field.ts'

/** Google's schemas, with what was added to them, and those that are added whole. */
const schema = <T>(about: string, fields: Fields<T>) => ({ about, fields }) satisfies Schema
const added = <T>(about: string, fields: Fields<T>) => ({ about, fields, ours: true }) satisfies Schema

const ETAG = 'Changes whenever this does. A change that carries a stale one is refused with 409.'

const RESOURCES = {
  RuntimeConfig: schema<wire.RuntimeConfig>('A config: the home of variables and waiters that belong together.', {
    name: string(
      'Full name, `projects/P/configs/C`. The id has 1 to 63 characters: letters, digits, "_", "." and "-".',
    ),
    description: string('What the config is for.'),
    etag: ours(string(ETAG)),
  }),
  Variable: schema<wire.Variable>('A variable: a small value under a path. It holds either `text` or `value`.', {
    name: string('Full name, `projects/P/configs/C/variables/V`. The path V may have slashes.'),
    text: string('UTF-8 text of at most 4,095 bytes, which may be empty.'),
    value: bytes('At most 4,095 bytes, which may be none.'),
    updateTime: readOnly(timestamp('When the variable was last written. No two changes of a config have the same.')),
    state: readOnly(
      oneOf('What became of the variable. Only in the answers of changes and in what is pushed.', {
        VARIABLE_STATE_UNSPECIFIED: 'Never sent.',
        UPDATED: 'It was written.',
        DELETED: 'It was deleted, or its time ran out.',
      }),
    ),
    etag: ours(string(ETAG)),
    ttl: ours(duration('For how long the variable lives unless it is written again or renewed.')),
    expireTime: ours(readOnly(timestamp('When it disappears, if it is neither written again nor renewed before.'))),
  }),
  Waiter: schema<wire.Waiter>('A waiter: it ends once, by success, by failure, or when its time runs out.', {
    name: string('Full name, `projects/P/configs/C/waiters/W`.'),
    timeout: duration('How long the waiter waits. At its end it fails with DEADLINE_EXCEEDED.'),
    success: of('EndCondition', 'What must be so for the waiter to succeed.'),
    failure: of('EndCondition', 'What makes it fail. It is judged before `success`.'),
    createTime: readOnly(timestamp('When the waiter was made.')),
    done: readOnly(bool('Whether it has ended.')),
    error: readOnly(of('Status', 'Why it failed. Absent while it waits, and when it succeeded.')),
    sticky: ours(bool('Whether what was counted once stays counted, whatever becomes of the variable.')),
    callback: ours(of('Callback', 'Where the end is told by a signed POST.')),
    progress: ours(readOnly(of('Progress', 'How far the waiter has come; of one that has ended, how far it had.'))),
  }),
  EndCondition: schema<wire.EndCondition>('When a waiter ends: exactly one of these.', {
    cardinality: of('Cardinality', 'So many variables are there.'),
    variable: ours(of('VariableCondition', 'A variable is there, and matches.')),
    all: ours(list(of('EndCondition', 'All of these hold, at the same moment.'))),
    any: ours(list(of('EndCondition', 'At least one of these holds.'))),
    not: ours(of('EndCondition', 'This does not hold.')),
  }),
  Cardinality: schema<wire.Cardinality>('A count of the variables at a path and beneath it.', {
    path: string('Root of the subtree that is counted, by whole segments; `/` is the whole config.'),
    number: int32('How many variables it takes; 1 if it is absent.'),
    match: ours(of('Match', 'What their texts must be to be counted.')),
    members: ours(list(string('The names under `path` that are expected: only they are counted.'))),
    percent: ours(double('How many of the members it takes in percent, above 0, at most 100.')),
  }),
  Operation: schema<wire.Operation & { metadata: unknown }>('A waiter, as a long-running operation.', {
    name: string('Full name, `projects/P/configs/C/operations/waiters/W`.'),
    done: bool('Whether the waiter has ended: then there is an `error` or a `response`.'),
    error: of('Status', 'Why the waiter failed.'),
    response: any('The waiter that succeeded.'),
    metadata: any('Never sent.'),
  }),
  Status: schema<wire.RpcStatus>('What went wrong.', {
    code: int32('The code of google.rpc.Code, such as 4 for DEADLINE_EXCEEDED.'),
    message: string('A sentence for people.'),
    details: list(any('More for programs: BadRequest, ErrorInfo, RetryInfo.')),
  }),
  Policy: schema<wire.Policy>('The IAM policy of a config: who may do what in it.', {
    version: int32('0, 1, or 3 for one with conditions.'),
    bindings: list(of('Binding', 'Which members have which role.')),
    etag: bytes('Changes with the policy. A setIamPolicy that carries a stale one is refused with 409.'),
  }),
  Binding: schema<wire.Binding>('A role, and who has it.', {
    role: string('Such as `roles/runtimeconfig.editor`.'),
    members: list(string('Such as `user:ann@example.com`, `serviceAccount:...`, `allUsers`.')),
    condition: of('Expr', 'When the binding holds.'),
  }),
  Expr: schema<wire.Expr>('A condition in the Common Expression Language.', {
    expression: string('Such as `resource.name.startsWith("projects/P/configs/C/variables/ready/")`.'),
    title: string('A name for people.'),
    description: string('What it is for.'),
    location: string('Where it comes from.'),
  }),
  Match: added<wire.Match>("Comparisons of a variable's text, all of which must hold. Bytes match nothing.", {
    equals: string('The text is this.'),
    notEquals: string('The text is another than this.'),
    oneOf: list(string('The text is one of these.')),
    prefix: string('The text begins with this.'),
    atLeast: double('The text is a decimal number, at least this.'),
    atMost: double('The text is a decimal number, at most this.'),
  }),
  VariableCondition: added<wire.VariableCondition>('A variable that is there, and matches.', {
    name: string('Its path in the config, or its full name.'),
    match: of('Match', 'What its text must be.'),
  }),
  Callback: added<wire.Callback>('Where the end of a waiter is told by a POST, signed as Standard Webhooks say.', {
    uri: string('An absolute https URL, on a host that the deployment allows.'),
  }),
  Progress: added<wire.Progress>('How far a waiter has come.', {
    updateTime: timestamp('When a count last changed, or the waiter was made; when it ended, if it has.'),
    success: of('Tally', 'How far `success` has come.'),
    failure: of('Tally', 'How far `failure` has come.'),
    present: list(string('Those that `success` names, and counts.')),
    missing: list(string('Those that `success` names, and does not count.')),
    reason: of('Reason', 'What ended the waiter, unless its time ran out.'),
  }),
  Tally: added<wire.Tally>('How far a condition has come.', {
    have: int32('How many there are.'),
    need: int32('How many it takes.'),
  }),
  Reason: added<wire.Reason>('What ended a waiter.', {
    condition: string('The condition that decided, by where it stands, such as `failure.any[1].variable`.'),
    variable: string('Full name of the variable whose change tipped it; absent if it held from the start.'),
  }),
  Change: added<wire.Change>('Something that happened in a config: one of these.', {
    variable: of('Variable', 'A variable that was written or deleted.'),
    waiter: of('Waiter', 'A waiter that has ended.'),
  }),
}

const REQUESTS = {
  SetIamPolicyRequest: schema<{ policy: unknown }>('A policy to put in place of the present one.', {
    policy: of('Policy', 'The new policy, whole.'),
  }),
  TestIamPermissionsRequest: schema<{ permissions: unknown }>('Permissions to ask for.', {
    permissions: list(string('Such as `runtimeconfig.variables.get`.')),
  }),
  WatchVariableRequest: schema<{ newerThan: unknown }>('What a watch waits for.', {
    newerThan: timestamp(
      'Answer at once if the variable has changed since; without it, the next change is waited for.',
    ),
  }),
  CommitRequest: added<{ writes: unknown }>('Changes of variables that are made at one moment, or not at all.', {
    writes: list(of('Write', 'At most 500, applied in their order.')),
  }),
  Write: added<{ create: unknown; update: unknown; set: unknown; delete: unknown }>('A change: exactly one of these.', {
    create: of('Variable', 'Makes a variable that is not there.'),
    update: of('Variable', 'Changes one that is.'),
    set: of('Variable', 'Makes or changes it.'),
    delete: of('Deletion', 'Deletes it.'),
  }),
  Deletion: added<{ name: unknown; recursive: unknown; etag: unknown }>('A variable to delete.', {
    name: string('Its full name.'),
    recursive: bool('Whether all beneath its path goes with it.'),
    etag: string('Deletes it only if it still has this.'),
  }),
  RestoreRequest: added<{ time: unknown; bookmark: unknown }>('The moment to go back to: one of these.', {
    time: timestamp('A time of the last 30 days.'),
    bookmark: string('The `bookmark` or `undo` of a restoration.'),
  }),
  RenewRequest: added<{ names: unknown }>('Variables that are to live for their ttl from this moment on.', {
    names: list(string('Their full names, at most 1,000.')),
  }),
}

const ANSWERS = {
  Empty: schema<wire.Empty>('Nothing.', {}),
  Project: added<wire.Project>('A project, of which nothing is known but that it has, or had, a config.', {
    name: string('Full name, `projects/P`.'),
  }),
  ListProjectsResponse: added<wire.ListProjectsResponse>('Projects, sorted by name.', {
    projects: list(of('Project', 'Those of this page.')),
    nextPageToken: string('The `pageToken` of the next page, if there is one.'),
  }),
  ListConfigsResponse: schema<wire.ListConfigsResponse>('Configs, sorted by name.', {
    configs: list(of('RuntimeConfig', 'Those of this page.')),
    nextPageToken: string('The `pageToken` of the next page, if there is one.'),
  }),
  ListVariablesResponse: schema<wire.ListVariablesResponse>('Variables, sorted by name.', {
    variables: list(of('Variable', 'Those of this page.')),
    nextPageToken: string('The `pageToken` of the next page, if there is one.'),
  }),
  ListWaitersResponse: schema<wire.ListWaitersResponse>('Waiters, sorted by name.', {
    waiters: list(of('Waiter', 'Those of this page.')),
    nextPageToken: string('The `pageToken` of the next page, if there is one.'),
  }),
  TestIamPermissionsResponse: schema<wire.TestIamPermissionsResponse>('What the caller may do.', {
    permissions: list(string('Those asked for that the caller has.')),
  }),
  CommitResponse: added<wire.CommitResponse>('What became of a commit.', {
    updateTime: timestamp('The moment of all its changes.'),
    outcomes: list(of('WriteOutcome', 'One for each write, in their order.')),
  }),
  WriteOutcome: added<wire.WriteOutcome>('What became of a write.', {
    variable: of('Variable', 'The variable as it is since; absent for a deletion.'),
  }),
  RenewResponse: added<wire.RenewResponse>('What became of the variables that were to be renewed.', {
    outcomes: list(of('RenewOutcome', 'One for each name, in their order.')),
  }),
  RenewOutcome: added<wire.RenewResponse['outcomes'][number]>('One of these.', {
    variable: of('Variable', 'The variable, which was renewed.'),
    error: of('HttpStatus', 'Why it was not.'),
  }),
  RestoreResponse: added<wire.RestoreResponse>('What became of a restoration.', {
    bookmark: string('The moment that the config has gone back to.'),
    undo: string('The moment before the restoration: to restore it undoes this one.'),
  }),
  HttpStatus: added<HttpStatus>('What went wrong, as errors of HTTP tell it.', {
    code: int32('The HTTP status.'),
    message: string('A sentence for people.'),
    status: string('The name of the code of google.rpc.Code, such as NOT_FOUND.'),
    details: list(any('More for programs: BadRequest, ErrorInfo, RetryInfo.')),
  }),
  Changes: added<wire.Changes>('A message of a subscription: what happened in a config at one moment.', {
    stamp: timestamp('The moment, from which a stream resumes with `after`.'),
    changes: list(of('Change', 'What happened, in order. None says that nothing did until that moment.')),
    more: bool('Whether more of the same moment follows.'),
    reset: of('HttpStatus', 'Why the stream begins anew with the whole state.'),
  }),
}

/** Every schema of the API, by its name. */
export const SCHEMAS = { ...RESOURCES, ...REQUESTS, ...ANSWERS }

export type SchemaName = keyof typeof SCHEMAS
