/** Requests and answers, in a shape that any client can have: what waits and composite operations are made of. */

/** Milliseconds, or a number with its unit: `250`, `'1.5s'`, `'5m'`, `'2h'`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h'}`

/** A request, as it can be sent again. It holds no credential. */
export interface ApiRequest {
  /** HTTP method in capitals. */
  readonly method: string
  /** Absolute URL. */
  readonly url: string
  /** What is sent as JSON. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** An answer, together with the request that it answers. */
export interface ApiResponse<T> {
  readonly data: T
  /** HTTP status. */
  readonly status: number
  readonly headers: Headers
  readonly request: ApiRequest
}

/** What may be said of any single call. */
export interface CallOptions {
  /** Ends the call: its request is cut, and it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Whether to try again what is safe to try again; true unless the client was told otherwise. */
  readonly retry?: boolean | undefined
  /** How long one attempt may take. */
  readonly requestTimeout?: Duration | undefined
}

/** What may be said of a creation besides. */
export interface CreateOptions extends CallOptions {
  /** Makes the creation safe to repeat; one is made up where none is given. At most 64 characters. */
  readonly requestId?: string | undefined
}

/** What may be said of a change besides: ABORTED tells that it is not so, and nothing was changed. */
export interface WriteOptions extends CallOptions {
  /** The etag that the resource must have; `*` for any. */
  readonly ifMatch?: string | undefined
  /** That the resource must not be there. */
  readonly ifNoneMatch?: '*' | undefined
}

export interface PageOptions extends CallOptions {
  readonly pageSize?: number | undefined
  readonly pageToken?: string | undefined
}
