/** Where one begins: which project to look at. */
import { useState } from 'preact/hooks'
import { checkProject } from '../../core/name.ts'
import { statusOf } from '../../core/fault.ts'
import { linkTo } from '../model/route.ts'
import { Failure } from './notice.tsx'

export function Start() {
  const [project, setProject] = useState('')
  const [error, setError] = useState<string>()
  const submit = (event: Event) => {
    event.preventDefault()
    const checked = checkProject(project.trim(), 'The project')
    if (!checked.ok) return setError(statusOf(checked.fault).message)
    location.hash = linkTo({ page: 'project', project: project.trim() })
  }
  return (
    <section class="narrow">
      <h1>Has everyone checked in?</h1>
      <p>Configs hold variables and waiters, and lie in projects. Which project do you want to look at?</p>
      <form onSubmit={submit}>
        <label>
          Project
          <input
            autocomplete="on"
            name="project"
            spellcheck={false}
            autocapitalize="off"
            autofocus
            required
            placeholder="demo"
            value={project}
            onInput={(event) => setProject(event.currentTarget.value)}
          />
        </label>
        <Failure error={error} />
        <footer>
          <button type="submit" class="main">
            Open
          </button>
        </footer>
      </form>
    </section>
  )
}
