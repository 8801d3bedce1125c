import { generateKemPair } from '../hpke.ts'
import type { KemPair } from '../hpke.ts'
import { bytesToId } from '../ids.ts'
import type { MemberId } from '../ids.ts'
import { deriveInvitationKeys } from '../invitations/invitation-keys.ts'
import type { InvitationKeys } from '../invitations/invitation-keys.ts'
import { actWithRotation, parentsFor } from '../roster/act.ts'
import type { Act } from '../roster/act.ts'
import { introduce, rotateEpoch } from '../roster/acts.ts'
import type { DeviceKeys } from '../roster/acts.ts'
import { startLog } from '../roster/log.ts'
import type { CliqueLog } from '../roster/log.ts'
import { addDevice } from '../roster/member-acts.ts'
import { receiveItems } from '../roster/receive.ts'
import { signerFromSeed } from '../signature.ts'
import { people } from './people.ts'
import type { Person } from './people.ts'

/** Members of a clique at most; more devices than that are further ones of the same people. */
const maxPeople = 150

export interface Crowd {
  /** Makes the clique, and knows everything in it. */
  readonly founder: Person
  /** What the first who joined knows, which is as much, and the key to which that one is wrapped. */
  readonly member: { readonly log: CliqueLog; readonly kem: KemPair }
  /** The last who joined. */
  readonly last: MemberId
}

/**
 * A clique of so many devices, everybody in it by one invitation. They join beside one another, and each adds their
 * devices before anybody else hears of them; then the founder brings them together. So nearly every epoch on the way is
 * for a few keys: made one after the other, each of them for all who are there, they would take the better part of an hour.
 */
export async function crowdOf(devices: number): Promise<Crowd> {
  const count = Math.min(devices, maxPeople)
  const each = devices / count
  if (!Number.isSafeInteger(each)) throw new Error('everybody has as many devices')
  const names = Array.from({ length: count }, (_, i) => `person${i}`)
  const [founder, ...others] = Object.values(await people(devices, ...names))
  const [member] = others
  const last = others.at(-1)
  if (founder === undefined || member === undefined || last === undefined) throw new Error('a crowd of one')
  await founder.creates()
  for (let more = 1; more < each; more++) founder.keep(await addsDevice(founder, founder.log))
  const invitation = await deriveInvitationKeys((await founder.invites({ uses: count - 1 })).secret)
  const begun = await receiveItems(startLog(founder.log.clique), founder.items, [invitation.kem])
  const items: Uint8Array[] = []
  for (const newcomer of others) {
    let made = await joins(newcomer, begun.log, invitation)
    items.push(made.item)
    for (let more = 1; more < each; more++) {
      made = await addsDevice(newcomer, made.log)
      items.push(made.item)
    }
  }
  await founder.receives(...items)
  while (founder.log.state.heads.length > 1) await founder.does(rotateEpoch)
  const { devices: all } = founder.log.state
  if (all.size !== devices || [...all.values()].some(({ status }) => status !== 'in'))
    throw new Error('not all are in')
  const recipients = [member.device.kem, invitation.kem]
  const { log } = await receiveItems(startLog(founder.log.clique), founder.items, recipients)
  return { founder, member: { log, kem: member.device.kem }, last: last.root.id }
}

async function joins(
  { device, root, recovery, name, random }: Person,
  log: CliqueLog,
  { invite, signer }: InvitationKeys,
): Promise<Act> {
  const body = {
    type: 'join',
    newcomer: await introduce({ memberName: name, device, root, recovery }),
  } as const
  const author = { kind: 'invitation', id: invite } as const
  const parents = parentsFor(log, null)
  const header = { clique: log.clique, author, sequence: null, previous: null, parents }
  const signers = [signer, device.signer, signerFromSeed(root.seed)]
  return actWithRotation(log, { header, signers }, body, (rotation) => ({ ...body, rotation }), { random })
}

async function addsDevice({ random, device }: Person, log: CliqueLog): Promise<Act> {
  const signer = signerFromSeed(random(32))
  const more: DeviceKeys = {
    id: bytesToId('device', signer.publicKey),
    signer,
    kem: await generateKemPair(random),
    peer: device.peer,
  }
  return addDevice(log, device, more, { random })
}
