/**
 * Where in the world the objects of a project or a config are, as the deployment says. Cloudflare decides by the name and
 * by the jurisdiction which object is meant: one that is given another jurisdiction is another, empty object.
 */
import { invalid, ok, type Result } from './fault.ts'
import { parseName, quote } from './name.ts'

/** Borders that an object and its data never leave. */
const JURISDICTIONS = ['eu', 'us', 'fedramp', 'fedramp-high'] as const
/** Regions that an object is made in, if there is room; without one, near to who first asks for it. */
const LOCATION_HINTS = 'wnam enam sam weur eeur apac apac-ne apac-se oc afr me'.split(' ')

export interface Place {
  readonly jurisdiction?: (typeof JURISDICTIONS)[number]
  readonly locationHint?: string
}

export interface Placement {
  /** The place of the object that keeps the directory of a project. */
  ofProject(project: string): Place
  /** The place of the object that owns a config, given by its full name. */
  ofConfig(config: string): Place
}

const ANYWHERE: Place = {}

/**
 * Reads a placement: an object, or its JSON, that has places by the names of projects (`projects/P`), of configs
 * (`projects/P/configs/C`), or `*` for all. The most particular of them counts, and counts alone.
 */
export function readPlacement(given: unknown): Result<Placement> {
  const places = new Map<string, Place>()
  const read = parse(given)
  if (!isObject(read)) return invalid(FIELD, `${FIELD} must be a JSON object of places by their names`)
  for (const [name, entry] of Object.entries(read)) {
    const place = readEntry(name, entry)
    if (!place.ok) return place
    places.set(name, place.value)
  }
  const all = places.get('*') ?? ANYWHERE
  const ofProject = (project: string) => places.get(`projects/${project}`) ?? all
  const ofConfig = (config: string) => places.get(config) ?? ofProject(config.split('/')[1] ?? '')
  return ok({ ofProject, ofConfig })
}

const FIELD = 'ROLLCALL_PLACEMENT'

function parse(given: unknown): unknown {
  if (given === undefined || given === '') return {}
  if (typeof given !== 'string') return given
  try {
    return JSON.parse(given)
  } catch {
    return undefined
  }
}

function readEntry(name: string, entry: unknown): Result<Place> {
  const at = `${FIELD}[${quote(name)}]`
  if (name !== '*') {
    const kind = /^projects\/[^/]+$/.test(name) ? `${name}/configs/c` : name
    const parsed = parseName(kind, at)
    if (!parsed.ok || parsed.value.kind !== 'config') {
      return invalid(at, `${at} must be named "*", or after a project or a config, such as "projects/p/configs/c"`)
    }
  }
  if (!isObject(entry)) return invalid(at, `${at} must be an object with a jurisdiction or a locationHint`)
  const { jurisdiction, locationHint, ...others } = entry
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) return invalid(at, `${at} has a jurisdiction and a locationHint, no ${quote(unknown)}`)
  const known =
    oneOf(`${at}.jurisdiction`, jurisdiction, JURISDICTIONS) ??
    oneOf(`${at}.locationHint`, locationHint, LOCATION_HINTS)
  return known ?? ok(entry as Place)
}

/** The refusal of a value that is none of these, if it is there. */
function oneOf(field: string, value: unknown, values: readonly string[]): Result<never> | undefined {
  if (value === undefined || values.includes(value as string)) return undefined
  return invalid(field, `${field} must be one of ${values.join(', ')}, this is ${JSON.stringify(value)}`)
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
