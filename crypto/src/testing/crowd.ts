import { generateKemPair } from '../hpke.ts'
import type { KemPair } from '../hpke.ts'
import { bytesToId } from '../ids.ts'
import type { MemberId } from '../ids.ts'
import { deriveInvitationKeys } from '../invitations/invitation-keys.ts'
import { actWithRotation, parentsFor } from '../roster/act.ts'
import { introduce } from '../roster/acts.ts'
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
 * A clique of so many devices, everybody in it by an invitation, one after the other. All acts are made on what the founder
 * knows: that everybody folds everything would take an hour, and the operations are the same.
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
  const invitation = await deriveInvitationKeys((await founder.invites({ uses: count - 1 })).secret)
  for (const newcomer of others) {
    const { device, root, recovery, name } = newcomer
    const { log } = founder
    const body = {
      type: 'join',
      newcomer: await introduce({ memberName: name, device, root, recovery }),
    } as const
    const header = {
      clique: log.clique,
      author: { kind: 'invitation', id: invitation.invite },
      sequence: null,
      previous: null,
      parents: parentsFor(log, null),
    } as const
    const signers = [invitation.signer, device.signer, signerFromSeed(root.seed)]
    const complete = { random: founder.random }
    founder.keep(
      await actWithRotation(log, { header, signers }, body, (rotation) => ({ ...body, rotation }), complete),
    )
  }
  for (let more = 1; more < each; more++) {
    for (const person of [founder, ...others]) {
      const made = await furtherDevice(person)
      founder.keep(await addDevice(founder.log, person.device, made, { random: founder.random }))
    }
  }
  const recipients = [member.device.kem, invitation.kem]
  const { log } = await receiveItems(startLog(founder.log.clique), founder.items, recipients)
  return { founder, member: { log, kem: member.device.kem }, last: last.root.id }
}

async function furtherDevice({ random, device: { peer } }: Person): Promise<DeviceKeys> {
  const signer = signerFromSeed(random(32))
  return { id: bytesToId('device', signer.publicKey), signer, kem: await generateKemPair(random), peer }
}
