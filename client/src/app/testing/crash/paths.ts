import { rotateEpoch, systemRandom } from '@clique/crypto'
import type { CliqueId, InvitationLink, Policy, SpaceId } from '@clique/crypto'
import { compactOwn } from '../../../documents/compact-own.ts'
import { CliqueSession } from '../../../documents/clique-session.ts'
import type { AttachedFile } from '../../../documents/attached-file.ts'
import { forgetLeftovers, whileMakingDrafts } from '../../../media/leftovers.ts'
import { sealFile } from '../../../media/seal-file.ts'
import type { DraftFile } from '../../../media/tray-view.ts'
import { sendFiles } from '../../../messaging/uploads.ts'
import { foundClique } from '../../../security/create-clique.ts'
import { makeInvitation } from '../../../security/invitation-acts.ts'
import { enterClique, openInvitation } from '../../../security/join-clique.ts'
import type { RelayDoor } from '../../../security/relay-door.ts'
import { putChunks } from '../../../storage/chunks.ts'
import { markDrafted } from '../../../storage/drafted-chunks.ts'
import { saveDraft } from '../../../storage/drafts.ts'
import { placeOf } from '../../../storage/place.ts'
import { settleChunks } from '../../../storage/settle-chunks.ts'
import type { Store } from '../../../storage/store.ts'

/** What one worker is to do. Everything in it was made before, so that a stopped walk has the same input as a whole one. */
export interface Job {
  readonly path: PathName
  readonly store: string
  readonly input: Input
  /** Counted from 1; null where the walk is to come to its end and its points are to be told. */
  readonly stopAt: number | null
  /** It is the worker which writes files that stops, while the path waits for it. */
  readonly stopsWriter: boolean
  readonly channel: string
  /** Address of the script that writes files. */
  readonly writer: string
}

export interface Input {
  readonly clique?: CliqueId
  readonly space?: SpaceId
  readonly texts?: readonly string[]
  readonly receptions?: readonly Reception[]
  /** Of a control mailbox. */
  readonly items?: readonly Uint8Array[]
  readonly link?: InvitationLink
  readonly package?: Uint8Array
  readonly file?: Uint8Array
}

/** What a mailbox gives at once. */
export interface Reception {
  readonly kind: 'items' | 'records'
  readonly bytes: readonly Uint8Array[]
}

interface Walk {
  readonly store: Store
  readonly input: Input
  /** Tells what is acknowledged: from then on it must outlive every stop. */
  kept(what: unknown): void
}

export type PathName = keyof typeof paths

/** PeerId of the relay that everything came from. */
export const relayPeer = 'relaya'
export const relayPlace = { url: 'https://relay.example', peer: relayPeer }
export const policy: Policy = { name: 'Marmots', accent: 'teal', history: 'full' }

const dayMs = 24 * 60 * 60 * 1000

/** The paths on which a device writes, each as the app walks it. */
export const paths = { say, act, receive, create, join, invite, attach, settle, compact }

async function opened({ store, input }: Walk): Promise<{ session: CliqueSession; space: SpaceId }> {
  const { clique, space } = input
  if (clique === undefined || space === undefined) throw new Error('a path without a clique')
  return { session: await CliqueSession.open(store, clique), space }
}

/** Messages one after the other. Where no epoch is safe, the first of them begins one. */
async function say(walk: Walk): Promise<void> {
  const { session, space } = await opened(walk)
  for (const text of walk.input.texts ?? []) {
    await session.say(space, text)
    walk.kept(text)
  }
}

/** Milliseconds after which nobody is taken to be writing any more. */
export const quietTime = 60 * 60_000

/** Long after the last word. */
async function compact({ store, input, kept }: Walk): Promise<void> {
  const { clique, space } = input
  if (clique === undefined || space === undefined) throw new Error('a path without a clique')
  const session = await CliqueSession.open(store, clique, { now: () => Date.now() + quietTime })
  await session.write(space, compactOwn)
  kept('carried')
}

async function act(walk: Walk): Promise<void> {
  const { session } = await opened(walk)
  const { operation } = await session.act((log, me) => rotateEpoch(log, me, { random: systemRandom }))
  walk.kept(operation.id)
  walk.kept((await session.rotate()).operation.id)
}

/** What mailboxes bring: records before their keys, chains with gaps, and each thing twice. */
async function receive(walk: Walk): Promise<void> {
  const { session, space } = await opened(walk)
  for (const [i, reception] of (walk.input.receptions ?? []).entries()) {
    await takeIn(session, space, reception)
    // Now the mailbox's cursor moves on.
    walk.kept(i)
  }
}

export async function takeIn(
  session: CliqueSession,
  space: SpaceId,
  { kind, bytes }: Reception,
): Promise<void> {
  if (kind === 'items') await session.receiveItems(bytes, relayPeer)
  else await session.receiveRecords(space, bytes, relayPeer)
}

async function create(walk: Walk): Promise<void> {
  const never = () => Promise.reject(new Error('nobody asks for this here'))
  const door: RelayDoor = {
    ask: () => Promise.resolve({ place: relayPlace, isClaimed: false }),
    register: (_, { token }) => {
      walk.kept({ registered: token })
      return Promise.resolve()
    },
    allow: never,
    fetchPackages: never,
    fetchControl: never,
  }
  const here = { store: walk.store, door, random: systemRandom, now: Date.now }
  const wish = { policy, memberName: 'Anna', relay: relayPlace.url, token: 'a token' }
  walk.kept({ clique: await foundClique(here, wish) })
}

async function join({ store, input, kept }: Walk): Promise<void> {
  const { link, package: sealed, items = [] } = input
  if (link === undefined || sealed === undefined) throw new Error('nothing to join by')
  const never = () => Promise.reject(new Error('nobody asks for this here'))
  const door: RelayDoor = {
    ask: never,
    register: never,
    allow: never,
    fetchPackages: () => Promise.resolve([sealed]),
    fetchControl: () => Promise.resolve(items),
  }
  const here = { store, door, random: systemRandom, now: Date.now }
  const invitation = await openInvitation(here, link)
  kept({ clique: await enterClique(here, invitation, 'Cleo') })
}

async function invite(walk: Walk): Promise<void> {
  const { session } = await opened(walk)
  const wish = { role: 'member', uses: 1, expiresAt: Date.now() + dayMs, random: systemRandom } as const
  walk.kept((await makeInvitation(walk.store, session, wish)).invite)
}

/** A file that is chosen, made ready, kept in the draft, and sent. */
async function attach(walk: Walk): Promise<void> {
  const { session, space } = await opened(walk)
  const { store, clique } = session
  const place = placeOf(clique, space)
  const { file: bytes = new Uint8Array(), texts: [text = ''] = [] } = walk.input
  const ready = await whileMakingDrafts(store, async () => {
    const sealed = await sealFile(
      new Blob([bytes as Uint8Array<ArrayBuffer>]),
      systemRandom,
      async (batch) => {
        await markDrafted(
          store,
          clique,
          batch.map(({ chunk }) => chunk),
        )
        await putChunks(store, clique, batch)
      },
    )
    const file: AttachedFile = { ...sealed, name: 'notes.pdf', type: 'application/pdf', picture: null }
    const drafted: DraftFile = { file, handling: 'as-it-is' }
    await saveDraft<DraftFile>(store, place, { text, files: [drafted] })
    walk.kept({ draft: file })
    return drafted
  })
  await sendFiles(session, space, text, [ready])
  walk.kept({ message: ready.file })
}

/** What every start does with chunks. */
async function settle({ store, kept }: Walk): Promise<void> {
  await settleChunks(store)
  await forgetLeftovers(store)
  kept('settled')
}
