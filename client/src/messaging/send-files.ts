import type { SpaceId } from '@clique/crypto'
import { allChunkIdsOf } from '../documents/attached-file.ts'
import type { CliqueSession } from '../documents/clique-session.ts'
import type { DraftFile } from '../media/tray-view.ts'
import { addUploads } from '../storage/chunk-errands.ts'

/**
 * Writes a message with its files. The errands to the relays are written first: a message whose files nobody
 * was told to bring would be worse than chunks that no message names.
 */
export async function sendFiles(
  session: CliqueSession,
  space: SpaceId,
  text: string,
  ready: readonly DraftFile[],
): Promise<void> {
  const files = ready.map(({ file }) => file)
  const uploads = allChunkIdsOf(files).map((chunk) => ({ space, chunk }))
  for (const { peer } of session.log.state.relays) {
    await addUploads(session.store, session.clique, peer, uploads)
  }
  await session.say(space, text, files)
}
