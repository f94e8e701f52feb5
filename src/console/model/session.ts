/** Who looks, and at which service: the one that the page came from. The token stays in the tab. */
import { Client, ServiceError } from '../../client/index.ts'
import { Signal } from './signal.ts'

/** Where the tab keeps it: gone when the tab is closed, and never sent to another. */
const KEY = 'rollcall.token'

const TOKEN = /^[\x21-\x7e]+$/

/** The browser's `sessionStorage`, which a page may be denied. */
export interface Keep {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

export interface SignIn {
  readonly client: Client
  /** Whether a token is shown. */
  readonly signedIn: boolean
  /** Why a token is asked for; undefined while none is. */
  readonly asked: string | undefined
}

export class Session extends Signal {
  readonly #url: string
  readonly #keep: Keep | undefined
  #state: SignIn

  /** `url` is where the service answers. */
  constructor(url: string, keep: Keep | undefined) {
    super()
    this.#url = url
    this.#keep = keep
    this.#state = this.#stateOf(keep?.getItem(KEY) ?? undefined, undefined)
  }

  get state(): SignIn {
    return this.#state
  }

  /** Throws for a text that can be no token: it would be refused before it is sent. */
  signIn(token: string): void {
    if (!TOKEN.test(token)) throw new Error('A token is made of visible ASCII characters, without blanks.')
    this.#keep?.setItem(KEY, token)
    this.#set(this.#stateOf(token, undefined))
  }

  signOut(): void {
    this.#keep?.removeItem(KEY)
    this.#set(this.#stateOf(undefined, undefined))
  }

  /** Takes notice of a refusal: if it is for the lack of a good token, one is asked for. Answers whether it is. */
  refused(error: unknown): boolean {
    if (!(error instanceof ServiceError) || error.status !== 401) return false
    if (this.#state.asked === undefined) this.#set({ ...this.#state, asked: error.message })
    return true
  }

  #stateOf(token: string | undefined, asked: string | undefined): SignIn {
    return { client: new Client({ url: this.#url, token }), signedIn: token !== undefined, asked }
  }

  #set(state: SignIn): void {
    this.#state = state
    this.emit()
  }
}
