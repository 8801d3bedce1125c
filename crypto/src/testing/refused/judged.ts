import { headsOf } from '../../epochs/check-rotation.ts'
import type { RotationPart } from '../../epochs/rotation.ts'
import { bytesToId, idToBytes } from '../../ids.ts'
import type { MemberId, OperationId } from '../../ids.ts'
import type { DeviceKeys } from '../../roster/acts.ts'
import type { RosterBody } from '../../roster/operation.ts'
import { lastOperationOf, lastOperationsOf } from '../../roster/standing.ts'
import type { Member } from '../../roster/state.ts'
import { signerFromSeed } from '../../signature.ts'
import { epochSignerOf } from '../forge.ts'
import type { Person } from '../people.ts'
import { evasEnd, firstOf, write } from './cast.ts'
import type { Cast, Changes } from './cast.ts'

type Work = () => Promise<Uint8Array>

/** What is well formed and not allowed. */
export function judged(cast: Cast): [string, Work][] {
  const { anna, ben, carl, dora, eva, frank, stranger, spare, dropped } = cast
  const { state } = anna.log
  const { random } = anna
  const memberOf = (person: Person): Member => {
    const member = state.members.get(person.root.id)
    if (member === undefined) throw new Error(`${person.name} is known`)
    return member
  }
  const nobody = bytesToId('member', signerFromSeed(random(32)).publicKey)
  const nothing = bytesToId('operation', random(32))
  const inviteBy = (label: string) => {
    const found = [...state.invitations.values()].find((invitation) => invitation.label === label)
    if (found === undefined) throw new Error(`there is an invitation for ${label}`)
    return found
  }
  const signed = signatureOf(cast, ben)
  const unseen = signatureOf(cast, frank)
  const removal = (target: Person, changes: object = {}): RosterBody => ({
    type: 'remove-member',
    member: target.root.id,
    last: lastOperationsOf(state, memberOf(target)),
    countersigns: [],
    ...changes,
  })
  const set = (member: MemberId, role: Member['role']): RosterBody => ({ type: 'set-role', member, role })
  const recover = (member: MemberId, countersigns: readonly OperationId[] = []): RosterBody => ({
    type: 'recover',
    member,
    countersigns,
  })
  const sign = (member: MemberId, purpose: 'remove' | 'recover' = 'remove'): RosterBody => ({
    type: 'countersign',
    purpose,
    member,
  })
  const drop = (id: DeviceKeys['id'], changes: object = {}): RosterBody => ({
    type: 'remove-device',
    last: { ...lastOperationOf(state, id), ...changes },
  })
  const policy = { ...state.policy, name: 'Other' }
  const relays: RosterBody = { type: 'set-relays', relays: [] }
  const rotate: RosterBody = { type: 'rotate-epoch', space: null }
  const adding = (device: DeviceKeys): RosterBody => ({
    type: 'add-device',
    device: device.id,
    kem: device.kem.publicKey,
    peer: device.peer,
  })
  const byRoot = (person: Person): Changes => ({
    header: { author: { kind: 'root', id: person.root.id }, sequence: null, previous: null },
    signers: [signerFromSeed(person.root.seed)],
  })
  const tip = state.tips.get(anna.device.id)
  const invitee = signerFromSeed(random(32))
  const invite = (role: Member['role'], changes: object = {}): RosterBody => ({
    type: 'invite',
    invite: bytesToId('invite', invitee.publicKey),
    kem: spare.kem.publicKey,
    mailboxKey: invitee.publicKey,
    role,
    uses: 1,
    expiresAt: 1,
    label: '',
    ...changes,
  })
  const inviting = (author: Person): Changes => ({ signers: [author.device.signer, invitee] })
  const plain: [string, Person, RosterBody, Changes?][] = [
    ['a stranger writes', stranger, relays],
    ['a removed member writes', eva, relays],
    ['a member sets relays', carl, relays],
    ['a member sets the policy', carl, { type: 'set-policy', policy }],
    [
      'an owner changes the history rule',
      anna,
      { type: 'set-policy', policy: { ...policy, history: 'since-join' } },
    ],
    [
      'a name of which nothing shows',
      anna,
      { type: 'set-policy', policy: { ...policy, name: '\u3164\u200b' } },
    ],
    ['a reader invites', dora, invite('reader'), inviting(dora)],
    ['a member invites an admin', carl, invite('admin'), inviting(carl)],
    ['an owner invites an owner', anna, invite('owner'), inviting(anna)],
    ['more places than a clique has', anna, invite('member', { uses: 150 }), inviting(anna)],
    [
      'a member revokes an invitation of another',
      carl,
      { type: 'revoke-invite', invite: inviteBy('open').id },
    ],
    ['an invitation is revoked twice', anna, { type: 'revoke-invite', invite: inviteBy('revoked').id }],
    ['a used invitation is closed', anna, { type: 'close-invite', invite: inviteBy('ben').id }],
    [
      'an unknown invitation is closed',
      anna,
      { type: 'close-invite', invite: bytesToId('invite', idToBytes(nobody)) },
    ],
    ['somebody who is in is confirmed', anna, { type: 'confirm', member: carl.root.id }],
    ['nobody is confirmed', anna, { type: 'confirm', member: nobody }],
    ['a member removes another', carl, removal(dora)],
    ['an admin removes the founder', ben, removal(anna)],
    ['an admin removes themselves', ben, removal(ben)],
    ['somebody is removed twice', anna, removal(eva)],
    ['nobody is removed', anna, removal(carl, { member: nobody })],
    ['a removal without the last operations', anna, removal(ben, { last: [] })],
    [
      'a removal with an earlier last operation',
      anna,
      removal(ben, {
        last: lastOperationsOf(state, memberOf(ben)).map((last) =>
          last.sequence === 0 ? last : { ...last, sequence: last.sequence + 1 },
        ),
      }),
    ],
    [
      'a removal with the last operation of somebody else',
      anna,
      removal(ben, { last: lastOperationsOf(state, memberOf(carl)) }),
    ],
    ['a removal with too few countersigns', carl, removal(anna, { countersigns: [signed] })],
    [
      'a removal with a majority by somebody on whom its target has not built',
      carl,
      removal(anna, { countersigns: [signed, unseen].toSorted() }),
    ],
    ['a removal with a countersign for another', carl, removal(dora, { countersigns: [signed] })],
    ['a removal with a countersign that nobody knows', carl, removal(anna, { countersigns: [nothing] })],
    ['a countersign for nobody', carl, sign(nobody)],
    ['a countersign for somebody removed', carl, sign(eva.root.id)],
    ['a countersign for a lost admin who is out', carl, sign(eva.root.id, 'recover')],
    ['a countersign repeated', ben, sign(anna.root.id)],
    ['a member sets a role', carl, set(dora.root.id, 'member')],
    ['a member makes themselves an admin', carl, set(carl.root.id, 'admin')],
    ['an admin demotes the founder', ben, set(anna.root.id, 'member')],
    ['an admin makes an owner', ben, set(carl.root.id, 'owner')],
    ['a role that somebody has', anna, set(carl.root.id, 'member')],
    ['a role for somebody removed', anna, set(eva.root.id, 'admin')],
    ['a role for nobody', anna, set(nobody, 'admin')],
    ['a recovery that nobody signs', carl, recover(carl.root.id)],
    ['a recovery with a countersign for a removal', carl, recover(carl.root.id, [signed])],
    ['a recovery of an admin', carl, recover(ben.root.id)],
    ['a recovery of somebody removed', carl, recover(eva.root.id)],
    ['a recovery of nobody', carl, recover(nobody)],
    ['an admin removes a device of another', anna, drop(ben.device.id)],
    ['an unknown device is removed', anna, drop(spare.id)],
    ['a device is removed twice', ben, drop(dropped.id)],
    [
      'a device is removed with a wrong last operation',
      anna,
      drop(anna.device.id, { sequence: 1, operation: nothing }),
    ],
    [
      'a device that is known is added',
      carl,
      adding({ ...ben.device, kem: spare.kem }),
      { signers: [carl.device.signer, ben.device.signer] },
    ],
    ['a ninth device', anna, adding(spare), { signers: [anna.device.signer, spare.signer] }],
    [
      'a root of nobody',
      stranger,
      adding(spare),
      { ...byRoot(stranger), signers: [signerFromSeed(stranger.root.seed), spare.signer] },
    ],
    [
      'the root of somebody removed',
      eva,
      adding(spare),
      { ...byRoot(eva), signers: [signerFromSeed(eva.root.seed), spare.signer] },
    ],
    ['a root removes a device of another', carl, drop(ben.device.id), byRoot(carl)],
    ['a root sets relays', anna, relays, byRoot(anna)],
    ['a root removes a member', anna, removal(carl), byRoot(anna)],
    ['a wrong sequence', anna, relays, { header: { sequence: (tip?.sequence ?? 0) + 2 } }],
    ['a sequence used before', anna, relays, { header: { sequence: tip?.sequence ?? 1 } }],
    [
      'a wrong previous',
      anna,
      relays,
      { header: { previous: state.members.get(ben.root.id)?.since ?? null } },
    ],
    ['another clique', anna, relays, { header: { clique: stranger.log.clique } }],
    ['a complaint by somebody removed', eva, { type: 'complain', epoch: firstOf(state.epochHeads) }],
    [
      'a rewrap for no complaint',
      anna,
      {
        type: 'rewrap',
        epoch: firstOf(state.epochHeads),
        complaint: nothing,
        terms: random(32),
        wrapsRoot: random(32),
      },
    ],
    ['a signature too few', anna, adding(spare), { signers: [anna.device.signer] }],
    ['a signature too many', anna, relays, { signers: [anna.device.signer, spare.signer] }],
    ['no signature', anna, relays, { signers: [] }],
    ["another's signature", anna, relays, { signers: [ben.device.signer] }],
    [
      'a new device that did not sign',
      anna,
      adding(spare),
      { signers: [anna.device.signer, ben.device.signer] },
    ],
    [
      'an invitation that did not sign',
      anna,
      invite('member'),
      { signers: [anna.device.signer, ben.device.signer] },
    ],
    ['a removal that still wraps to the removed', anna, removal(carl)],
    [
      'an addition that does not wrap to the new device',
      carl,
      adding(spare),
      { signers: [carl.device.signer, spare.signer] },
    ],
    ['a space of its own', anna, rotate, { rotation: () => ({ space: firstOf([...state.spaces.keys()]) }) }],
    [
      'an epoch that is known',
      anna,
      rotate,
      {
        rotation: repeatsNewest(cast),
        epochSigner: epochSignerOf(anna.log, firstOf(headsOf(anna.log.state)).id),
      },
    ],
    ['an epoch repeated by who has none of its keys', carl, rotate, { rotation: repeatsNewest(cast) }],
    ['an epoch that another key signed', anna, rotate, { epochSigner: anna.device.signer }],
    ['an epoch that its key did not sign', anna, rotate, { isEpochUnsigned: true }],
    ['no way back', anna, rotate, { rotation: () => ({ parents: [] }) }],
    [
      'a wrong way back',
      anna,
      rotate,
      {
        rotation: ({ parents }) => ({
          parents: parents.map((link) => ({ ...link, controlKey: random(32) })),
        }),
      },
    ],
    [
      'one recipient more',
      anna,
      rotate,
      { rotation: ({ recipientCount }) => ({ recipientCount: recipientCount + 1 }) },
    ],
    ['other recipients', anna, rotate, { rotation: () => ({ recipientsHash: random(32) }) }],
    ['another state', anna, rotate, { rotation: () => ({ stateHash: random(32) }) }],
    [
      'a capability of two generations later',
      anna,
      rotate,
      {
        rotation: ({ capability }) => ({
          capability: { seed: random(32), generation: (capability?.generation ?? 0) + 2 },
        }),
      },
    ],
    [
      'another capability of this generation',
      anna,
      rotate,
      {
        rotation: ({ capability }) => ({
          capability: { generation: capability?.generation ?? 0, seed: random(32) },
        }),
      },
    ],
    [
      'a new capability by a member',
      carl,
      rotate,
      {
        rotation: ({ capability }) => ({
          capability: { seed: random(32), generation: (capability?.generation ?? 0) + 1 },
        }),
      },
    ],
    [
      'a cut of somebody who is in',
      anna,
      rotate,
      {
        rotation: () => ({
          cuts: [
            { device: ben.device.id, space: firstOf([...state.spaces.keys()]), sequence: 0, record: null },
          ],
        }),
      },
    ],
    ...([0, 1] as const).map((less): [string, Person, RosterBody, Changes] => [
      `a cut ${less === 0 ? 'at' : 'below'} what somebody named whose word goes before`,
      ben,
      rotate,
      {
        rotation: () => ({
          cuts: [
            {
              device: eva.device.id,
              space: firstOf([...state.spaces.keys()]),
              sequence: evasEnd - less,
              record: bytesToId('record', random(32)),
            },
          ],
        }),
      },
    ]),
    [
      'a cut in no space',
      anna,
      rotate,
      {
        rotation: () => ({
          cuts: [{ device: eva.device.id, space: bytesToId('space', random(16)), sequence: 0, record: null }],
        }),
      },
    ],
  ]
  return plain.map(([name, author, body, changes]) => [name, () => write(cast, author, body, changes)])
}

function signatureOf({ anna: { log } }: Cast, { root }: Person): OperationId {
  for (const one of log.state.countersigns.values()) {
    if (one.signer === root.id) return one.operation
  }
  throw new Error('Ben and Frank have signed')
}

/** A rotation with all that an id commits to of the newest epoch. */
function repeatsNewest({ anna }: Cast): (part: RotationPart) => Partial<RotationPart> {
  const { commitments, archive: id } = firstOf(headsOf(anna.log.state))
  return ({ archive }) => ({ commitments, archive: { ...archive, id } })
}
