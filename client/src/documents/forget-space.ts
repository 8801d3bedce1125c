import { CliqueError, isInSpace } from '@clique/crypto'
import type { ChunkId, SpaceId } from '@clique/crypto'
import { deleteSpace } from '../storage/delete-space.ts'
import { readDraft } from '../storage/drafts.ts'
import { readForgotten } from '../storage/forgotten.ts'
import { placeOf } from '../storage/place.ts'
import { readNewestDocuments } from '../storage/snapshots.ts'
import { allChunkIdsOf } from './attached-file.ts'
import type { AttachedFile } from './attached-file.ts'
import type { CliqueSession } from './clique-session.ts'
import { isMessage } from './conversation-fold.ts'
import type { SpaceDocuments } from './space-documents.ts'
import { isTitle } from './title-name.ts'
import { withCliqueLock } from './write-lock.ts'

/**
 * Deletes all that is on this device of a conversation that its member is not in any more: messages, files, and what was typed.
 * Nobody hears of it. Once they are let in again all of it comes back from others, as for somebody new.
 * @throws CliqueError `not-allowed` while the member is in, `storage-failed`
 */
export async function forgetSpace(session: CliqueSession, space: SpaceId): Promise<void> {
  const { store, clique, member, device } = session
  const documents = await session.documents(space)
  await withCliqueLock(store.name, clique, async () => {
    await session.catchUp()
    await documents.catchUp()
    const { state } = session.log
    const since = state.spaces.get(space)?.places.get(member)?.since
    if (since === undefined || isInSpace(state, space, member)) throw new CliqueError('not-allowed')
    const [before] = await readForgotten(store, [documents.place])
    const own = Math.max(before?.own ?? 0, documents.heads.get(device)?.sequence ?? 0)
    await deleteSpace(store, clique, space, await chunksIn(documents), { since, own })
  })
}

/** Of all messages, and of what was going to be one. */
async function chunksIn(documents: SpaceDocuments): Promise<ChunkId[]> {
  const { context, place } = documents
  const draft = await readDraft<{ readonly file: AttachedFile }>(context.store, place)
  const chunks = new Set(allChunkIdsOf(draft.files.map(({ file }) => file)))
  for (const { document } of await readNewestDocuments(context.store, place, Infinity)) {
    if (isTitle(document)) continue
    const messages = (await documents.chapter(document)).entries().filter(isMessage)
    for (const { entry } of messages) for (const chunk of allChunkIdsOf(entry.files)) chunks.add(chunk)
  }
  return [...chunks]
}

/** Conversations of which nothing is shown: they were deleted here, and their member was not let in since. */
export async function forgottenSpaces({ store, clique, member, log }: CliqueSession): Promise<Set<SpaceId>> {
  const { state } = log
  const left = [...state.spaces.values()].filter(
    ({ id, places }) => places.has(member) && !isInSpace(state, id, member),
  )
  const rows = await readForgotten(
    store,
    left.map(({ id }) => placeOf(clique, id)),
  )
  const since = new Map(rows.map((row) => [row.place, row.since]))
  const gone = left.filter(({ id, places }) => since.get(placeOf(clique, id)) === places.get(member)?.since)
  return new Set(gone.map(({ id }) => id))
}
