/** The way to the objects: which one a name means, and where it is to be. */
import { statusOf, type Result } from '../core/fault.ts'
import { readPlacement, type Place, type Placement } from '../core/placement.ts'
import { log } from '../telemetry/log.ts'
import type { Project } from './project.ts'
import type { RuntimeConfig } from './runtime-config.ts'

/** The bindings that lead to objects. */
export interface ObjectsEnv {
  /** One object per config, named by its full name. */
  readonly RUNTIME_CONFIG: DurableObjectNamespace<RuntimeConfig>
  /** One object per project, named by its id; and one for all of them. */
  readonly PROJECT: DurableObjectNamespace<Project>
  /** Where they are: see core/placement.ts. JSON, or what it stands for. */
  readonly ROLLCALL_PLACEMENT?: unknown
}

/** The object that owns a config, given by its full name. */
export function configObject(env: ObjectsEnv, config: string) {
  return at(env.RUNTIME_CONFIG, config, placementOf(env).ofConfig(config))
}

/** The object that keeps the directory of a project. */
export function projectObject(env: Pick<ObjectsEnv, 'PROJECT' | 'ROLLCALL_PLACEMENT'>, project: string) {
  return at(env.PROJECT, project, placementOf(env).ofProject(project))
}

function at<T extends Rpc.DurableObjectBranded>(
  namespace: DurableObjectNamespace<T>,
  name: string,
  { jurisdiction, locationHint }: Place,
): DurableObjectStub<T> {
  const within = jurisdiction === undefined ? namespace : namespace.jurisdiction(jurisdiction)
  // Only the first to ask for an object can say where it is made; for all others this says nothing.
  return locationHint === undefined
    ? within.getByName(name)
    : within.getByName(name, { locationHint: locationHint as DurableObjectLocationHint })
}

/** The placement that was read last: it is the same for as long as a deployment is. */
let last: { readonly given: unknown; readonly read: Result<Placement> } | undefined

/** Whether the deployment says where objects are in a way that can be read. If not, no object may be asked for. */
export function isPlaced(env: Pick<ObjectsEnv, 'ROLLCALL_PLACEMENT'>): boolean {
  return readLast(env).ok
}

function placementOf(env: Pick<ObjectsEnv, 'ROLLCALL_PLACEMENT'>): Placement {
  const read = readLast(env)
  if (!read.ok) throw new Error(statusOf(read.fault).message)
  return read.value
}

function readLast({ ROLLCALL_PLACEMENT: given }: Pick<ObjectsEnv, 'ROLLCALL_PLACEMENT'>): Result<Placement> {
  if (!last || last.given !== given) {
    last = { given, read: readPlacement(given) }
    const { read } = last
    if (!read.ok) log('error', 'placement.bad', { message: `every call is refused: ${statusOf(read.fault).message}` })
  }
  return last.read
}
