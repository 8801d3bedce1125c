import type { CliqueId, DeviceId, SpaceId } from '@clique/crypto'
import { allChunkIdsOf } from '../documents/attached-file.ts'
import type { CliqueSession } from '../documents/clique-session.ts'
import type { FoldedMessage } from '../documents/conversation-fold.ts'
import type { DraftFile } from '../media/tray-view.ts'
import { readUnuploaded, sendChunks } from '../storage/chunk-uploads.ts'
import { sentDraft } from '../storage/drafts.ts'
import { placeOf } from '../storage/place.ts'
import type { Store } from '../storage/store.ts'
import { maxRelays } from '../sync/ports.ts'

/**
 * Writes a message with its files, in one commit with the errands to the relays and the end of the draft that it was:
 * a message whose files nobody was told to bring, or one that is still a draft, is nowhere in between.
 */
export async function sendFiles(
  session: CliqueSession,
  space: SpaceId,
  text: string,
  ready: readonly DraftFile[],
): Promise<void> {
  const files = ready.map(({ file }) => file)
  const uploads = allChunkIdsOf(files).map((chunk) => ({ space, chunk }))
  const relays = session.log.state.relays.slice(0, maxRelays).map(({ peer }) => peer)
  const { store, clique } = session
  const place = placeOf(clique, space)
  const keys = new Set(files.map(({ key }) => key))
  const draft = await sentDraft<DraftFile>(
    store,
    place,
    (one) => one.text.trim() === text.trim() && one.files.every(({ file }) => keys.has(file.key)),
  )
  await sendChunks(store, clique, relays, uploads, Date.now(), (sending) => {
    const write = async (): Promise<void> => {
      await sending.write()
      await draft.write()
    }
    return session.say(space, text, files, { tables: [...sending.tables, ...draft.tables], write })
  })
  store.changes.announce({ kind: 'drafts', place })
}

/** Which of this device's messages have files on their way to a relay. What has arrived is not asked for again. */
export class UploadWatch {
  readonly #store: Store
  readonly #clique: CliqueId
  readonly #arrived = new Set<number>()

  constructor(store: Store, clique: CliqueId) {
    this.#store = store
    this.#clique = clique
  }

  /** Sequences of the records of these messages. */
  async read(messages: readonly FoldedMessage[], device: DeviceId): Promise<Set<number>> {
    const own = messages.filter(
      (message) =>
        message.device === device && message.entry.files.length > 0 && !this.#arrived.has(message.sequence),
    )
    const uploading = new Set<number>()
    for (const { sequence, entry } of own) {
      const left = await readUnuploaded(this.#store, this.#clique, allChunkIdsOf(entry.files))
      if (left.size > 0) uploading.add(sequence)
      else this.#arrived.add(sequence)
    }
    return uploading
  }

  /** Returns the function that stops listening. */
  listen(onChange: () => void): () => void {
    return this.#store.changes.listen((change) => {
      if (change.kind === 'uploads' && change.clique === this.#clique) onChange()
    })
  }
}
