/** The console as the Worker serves it; made by build.ts, and kept in no repository. */

/** The whole page. */
export const html: string
/** Its Content-Security-Policy, which names its one script and its one style by their digests. */
export const policy: string
/** Changes with the page. */
export const etag: string
