/** Asks for a token, which stays in the tab. */
import { useState } from 'preact/hooks'
import { Failure } from './notice.tsx'
import { useSession } from './session.ts'

export function SignIn({ why }: { readonly why: string }) {
  const session = useSession()
  const [token, setToken] = useState('')
  const [error, setError] = useState<unknown>()
  const submit = (event: Event) => {
    event.preventDefault()
    try {
      session.signIn(token.trim())
    } catch (refusal) {
      setError(refusal)
    }
  }
  return (
    <section class="narrow">
      <h1>Sign in</h1>
      <p role="alert">{why}</p>
      <form onSubmit={submit}>
        <label>
          Token
          <input
            type="password"
            autocomplete="off"
            spellcheck={false}
            required
            autofocus
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        </label>
        <p class="hint">
          A token of this deployment, or an identity token of an issuer that it trusts. It is kept in this tab until you
          close it or sign out.
        </p>
        <Failure error={error} />
        <footer>
          <button type="submit" class="main">
            Sign in
          </button>
        </footer>
      </form>
    </section>
  )
}
