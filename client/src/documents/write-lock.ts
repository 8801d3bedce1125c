import type { CliqueId } from '@clique/crypto'

/**
 * One writer per clique and browser profile: tabs that wrote at the same time would give one sequence number
 * twice, and a chain with two ends cannot be repaired. The browser frees the lock of a tab that dies.
 */
export function withCliqueLock<T>(database: string, clique: CliqueId, write: () => Promise<T>): Promise<T> {
  return navigator.locks.request(`clique-write:${database}:${clique}`, () => write()) as Promise<T>
}
