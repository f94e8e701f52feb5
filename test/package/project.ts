/** A project that has the package installed, as a user's would be. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pack, ROOT } from '../../src/package/inspect.ts'

export interface Manifest {
  readonly version: string
  readonly dependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
}

/** package.json of the checkout. */
export const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest

export interface Project {
  readonly folder: string
  readonly tarball: string
  /** The package's own folder in it. */
  readonly installed: string
}

/**
 * Packs the package and installs it into a project in `folder`, without a registry: what it depends on is packed from
 * the checkout. What is optional is left out.
 */
export function installInto(folder: string): Project {
  const tarball = pack(folder)
  const dependencies = Object.fromEntries(
    Object.keys(MANIFEST.dependencies).map((name) => [name, `file:${join(ROOT, 'node_modules', name)}`]),
  )
  const manifest = { name: 'user', private: true, type: 'module', dependencies: { ...dependencies, rollcall: tarball } }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  const options = ['--offline', '--install-links', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund']
  execFileSync('npm', ['install', ...options], { cwd: folder, stdio: 'pipe' })
  cpSync(join(import.meta.dirname, 'programs'), folder, { recursive: true })
  return { folder, tarball, installed: join(folder, 'node_modules', 'rollcall') }
}

/** Adds a package of the checkout to the project, as a link. */
export function link({ folder }: Project, name: string): void {
  const at = join(folder, 'node_modules', name)
  mkdirSync(join(at, '..'), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules', name), at)
}
