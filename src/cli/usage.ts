/** Something the person at the command line should change; the message is a sentence for them. */
export class UsageError extends Error {}
