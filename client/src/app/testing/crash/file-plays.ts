import {
  sealChunk,
  chunkName,
  importMediaKey,
  makeMediaKey,
  setRelays,
  systemRandom,
  toHex,
} from '@clique/crypto'
import type { ChunkId, CliqueId, SpaceId } from '@clique/crypto'
import { expect } from 'vitest'
import { allChunkIdsOf } from '../../../documents/attached-file.ts'
import type { AttachedFile } from '../../../documents/attached-file.ts'
import { CliqueSession } from '../../../documents/clique-session.ts'
import { ConversationWindow } from '../../../documents/conversation-window.ts'
import { TestMember } from '../../../documents/testing/members.ts'
import { forgetLeftovers } from '../../../media/leftovers.ts'
import { openFile } from '../../../media/seal-file.ts'
import type { DraftFile } from '../../../media/tray-view.ts'
import { sendFiles } from '../../../messaging/uploads.ts'
import { ChunkPlaces } from '../../../storage/chunk-places.ts'
import { readUploads } from '../../../storage/chunk-uploads.ts'
import { putChunks, readChunk } from '../../../storage/chunks.ts'
import type { StoredChunk } from '../../../storage/chunks.ts'
import { markDrafted, readDrafted } from '../../../storage/drafted-chunks.ts'
import { readDraft } from '../../../storage/drafts.ts'
import { placeOf } from '../../../storage/place.ts'
import { settleChunks } from '../../../storage/settle-chunks.ts'
import { deleteStore, openStore } from '../../../storage/store.ts'
import type { Store } from '../../../storage/store.ts'
import { startTestWriter } from '../../../storage/testing/start-writer.ts'
import { relayPeer, relayPlace } from './paths.ts'
import type { Play } from './plays.ts'
import { imageOf } from './store-image.ts'

const text = 'the minutes'

/** The chunks of a profile, whole: the index, the files and what is to be done with them. */
async function expectChunks(store: Store, clique: CliqueId, named: readonly ChunkId[]): Promise<void> {
  const rows = await store.db.chunks.toArray()
  expect(new Set(rows.map(({ chunk }) => chunk))).toEqual(new Set(named))
  for (const id of named) expect(await readChunk(store, clique, id)).not.toBeNull()
  const { files } = await ChunkPlaces.of(store)
  expect(new Set(await files?.packs())).toEqual(new Set(rows.map(({ pack }) => pack)))
  const bytes = await store.db.chunkBytes.toArray()
  expect(bytes).toEqual([])
}

async function sentFiles(session: CliqueSession, space: SpaceId): Promise<AttachedFile[]> {
  const window = new ConversationWindow(await session.documents(space))
  const { messages } = await window.read()
  window.close()
  return messages.flatMap(({ entry }) => entry.files)
}

async function start(store: Store): Promise<void> {
  await settleChunks(store)
  await forgetLeftovers(store)
}

function attach(name: string, stopsWriter: boolean): Play {
  return {
    name,
    path: 'attach',
    stopsWriter,
    async begin() {
      const anna = await TestMember.founder('Anna')
      await anna.session.act((log, me) => setRelays(log, me, [relayPlace], { random: systemRandom }))
      const { space } = anna
      const { clique } = anna.session
      const image = await imageOf(anna.store)
      await anna.leaves()
      const file = new Uint8Array(300_000).map((_, i) => i * 7)
      return {
        image,
        input: { clique, space, texts: [text], file },
        async check(store, { kept }) {
          await start(store)
          const session = await CliqueSession.open(store, clique)
          const place = placeOf(clique, space)
          const draft = await readDraft<DraftFile>(store, place)
          const sent = await sentFiles(session, space)
          // Of a draft that was kept there is the draft or the message, never both and never neither.
          const isKept = kept.some((one) => one instanceof Object && 'draft' in one)
          expect(draft.files.length + sent.length).toBeGreaterThanOrEqual(isKept ? 1 : 0)
          expect(draft.files.length + sent.length).toBeLessThanOrEqual(1)
          expect(draft.text).toBe(draft.files.length === 1 ? text : '')
          if (kept.some((one) => one instanceof Object && 'message' in one)) expect(sent).toHaveLength(1)
          const [first] = sent.length > 0 ? sent : draft.files.map((one) => one.file)
          await expectChunks(store, clique, first === undefined ? [] : allChunkIdsOf([first]))
          if (first === undefined) return await session.close()
          const opened = await openFile(first, (id) => readChunk(store, clique, id))
          expect(new Uint8Array(await opened.arrayBuffer())).toEqual(file)
          const isSent = sent.length > 0
          await expectErrands(store, clique, allChunkIdsOf([first]), isSent)
          const [drafted] = draft.files
          if (drafted !== undefined) {
            await sendFiles(session, space, text, [drafted])
            expect(await sentFiles(session, space)).toHaveLength(1)
            await expectErrands(store, clique, allChunkIdsOf([first]), true)
          }
          await session.close()
        },
      }
    },
  }
}

/** What is sent goes to the relay and is a draft's no more; what is not is the draft's alone. */
async function expectErrands(
  store: Store,
  clique: CliqueId,
  ids: readonly ChunkId[],
  isSent: boolean,
): Promise<void> {
  const uploads = (await readUploads(store, clique, relayPeer, 100)).map(({ chunk }) => chunk)
  expect(new Set(uploads)).toEqual(new Set(isSent ? ids : []))
  const drafted = (await readDrafted(store)).map(({ chunk }) => chunk)
  expect(new Set(drafted)).toEqual(new Set(isSent ? [] : ids))
}

async function sealedPieces(count: number): Promise<StoredChunk[]> {
  const key = await importMediaKey(makeMediaKey(systemRandom))
  const pieces: StoredChunk[] = []
  for (let i = 0; i < count; i++) {
    const bytes = await sealChunk(key, 0, true, systemRandom(1_000))
    pieces.push({ chunk: chunkName(bytes), bytes })
  }
  return pieces
}

function settle(name: string, stopsWriter: boolean): Play {
  return {
    name,
    path: 'settle',
    stopsWriter,
    async begin() {
      const clique = toHex(systemRandom(32)) as CliqueId
      const storeName = `test-${toHex(systemRandom(8))}`
      const [inRows, inFiles, left, unnamed] = await Promise.all([
        sealedPieces(12),
        sealedPieces(3),
        sealedPieces(2),
        sealedPieces(2),
      ])
      const old = await openStore(storeName)
      await putChunks(old, clique, inRows)
      old.close()
      const store = await openStore(storeName, startTestWriter)
      await putChunks(store, clique, inFiles)
      await markDrafted(
        store,
        clique,
        left.map(({ chunk }) => chunk),
      )
      await putChunks(store, clique, left)
      await putChunks(store, clique, unnamed)
      await store.db.chunks.bulkDelete(unnamed.map(({ chunk }) => [clique, chunk]))
      const image = await imageOf(store)
      store.close()
      await deleteStore(storeName)
      const all = [...inRows, ...inFiles]
      return {
        image,
        input: {},
        async check(stopped) {
          const held = async (): Promise<void> => {
            for (const { chunk, bytes } of all) expect(await readChunk(stopped, clique, chunk)).toEqual(bytes)
          }
          await held()
          await start(stopped)
          await held()
          await expectChunks(
            stopped,
            clique,
            all.map(({ chunk }) => chunk),
          )
          expect(await readDrafted(stopped)).toEqual([])
        },
      }
    },
  }
}

export const filePlays: readonly Play[] = [
  attach('attaching a file and sending it', false),
  attach('attaching a file, while it is written', true),
  settle('settling chunks', false),
  settle('settling chunks, while files are written', true),
]
