import { spawnSync } from 'node:child_process'
import { installPackages, mayInstall } from './debian.ts'

/** What the stories with homes behind routers need, by the Debian packages that have it. */
const packages = [
  { name: 'iproute2', command: 'ip', version: '-V' },
  { name: 'nftables', command: 'nft', version: '-v' },
] as const

/** Packages of tools that are missing. */
function missing(): string[] {
  return packages
    .filter(({ command, version }) => spawnSync(command, [version], { stdio: 'ignore' }).status !== 0)
    .map(({ name }) => name)
}

/** Gets the tools where they are missing and can be had; without them those stories say so and are skipped. */
export async function findNetworkTools(): Promise<void> {
  const names = missing()
  if (names.length === 0 || !mayInstall()) return
  console.error(`network tools: asking apt-get for ${names.join(' and ')}`)
  await installPackages('network tools', ...names)
}
