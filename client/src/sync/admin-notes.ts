import { bytesToId, CliqueError, compareRanks, concat, equal, isAdmin } from '@clique/crypto'
import { idToBytes, isDeviceIn, openPseudonym, signaturePublicKeySize, signatureSize } from '@clique/crypto'
import type { CliqueLog, DeviceId, PseudonymNote, RosterState } from '@clique/crypto'
import { limits, tenantIdOf } from '@clique/relay/protocol'
import type { ConsentingKey } from '@clique/relay/protocol'
import { isConsent } from '../network/tenants.ts'

/** Of devices that are not in the clique, or not yet: any number can be made up. */
const maxStrangers = 1024

const keyEnd = 32 + signaturePublicKeySize
const entrySize = keyEnd + signatureSize

/** By which keys devices of one clique speak to one relay as admins, out of the notes that were ever read. */
export class AdminNotes {
  /** Of whom the notes speak: 32 bytes. */
  readonly tenant: Uint8Array
  readonly #relay: Uint8Array
  #isProven: boolean
  readonly #notes = new Map<DeviceId, ConsentingKey>()

  private constructor(relay: Uint8Array, tenant: Uint8Array, isProven: boolean) {
    this.#relay = relay
    this.tenant = tenant
    this.#isProven = isProven
  }

  /**
   * `relay`: its key. `tenant`: of which it attests that this device is. `kept`: what `settle` gave last while the tenant was
   * proven. Null where that is of another one: a clique is one tenant of a relay, for ever, so the relay broke its word.
   */
  static read(relay: Uint8Array, tenant: Uint8Array, kept: Uint8Array | null): AdminNotes | null {
    const notes = new AdminNotes(relay, tenant, kept !== null)
    if (kept === null) return notes
    if (!equal(kept.subarray(0, tenant.length), tenant)) return null
    for (let at = tenant.length; at < kept.length; at += entrySize) {
      const entry = kept.slice(at, at + entrySize)
      const [key, consent] = [entry.subarray(32, keyEnd), entry.subarray(keyEnd)]
      notes.#notes.set(bytesToId('device', entry.subarray(0, 32)), { key, consent })
    }
    return notes
  }

  /** @throws CliqueError as `openPseudonym`; `signature-invalid` where the key did not consent to this tenant */
  async take(log: CliqueLog, sealed: Uint8Array): Promise<PseudonymNote> {
    const note = await openPseudonym(log, this.#relay, sealed)
    const said = { key: note.pseudonym, consent: note.consent }
    // A list that holds one without its word the relay refuses as a whole.
    if (!(await isConsent(this.#relay, this.tenant, said))) throw new CliqueError('signature-invalid')
    this.#notes.set(note.device, said)
    return note
  }

  /**
   * Whether that tenant is the clique's for certain, from now on: this device's own key gave it its name, or the device of
   * another admin has left its word for it, as such a device does only then. Nothing is kept or signed for one that a
   * relay alone speaks of.
   */
  isProven(state: RosterState, device: DeviceId, ownKey: Uint8Array): boolean {
    this.#isProven ||=
      equal(tenantIdOf(ownKey), this.tenant) ||
      [...this.#notes.keys()].some((id) => id !== device && isAdminDevice(state, id))
    return this.#isProven
  }

  /** What is to be kept where the tenant is proven: of all devices that are in the clique, admins' or not, as roles come and go. */
  settle(state: RosterState): Uint8Array {
    const strangers = [...this.#notes.keys()].filter((id) => !isDeviceIn(state, id))
    for (const id of strangers.slice(0, -maxStrangers)) this.#notes.delete(id)
    const known = [...this.#notes].filter(([id]) => isDeviceIn(state, id))
    return concat(this.tenant, ...known.flatMap(([id, { key, consent }]) => [idToBytes(id), key, consent]))
  }

  /**
   * Whom an admin's device names, itself among them: of more than there is room for the most senior, so that whoever
   * chooses chooses the same.
   */
  named(state: RosterState, device: DeviceId, own: ConsentingKey): ConsentingKey[] {
    const rank = (id: DeviceId) => standing(state, id)?.rank ?? []
    const keys = [...new Map(this.#notes).set(device, own)]
      .filter(([id]) => isAdminDevice(state, id))
      .toSorted(([a], [b]) => compareRanks(rank(a), rank(b)) || (a < b ? -1 : 1))
      .map(([, key]) => key)
    const best = keys.slice(0, limits.adminKeys)
    return best.includes(own) ? best : [...best.slice(0, -1), own]
  }
}

export function isAdminDevice(state: RosterState, device: DeviceId): boolean {
  const role = standing(state, device)?.role
  return role !== undefined && isAdmin(role) && isDeviceIn(state, device)
}

function standing(state: RosterState, device: DeviceId) {
  const member = state.devices.get(device)?.member
  return member === undefined ? undefined : state.members.get(member)
}
