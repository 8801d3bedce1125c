import { CliqueError } from '@clique/crypto'

/**
 * In the built app this stands in for `@multiformats/dns`. With it the library asks companies' servers for names that no
 * address of Clique has: a relay is named by a host, which the browser itself looks up, or by an IP address.
 *
 * The names are the library's. Should somebody ask for another one, the build fails.
 */
export const RecordType = { TXT: 16 }

/** @throws CliqueError `relay-unreachable` when it is asked. */
export function dns(): { query(): Promise<never> } {
  return { query: () => Promise.reject(new CliqueError('relay-unreachable')) }
}
