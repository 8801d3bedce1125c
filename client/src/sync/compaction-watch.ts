import { sendingKey } from '@clique/crypto'
import type { SpaceId } from '@clique/crypto'
import { mayWrite } from '../documents/author-verdict.ts'
import type { CliqueSession } from '../documents/clique-session.ts'
import { leastCarried, rowsToCarry } from '../documents/compact-own.ts'

/** Finds the spaces in which it is time for one. Rows are read only where enough was written since the last look. */
export class CompactionWatch {
  /** Space -> sequence of this device's chain before which there is no use in looking. */
  readonly #next = new Map<SpaceId, number>()

  async due(session: CliqueSession): Promise<SpaceId | null> {
    const { log, device, spaces } = session
    for (const space of spaces) {
      const documents = await session.documents(space)
      const { sequence = 0 } = documents.heads.get(device) ?? {}
      const key = sendingKey(log, space)
      if (sequence < (this.#next.get(space) ?? leastCarried) || key === null) continue
      if (!mayWrite(log.state, device, space)) continue
      const rows = await rowsToCarry(documents, device, key.keyId, session.now())
      if (rows === null) continue
      if (rows.length >= leastCarried) return space
      this.#next.set(space, sequence + leastCarried - rows.length)
    }
    return null
  }
}
