/** The configs of a project. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { RuntimeConfig } from '../../core/wire.ts'
import { checkId, configName } from '../../core/name.ts'
import { statusOf } from '../../core/fault.ts'
import { idOf } from '../model/live-config.ts'
import { linkTo } from '../model/route.ts'
import { Confirmation, Dialog } from './dialog.tsx'
import { Actions, NameField, Search } from './fields.tsx'
import { useRights, useTask } from './hooks.ts'
import { Empty, Failure } from './notice.tsx'
import { useSession } from './session.ts'
import { Windowed } from './windowed.tsx'

const ROW = 48

export function Configs({ project }: { readonly project: string }) {
  const session = useSession()
  const { client } = session.state
  const [configs, setConfigs] = useState<readonly RuntimeConfig[]>()
  const [filter, setFilter] = useState('')
  const [making, setMaking] = useState(false)
  const [deleting, setDeleting] = useState<RuntimeConfig>()
  const rights = useRights(client, `projects/${project}`)
  const { error, run } = useTask()
  const read = () =>
    run(async () => {
      const found: RuntimeConfig[] = []
      try {
        for await (const config of client.configs.listAll(`projects/${project}`, { pageSize: 1000 })) found.push(config)
      } catch (refusal) {
        if (!session.refused(refusal)) throw refusal
        return
      }
      setConfigs(found)
    })
  useEffect(() => void read(), [client, project])
  const shown = useMemo(() => {
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean)
    const textOf = (config: RuntimeConfig) => `${idOf(config)} ${config.description ?? ''}`.toLowerCase()
    return (configs ?? []).filter((config) => words.every((word) => textOf(config).includes(word)))
  }, [configs, filter])
  return (
    <section class="page" aria-busy={rights === undefined || configs === undefined}>
      <div class="bar">
        <h1>Configs</h1>
        {configs && configs.length > 0 && (
          <Search label="Filter configs" placeholder="Filter" value={filter} onChange={setFilter} />
        )}
        <span class="hint" role="status">
          {configs && told(shown.length, configs.length)}
        </span>
        <button type="button" onClick={() => void read()}>
          Refresh
        </button>
        {rights?.has('configs.create') && (
          <button type="button" class="main" onClick={() => setMaking(true)}>
            New config
          </button>
        )}
      </div>
      <Failure error={error} />
      {configs?.length === 0 && (
        <Empty
          title={`No config in ${project} yet`}
          command={`rollcall --url ${client.base} --project ${project} configs create fleet`}
        >
          <p>A config holds the variables and waiters of one group: a fleet, a job, a build.</p>
        </Empty>
      )}
      {shown.length > 0 && (
        <Windowed
          role="list"
          aria-label="Configs"
          tabIndex={0}
          class="rows"
          count={shown.length}
          rowHeight={ROW}
          row={(index) => (
            <ConfigRow key={shown[index]?.name} config={shown[index] as RuntimeConfig} onDelete={setDeleting} />
          )}
        />
      )}
      {making && <NewConfig project={project} onClose={() => setMaking(false)} />}
      {deleting && (
        <DeleteConfig
          config={deleting}
          onClose={() => setDeleting(undefined)}
          onDeleted={() => setConfigs(configs?.filter(({ name }) => name !== deleting.name))}
        />
      )}
    </section>
  )
}

function ConfigRow({ config, onDelete }: { config: RuntimeConfig; onDelete: (config: RuntimeConfig) => void }) {
  const rights = useRights(useSession().state.client, config.name)
  const id = idOf(config)
  const [, project = ''] = config.name.split('/')
  return (
    <div role="listitem" class="row" aria-busy={rights === undefined} style={{ height: `${ROW}px` }}>
      <a class="name" href={linkTo({ page: 'config', config: { project, id }, tab: 'variables' })}>
        {id}
      </a>
      <bdi class="value">{config.description}</bdi>
      {rights?.has('configs.delete') && (
        <button type="button" class="quiet" aria-label={`Delete ${id}`} onClick={() => onDelete(config)}>
          Delete
        </button>
      )}
    </div>
  )
}

function NewConfig({ project, onClose }: { project: string; onClose: () => void }) {
  const { client } = useSession().state
  const [id, setId] = useState('')
  const [description, setDescription] = useState('')
  const { busy, error, run } = useTask()
  const checked = id === '' ? undefined : checkId(id, 'The name')
  const submit = (event: Event) => {
    event.preventDefault()
    void run(async () => {
      await client.configs.create({ name: configName(project, id), description })
      onClose()
      location.hash = linkTo({ page: 'config', config: { project, id }, tab: 'variables' })
    })
  }
  return (
    <Dialog title="New config" onClose={onClose}>
      <form onSubmit={submit}>
        <NameField first label="Name" placeholder="fleet" value={id} onChange={setId} />
        <label>
          Description
          <input value={description} onInput={(event) => setDescription(event.currentTarget.value)} />
        </label>
        <Failure error={checked && !checked.ok ? statusOf(checked.fault).message : error} />
        <Actions verb="Create" disabled={busy || !checked?.ok} onCancel={onClose} />
      </form>
    </Dialog>
  )
}

/** What goes with a config, as far as the caller may see it. */
interface Contents {
  readonly variables: number | undefined
  readonly waiters: number | undefined
  readonly waiting: number
}

function DeleteConfig(props: { config: RuntimeConfig; onClose: () => void; onDeleted: () => void }) {
  const { config, onClose, onDeleted } = props
  const { client } = useSession().state
  const [contents, setContents] = useState<Contents>()
  useEffect(() => {
    const controller = new AbortController()
    const options = { pageSize: 1000, signal: controller.signal }
    const all = async <T,>(list: AsyncIterable<T>): Promise<T[] | undefined> => {
      const found: T[] = []
      try {
        for await (const one of list) found.push(one)
      } catch {
        return undefined
      }
      return found
    }
    void Promise.all([
      all(client.variables.listAll(config.name, options)),
      all(client.waiters.listAll(config.name, options)),
    ]).then(([variables, waiters]) => {
      const waiting = waiters?.filter(({ done }) => !done).length ?? 0
      setContents({ variables: variables?.length, waiters: waiters?.length, waiting })
    })
    return () => controller.abort()
  }, [config.name])
  const act = async () => {
    await client.configs.delete(config.name)
    onDeleted()
  }
  return (
    <Confirmation title={`Delete ${idOf(config)}?`} verb="Delete it and all in it" act={act} onClose={onClose}>
      <p>With the config go, and cannot be brought back:</p>
      <ul aria-live="polite">
        <li>{contents ? counted(contents.variables, 'variable') : 'its variables'}</li>
        <li>
          {contents ? counted(contents.waiters, 'waiter') : 'its waiters'}
          {contents && contents.waiting > 0 && `, of which ${contents.waiting} still wait: whoever waits is told so`}
        </li>
        <li>its policy</li>
      </ul>
    </Confirmation>
  )
}

const counted = (count: number | undefined, what: string) =>
  count === undefined ? `all ${what}s` : `${count} ${what}${count === 1 ? '' : 's'}`

const told = (shown: number, all: number) => (shown === all ? `${all}` : `${shown} of ${all}`)
