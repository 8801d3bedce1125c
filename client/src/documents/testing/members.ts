import {
  bytesToId,
  createClique,
  createInvitation,
  encodeKeyring,
  generateKemPair,
  generateSigner,
} from '@clique/crypto'
import { joinClique, makeMemberRoot, openInvitationPackage, systemRandom, toHex } from '@clique/crypto'
import type { CliqueLog, DeviceKeys, HistoryRule, InviteId, KemPair, MadeInvitation } from '@clique/crypto'
import type { MemberRoot, OwnSigner, SpaceId } from '@clique/crypto'
import { saveNewClique } from '../../storage/new-clique.ts'
import { readItems } from '../../storage/items.ts'
import type { StoredItem } from '../../storage/items.ts'
import { readRecordsAfter } from '../../storage/records.ts'
import { deleteStore, openStore } from '../../storage/store.ts'
import type { Store } from '../../storage/store.ts'
import { CliqueSession } from '../clique-session.ts'
import type { RecordReception } from '../reception.ts'
import { ConversationWindow } from '../conversation-window.ts'
import { encodeKemKeys } from '../device-keys.ts'

const day = 24 * 60 * 60 * 1000

interface Entrant {
  readonly device: DeviceKeys & { readonly signer: OwnSigner }
  readonly root: MemberRoot
  readonly recovery: { readonly publicKey: Uint8Array; readonly salt: Uint8Array }
  readonly random: typeof systemRandom
}

/** A member with one browser profile; further tabs are opened with `tab`. */
export class TestMember {
  readonly name: string
  readonly session: CliqueSession
  readonly space: SpaceId
  /** Added to the real clock by this person's device. */
  clockError = 0
  readonly #opened: { session: CliqueSession; store: Store }[] = []

  private constructor(name: string, session: CliqueSession, space: SpaceId) {
    this.name = name
    this.session = session
    this.space = space
    this.#opened.push({ session, store: session.store })
  }

  get store(): Store {
    return this.session.store
  }

  static async founder(
    name: string,
    history: HistoryRule = 'full',
    relays: readonly { readonly url: string; readonly peer: string }[] = [],
  ): Promise<TestMember> {
    const entrant = await makeEntrant()
    const policy = { name: 'Marmots', accent: 'teal', history } as const
    const act = await createClique({ ...entrant, policy, memberName: name, relays })
    return TestMember.#enter(name, entrant, act.log, [{ id: act.operation.id, bytes: act.item }])
  }

  /** Lets somebody in by a link, while everybody else learns of it when they hear of it. */
  async invites(name: string): Promise<TestMember> {
    return (await this.opens()).enters(name)
  }

  /** A link for one, and what lies in the mailbox now: whoever takes it later knows no more than that. */
  async opens(): Promise<{ invite: InviteId; enters(name: string): Promise<TestMember> }> {
    const options = { role: 'member', uses: 1, expiresAt: Date.now() + day, random: systemRandom } as const
    const made = await this.session.act((log, me) => createInvitation(log, me, options))
    const { items } = await readItems(this.store, this.session.clique)
    return { invite: made.invite, enters: (name) => TestMember.#takes(made, items, name) }
  }

  static async #takes(made: MadeInvitation, items: readonly StoredItem[], name: string): Promise<TestMember> {
    const entrant = await makeEntrant()
    const opened = await openInvitationPackage(made.secret, made.package)
    const bytes = items.map((item) => item.bytes)
    const joined = await joinClique({
      ...entrant,
      package: opened,
      items: bytes,
      memberName: name,
      now: Date.now(),
    })
    const joinItem = { id: joined.operation.id, bytes: joined.item }
    const invitation = opened.keys.kem
    return TestMember.#enter(name, entrant, joined.log, [...items, joinItem], invitation)
  }

  /** A second tab of the same profile. */
  async tab(): Promise<CliqueSession> {
    const store = await openStore(this.store.name)
    const session = await CliqueSession.open(store, this.session.clique, {
      now: () => Date.now() + this.clockError,
    })
    this.#opened.push({ session, store })
    return session
  }

  says(text: string, space = this.space): Promise<void> {
    return this.session.say(space, text)
  }

  /** All that this profile holds goes to somebody, as peers and mailboxes would carry it. */
  async tells(other: TestMember, space = other.space): Promise<RecordReception> {
    await this.tellsRoster(other)
    return other.session.receiveRecords(space, await this.records(space), null)
  }

  async tellsRoster(...others: readonly TestMember[]): Promise<void> {
    const { items } = await readItems(this.store, this.session.clique)
    const sealed = items.map(({ bytes }) => bytes)
    for (const other of others) await other.session.receiveItems(sealed, null)
  }

  async records(space = this.space): Promise<Uint8Array[]> {
    const { place } = await this.session.documents(space)
    return (await readRecordsAfter(this.store, place, 0)).map(({ bytes }) => bytes)
  }

  /** The newest rows, as `author: text`. */
  async sees(session = this.session, space = this.space): Promise<string[]> {
    const window = new ConversationWindow(await session.documents(space))
    const { messages } = await window.read()
    window.close()
    return messages.map(({ device, entry }) => `${nameOf(session.log, device)}: ${entry.text}`)
  }

  async leaves(): Promise<void> {
    for (const { session, store } of this.#opened) {
      await session.close()
      store.close()
    }
    await deleteStore(this.store.name)
  }

  static async #enter(
    name: string,
    { device, root }: Entrant,
    log: CliqueLog,
    items: readonly StoredItem[],
    invitation: KemPair | null = null,
  ): Promise<TestMember> {
    const store = await openStore(`test-${toHex(systemRandom(8))}`)
    const space = [...log.state.spaces.values()].find(({ kind }) => kind === 'channel')?.id
    if (space === undefined) throw new Error('no conversation')
    const profile = {
      clique: log.clique,
      member: root.id,
      device: device.id,
      peer: device.peer,
      name: 'Marmots',
      accent: 'teal',
      relays: [],
      conversation: space,
      since: Date.now(),
      registration: null,
      ownsRelay: false,
    }
    const kemKeys = [{ pair: device.kem, madeAt: profile.since }]
    const kept = invitation === null ? kemKeys : [...kemKeys, { pair: invitation, madeAt: null }]
    const secrets = { kem: encodeKemKeys(kept), net: systemRandom(32) }
    const keyring = encodeKeyring(log.keyring)
    await saveNewClique(store, {
      profile,
      signer: device.signer.secret,
      secrets,
      items,
      keyring,
    })
    const clock = { error: () => 0 }
    const session = await CliqueSession.open(store, log.clique, { now: () => Date.now() + clock.error() })
    const member = new TestMember(name, session, space)
    clock.error = () => member.clockError
    return member
  }
}

async function makeEntrant(): Promise<Entrant> {
  const random = systemRandom
  const [signer, kem, recovery] = await Promise.all([
    generateSigner(random),
    generateKemPair(random),
    generateKemPair(random),
  ])
  const device = { id: bytesToId('device', signer.publicKey), signer, kem, peer: `peer${toHex(random(4))}` }
  return {
    device,
    root: makeMemberRoot(random),
    recovery: { publicKey: recovery.publicKey, salt: random(16) },
    random,
  }
}

function nameOf(log: CliqueLog, device: DeviceKeys['id']): string {
  const member = log.state.devices.get(device)?.member
  return (member === undefined ? undefined : log.state.members.get(member)?.name) ?? 'nobody'
}
