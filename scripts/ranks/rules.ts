import { outside, type Target } from './resolve.ts'
import {
  clientLayer,
  clientPackageOwners,
  doorsOf,
  foreignToCrypto,
  isTestFile,
  rankOf,
  workspaces,
} from './table.ts'

/** Packages that each workspace's package.json names; `''` holds the root's development tools. */
export type Dependencies = ReadonlyMap<string, ReadonlySet<string>>

function isIn(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`)
}

function workspaceOf(path: string): string | null {
  return workspaces.find(({ folder }) => isIn(path, folder))?.folder ?? null
}

/** Why a file must not import this, as a sentence that follows both names, or null. */
export function reasonAgainst(importer: string, target: Target, dependencies: Dependencies): string | null {
  // Outside vectors lie beside the project: a test may look whether they are there.
  if (target.kind === 'unknown') return isTestFile(importer) && target.why === outside ? null : target.why
  if (target.kind === 'package')
    return reasonAgainstPackage(importer, target.name, target.specifier, dependencies)
  return reasonAgainstFile(importer, target.path, target.door)
}

function reasonAgainstPackage(
  importer: string,
  name: string,
  specifier: string,
  dependencies: Dependencies,
): string | null {
  const test = isTestFile(importer)
  if (isIn(importer, 'crypto') && foreignToCrypto.test(specifier)) return 'is foreign to the security layer'
  if (isIn(importer, 'client')) {
    const owner = clientPackageOwners.find(({ packages }) => packages.test(specifier))
    if (owner !== undefined && !isIn(importer, owner.folder))
      return `${owner.name} belongs to ${owner.folder} alone`
  }
  if (name.startsWith('node:')) return reasonAgainstNode(importer)
  if (name.startsWith('virtual:')) return null
  const workspace = workspaceOf(importer)
  if (workspace === null || workspace === 'scripts' || isTool(importer)) return null
  const named = dependencies.get(workspace)?.has(name) ?? false
  // A test has the tools, and what the parts that it puts together are made of.
  const tool = test && [...dependencies.values()].some((names) => names.has(name))
  return named || tool ? null : `is not among the dependencies in ${workspace}/package.json`
}

function reasonAgainstNode(importer: string): string | null {
  if (isTestFile(importer) || isTool(importer)) return null
  const pure = ['crypto', 'relay/protocol', 'client/src'].find((folder) => isIn(importer, folder))
  return pure === undefined ? null : `${pure} does not run in Node alone`
}

/** Files beside a workspace's sources that the build tools run (plugins, configurations). */
function isTool(path: string): boolean {
  return /^(client|crypto|relay)\/[^/]+\.ts$/.test(path)
}

function reasonAgainstFile(importer: string, path: string, door: string | null): string | null {
  const test = isTestFile(importer)
  if (!test && isTestFile(path)) return 'is there for tests only'
  if (test && workspaceOf(importer) !== workspaceOf(path)) return null
  const fromOutside = reasonAgainstWorkspace(importer, path, door)
  return fromOutside ?? reasonAgainstLayer(importer, path)
}

function reasonAgainstWorkspace(importer: string, path: string, door: string | null): string | null {
  const own = workspaceOf(importer)
  const theirs = workspaceOf(path)
  if (own === null || own === 'scripts' || isTool(importer)) return null
  if (own === theirs) {
    const climbs = isIn(importer, 'relay/protocol') && !isIn(path, 'relay/protocol')
    return climbs ? 'is the server; the protocol is shared with the client' : null
  }
  const allowed = doorsOf.find(({ folder }) => isIn(importer, folder))?.doors ?? []
  if (door !== null && allowed.includes(door)) return null
  if (own === 'relay' && theirs === 'crypto') return 'the relay may import @clique/crypto/verify only'
  return door === null ? 'is in another workspace; use its door' : `no door for ${own}`
}

function reasonAgainstLayer(importer: string, path: string): string | null {
  const from = clientLayer(importer)
  const to = clientLayer(path)
  if (from === null || !isIn(importer, 'client/src')) return null
  if (to === null) return isIn(path, 'client/src') ? `${path} is in no layer` : null
  if (rankOf(from) === -1) return `${from} is no layer of the client`
  if (rankOf(to) === -1) return `${to} is no layer of the client`
  if (from === to || rankOf(to) < rankOf(from)) return null
  return rankOf(to) === rankOf(from) ? `${from} and ${to} are of one rank` : `${to} ranks above ${from}`
}
